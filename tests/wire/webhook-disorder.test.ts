import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CallView } from '../../control/contract/views.ts';
import { World } from '../support/world.ts';

/** Whatever order Meta's webhooks come in, and however often: one call, one true row, nobody rings for a dead one. */
const disorder = suite('webhook disorder');
let world: World;
let next = 15_550_200_000;
const newCustomer = (name: string) => world.sim.customer(String((next += 1)), { name });

disorder.before(async () => {
  world = await World.start();
});
disorder.after(async () => world[Symbol.asyncDispose]());

const ofContact = (name: string) => (call: CallView) => call.contact.name === name;
const endedCall = (name: string) => (call: CallView) => ofContact(name)(call) && call.phase === 'ended';

async function historyOf(desk: Awaited<ReturnType<World['desk']>>, call: CallView): Promise<string[]> {
  const { history } = await desk.rest('calls:get', { params: { callId: call.id } });
  return history.map((entry) => (entry.ignored ? `(${entry.event})` : entry.event));
}

disorder('a connect that comes three times rings once', async () => {
  const desk = await world.desk();
  world.sim.webhooks.duplicateNext('connect', 2);
  const call = await newCustomer('Tripled').call(world.sim.phoneNumberId);
  await desk.until('it rings', (view) => ofContact('Tripled')(view) && view.phase === 'ringing');
  call.hangUp();
  await desk.until('it is over', endedCall('Tripled'));
  const { items } = await desk.rest('calls:list');
  assert.is(items.filter(ofContact('Tripled')).length, 1);
});

disorder('a terminate that overtakes its connect leaves an abandoned call, and nobody rings', async () => {
  const desk = await world.desk();
  world.sim.webhooks.reorderNext('connect', 'terminate');
  const call = await newCustomer('Overtaken').call(world.sim.phoneNumberId);
  call.hangUp();
  const view = await desk.until('it is over', endedCall('Overtaken'));
  assert.is(view.disposition, 'abandoned');
  const { items } = await desk.rest('calls:list');
  assert.is(items.filter(ofContact('Overtaken')).length, 1);
});

disorder('a connect that is delivered again after its terminate does not ring a second time', async () => {
  const desk = await world.desk();
  world.sim.webhooks.repeatAfter('connect', 'terminate');
  const call = await newCustomer('Repeated').call(world.sim.phoneNumberId);
  await desk.until('it rings', (view) => ofContact('Repeated')(view) && view.phase === 'ringing');
  call.hangUp();
  const view = await desk.until('it is over', endedCall('Repeated'));
  assert.is(view.disposition, 'abandoned');
  assert.is(desk.calls.get(view.id)?.phase, 'ended');
});

disorder('connect and terminate in one change are both understood', async () => {
  const desk = await world.desk();
  world.sim.webhooks.joinNext('connect', 'terminate');
  const call = await newCustomer('Joined').call(world.sim.phoneNumberId);
  call.hangUp();
  const view = await desk.until('it is over', endedCall('Joined'));
  assert.is(view.disposition, 'abandoned');
});

disorder('a caller without a phone number is known by the id that Meta gives', async () => {
  const desk = await world.desk();
  const customer = world.sim.customer(String((next += 1)), { name: 'Nameless', hidesNumber: true });
  const call = await customer.call(world.sim.phoneNumberId);
  const view = await desk.until('it rings', (seen) => ofContact('Nameless')(seen) && seen.phase === 'ringing');
  assert.is(view.contact.phone, null);
  call.hangUp();
  await desk.until('it is over', endedCall('Nameless'));
});

disorder('a webhook of an unknown kind is taken, and the calls behind it come through', async () => {
  const desk = await world.desk();
  world.sim.webhooks.sendUnknown(world.sim.directory.numbers[0]!, 'call_recording_available');
  const call = await newCustomer('Behind').call(world.sim.phoneNumberId);
  await desk.until('it rings', (view) => ofContact('Behind')(view) && view.phase === 'ringing');
  call.hangUp();
  await desk.until('it is over', endedCall('Behind'));
});

disorder('statuses that come late or not at all leave an outbound call with its true end', async () => {
  const desk = await world.desk();
  const customer = newCustomer('Statusless');
  customer.grants(world.sim.phoneNumberId, 'permanent');
  customer.answers();
  world.sim.webhooks.dropNext('RINGING');
  world.sim.webhooks.dropNext('ACCEPTED');
  const { conversation } = await desk.rest('conversations:start', { body: { phone: customer.card.waId } });
  await world.sim.webhooks.idle();
  const { call } = await desk.ask('call:dial', { conversationId: conversation.id });
  const incoming = await customer.incoming();
  await incoming.until('live');
  incoming.hangUp();
  const view = await desk.until('it is over', (seen) => seen.id === call.id && seen.phase === 'ended');
  assert.is(view.disposition, 'completed', (await historyOf(desk, view)).join(' '));
});

disorder.run();
