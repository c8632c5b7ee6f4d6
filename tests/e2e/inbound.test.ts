import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildPages, consolePages } from '../../ops/setup/pages.ts';
import { tone } from '../../ops/sim/audio/sound.ts';
import { admin } from '../support/product.ts';
import { World } from '../support/world.ts';
import { openOperator, signIn, waitToHear, type Operator } from '../support/browser.ts';
import { customerHears, customerHearsQuiet } from '../support/hearing.ts';

const inbound = suite('a customer calls');
let world: World;
let anna: Operator;
let next = 15_550_300_000;
const newCustomer = (name: string) => world.sim.customer(String((next += 1)), { name });

inbound.before(async () => {
  await buildPages(consolePages, () => undefined);
  world = await World.start();
  anna = await openOperator(world.product.url, { hertz: 440 });
  await signIn(anna.page, admin);
});
inbound.after(async () => {
  await anna?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

/** Whatever a test left behind, the next one begins with nobody on the line. */
inbound.after.each(async () => {
  for (const call of world.sim.calls.all) if (call.phase !== 'ended') call.hangUp();
  await panelGone();
});

const panelGone = async () =>
  anna.page.locator('[data-testid=oncall-panel]:not([data-phase=over])').waitFor({ state: 'detached' });

inbound('the operator accepts with one click, and both hear each other', async () => {
  const call = await newCustomer('Maya Fischer').call(world.sim.phoneNumberId, { play: tone(660, -12) });
  const popup = anna.page.getByTestId('incoming-call');
  await popup.waitFor();
  assert.match(await popup.innerText(), /Maya Fischer/);
  await popup.getByTestId('accept').click();
  await call.until('live');
  const heard = await waitToHear(anna.page, 660);
  assert.ok(Math.abs(heard.dbfs - -15) < 8, `the operator hears the tone at ${heard.dbfs.toFixed(1)} dBFS`);
  const told = await customerHears(call, 440);
  assert.ok(told.levelDbfs > -35, `the customer hears the tone at ${told.levelDbfs.toFixed(1)} dBFS`);
  assert.equal(call.facts().flags, [], 'Meta noticed nothing wrong');
  await anna.page.getByTestId('hangup').click();
  await call.until('ended');
  assert.is(call.facts().ending?.by, 'business');
  await panelGone();
});

inbound('declining stops the customer’s phone and is logged as rejected', async () => {
  const call = await newCustomer('Jonas Weber').call(world.sim.phoneNumberId);
  await anna.page.getByTestId('incoming-call').getByTestId('decline').click();
  await call.until('ended');
  assert.is(call.facts().ending?.by, 'business');
  const desk = await world.desk();
  const { items } = await desk.rest('calls:list');
  const row = items.find((item) => item.contact.name === 'Jonas Weber');
  assert.is(row?.disposition, 'rejected');
});

inbound('a caller who hangs up while it rings takes the popup away', async () => {
  const call = await newCustomer('Impatient').call(world.sim.phoneNumberId);
  await anna.page.getByTestId('incoming-call').waitFor();
  call.hangUp();
  await anna.page.getByTestId('incoming-call').waitFor({ state: 'detached' });
  const desk = await world.desk();
  const { items } = await desk.rest('calls:list');
  assert.is(items.find((item) => item.contact.name === 'Impatient')?.disposition, 'abandoned');
});

inbound('a muted operator is quiet, and the packets keep flowing on one unbroken line', async () => {
  const call = await newCustomer('Amara Okafor').call(world.sim.phoneNumberId, { play: tone(660) });
  await anna.page.getByTestId('incoming-call').getByTestId('accept').click();
  await call.until('live');
  await customerHears(call, 440);
  await anna.page.getByTestId('mute').click();
  await customerHearsQuiet(call);
  await anna.page.getByTestId('mute').click();
  await customerHears(call, 440);
  const { media } = call.facts();
  assert.equal(call.facts().flags, []);
  assert.equal(media.fromBusiness.discontinuities, [], 'sequence and timestamps are unbroken');
  call.hangUp();
});

inbound('a reload in mid-call returns to the call', async () => {
  const call = await newCustomer('Luca Romano').call(world.sim.phoneNumberId, { play: tone(660) });
  await anna.page.getByTestId('incoming-call').getByTestId('accept').click();
  await call.until('live');
  await customerHears(call, 440);
  anna.page.once('dialog', (dialog) => void dialog.accept());
  await anna.page.reload();
  await anna.page.getByTestId('oncall-panel').waitFor();
  const back = anna.page.getByTestId('resume-sound');
  if (await back.isVisible()) await back.click();
  await waitToHear(anna.page, 660);
  await customerHears(call, 440);
  assert.is(call.phase, 'live');
  assert.equal(call.facts().flags, []);
  await anna.page.getByTestId('hangup').click();
  await call.until('ended');
  await panelGone();
});

inbound('whoever reloads while muted can be heard again afterwards', async () => {
  const call = await newCustomer('Ida Holm').call(world.sim.phoneNumberId, { play: tone(660) });
  await anna.page.getByTestId('incoming-call').getByTestId('accept').click();
  await call.until('live');
  await customerHears(call, 440);
  await anna.page.getByTestId('mute').click();
  await customerHearsQuiet(call);
  anna.page.once('dialog', (dialog) => void dialog.accept());
  await anna.page.reload();
  await anna.page.getByTestId('oncall-panel').waitFor();
  await waitToHear(anna.page, 660);
  const mute = anna.page.getByTestId('mute');
  if ((await mute.getAttribute('aria-pressed')) === 'true') await mute.click();
  await customerHears(call, 440);
  call.hangUp();
});

inbound('the gateway is killed in mid-call: the sound goes on, and its successor finds the call', async () => {
  const call = await newCustomer('Nora Lind').call(world.sim.phoneNumberId, { play: tone(660) });
  await anna.page.getByTestId('incoming-call').getByTestId('accept').click();
  await call.until('live');
  await customerHears(call, 440);
  await waitToHear(anna.page, 660);
  const before = call.recording.milliseconds;
  await world.product.end('gateway', 'SIGKILL');
  await call.untilHeard(before + 1500);
  const { gaps, dominantHz } = await call.recording.measure({ lastMs: 1400 });
  assert.equal(gaps, [], 'not a gap while there was no gateway');
  assert.ok(Math.abs((dominantHz ?? 0) - 440) < 10);
  await world.product.run('gateway');
  await waitToHear(anna.page, 660);
  await anna.page.getByTestId('hangup').click({ timeout: 15_000 });
  await call.until('ended', 15_000);
  assert.is(call.facts().ending?.by, 'business');
  await panelGone();
});

inbound.run();
