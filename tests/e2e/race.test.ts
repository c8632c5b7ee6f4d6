import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildPages, consolePages } from '../../ops/setup/pages.ts';
import { tone } from '../../ops/sim/audio/sound.ts';
import { admin } from '../support/product.ts';
import { World } from '../support/world.ts';
import { openOperator, signIn, type Operator } from '../support/browser.ts';
import { customerHears } from '../support/hearing.ts';

const race = suite('two operators and one call');
let world: World;
let left: Operator;
let right: Operator;

race.before(async () => {
  await buildPages(consolePages, () => undefined);
  world = await World.start();
  left = await openOperator(world.product.url, { hertz: 440 });
  right = await openOperator(world.product.url, { hertz: 880 });
  await Promise.all([signIn(left.page, admin), signIn(right.page, admin)]);
});
race.after(async () => {
  await left?.[Symbol.asyncDispose]();
  await right?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

race('both click at once: one has the call, the other is told who, and only one voice is heard', async () => {
  const call = await world.sim
    .customer('15550400001', { name: 'Contested' })
    .call(world.sim.phoneNumberId, { play: tone(660) });
  const buttons = [left, right].map(({ page }) => page.getByTestId('incoming-call').getByTestId('accept'));
  await Promise.all(buttons.map(async (button) => button.waitFor()));
  // By the clock that both browsers share: a driver's clicks are some ten milliseconds apart, which is no race.
  const moment = Date.now() + 500;
  const clickAt = (button: Element, at: number): void => {
    setTimeout(() => (button as HTMLElement).click(), at - Date.now());
  };
  await Promise.all(buttons.map(async (button) => button.evaluate(clickAt, moment)));
  await call.until('live');
  const panels = [left, right].map(({ page }) => page.locator('[data-testid=oncall-panel][data-phase=live]'));
  const winner = await Promise.race(panels.map(async (panel, index) => panel.waitFor().then(() => index)));
  const loser = [left, right][1 - winner];
  await loser?.page
    .getByTestId('ring-outcome')
    .filter({ hasText: /already accepted/i })
    .waitFor();
  assert.is(await panels[1 - winner]?.count(), 0, 'the loser has no call');
  await customerHears(call, winner === 0 ? 440 : 880);
  const { media } = call.facts();
  assert.is(media.fromBusiness.ssrcs.length, 1);
  call.hangUp();
});

race('a browser that refuses the microphone does not connect the call, and it rings on', async () => {
  await using blocked = await openOperator(world.product.url, null);
  await signIn(blocked.page, admin);
  const call = await world.sim.customer('15550400002', { name: 'Unheard' }).call(world.sim.phoneNumberId);
  await blocked.page.getByTestId('incoming-call').getByTestId('accept').click();
  await blocked.page.getByTestId('microphone-blocked').waitFor();
  assert.match(
    await blocked.page.getByTestId('microphone-blocked').innerText(),
    /Microphone access blocked — the caller will not hear you/,
  );
  assert.is(call.phase, 'ringing');
  call.hangUp();
});

race.run();
