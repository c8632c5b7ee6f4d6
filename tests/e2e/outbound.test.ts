import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildPages, consolePages } from '../../ops/setup/pages.ts';
import { tone } from '../../ops/sim/audio/sound.ts';
import { admin } from '../support/product.ts';
import { World } from '../support/world.ts';
import { openOperator, signIn, waitToHear, type Operator } from '../support/browser.ts';
import { customerHears } from '../support/hearing.ts';

const outbound = suite('an operator calls a customer');
let world: World;
let anna: Operator;

outbound.before(async () => {
  await buildPages(consolePages, () => undefined);
  // A phone that nobody picks up rings for 4 s here instead of Meta's 45.
  world = await World.start({ sim: { timing: { ringTimeoutMs: 4000 } } });
  anna = await openOperator(world.product.url, { hertz: 440 });
  await signIn(anna.page, admin);
});
outbound.after(async () => {
  await anna?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

/** A customer who once wrote: there is a conversation, and its window is open. */
async function openConversationWith(phone: string, name: string) {
  const customer = world.sim.customer(phone, { name });
  customer.text(world.sim.phoneNumberId, `Hello, this is ${name}.`);
  const item = anna.page.getByTestId('conversation-item').filter({ hasText: name });
  await item.click();
  await anna.page.getByTestId('thread').getByText(`Hello, this is ${name}.`).waitFor();
  return customer;
}

outbound(
  'without consent there is no call, only the way to ask for it; with consent both hear each other',
  async () => {
    const customer = await openConversationWith('15550500001', 'Consenting');
    await anna.page.getByTestId('request-permission').click();
    await anna.page.getByTestId('permission-send').click();
    await anna.page.getByTestId('thread-item').and(anna.page.locator('[data-kind=permission]')).first().waitFor();
    customer.answerRequest(world.sim.phoneNumberId, 'accept');
    const button = anna.page.getByTestId('call-button');
    await anna.page.locator('[data-testid=call-button]:not([disabled])').waitFor();
    customer.answers({ play: tone(660), afterMs: 300 });
    await button.click();
    const call = await customer.incoming();
    await call.until('live');
    await waitToHear(anna.page, 660);
    await customerHears(call, 440);
    assert.equal(call.facts().flags, []);
    await anna.page.getByTestId('hangup').click();
    await call.until('ended');
  },
);

outbound('a customer who does not answer leaves an unanswered call', async () => {
  const customer = await openConversationWith('15550500002', 'Absent');
  customer.grants(world.sim.phoneNumberId, 'permanent');
  await anna.page.locator('[data-testid=call-button]:not([disabled])').waitFor();
  await anna.page.getByTestId('call-button').click();
  const call = await customer.incoming();
  await call.until('ended');
  await anna.page.locator('[data-testid=oncall-panel]:not([data-phase=over])').waitFor({ state: 'detached' });
  const desk = await world.desk();
  const { items } = await desk.rest('calls:list');
  assert.is(items.find((item) => item.contact.name === 'Absent')?.disposition, 'unanswered');
});

outbound('a customer who declines leaves a declined call', async () => {
  const customer = await openConversationWith('15550500003', 'Unwilling');
  customer.grants(world.sim.phoneNumberId, 'permanent');
  customer.declines();
  await anna.page.locator('[data-testid=call-button]:not([disabled])').waitFor();
  await anna.page.getByTestId('call-button').click();
  const call = await customer.incoming();
  await call.until('ended');
  const desk = await world.desk();
  await desk
    .until('it is declined', (view) => view.contact.name === 'Unwilling' && view.disposition === 'declined')
    .catch(async () => {
      const { items } = await desk.rest('calls:list');
      assert.is(items.find((item) => item.contact.name === 'Unwilling')?.disposition, 'declined');
    });
});

outbound.run();
