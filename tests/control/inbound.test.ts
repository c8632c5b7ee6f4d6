import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../control/contract/fault.ts';
import { aWorld, type World } from './support/a-control.ts';

const inbound = suite<{ world: World }>('a customer calls');

inbound.before.each(async (context) => {
  context.world = await aWorld();
});
inbound.after.each(async ({ world }) => world[Symbol.asyncDispose]());

inbound('rings, is answered with one click, and ends with a true row', async ({ world }) => {
  const { control, carrier, media } = world;
  const anna = await world.teammate('Anna');
  const { id: callId } = await world.ring();
  await world.signal.until('pre_accept', () => carrier.count('preAccept') === 1);
  const { call } = await control.desk['call:accept'](anna, { callId });
  assert.is(call.handler?.name, 'Anna');
  await world.see(callId, 'live', ({ phase }) => phase === 'live');
  await world.signal.until('the gate', () => media.names().includes('leg:open-gate'));
  assert.equal(media.names(), ['leg:answer', 'leg:feed', 'leg:open-gate']);
  world.clock.pass(30_000);
  await control.desk['call:hangup'](anna, { callId });
  const ended = await world.see(callId, 'ended', ({ phase }) => phase === 'ended');
  assert.equal([ended.disposition, ended.durationSeconds, ended.contact.name], ['completed', 30, 'Carla']);
  await world.signal.until('terminate', () => carrier.count('terminate') === 1);
  assert.equal(await world.history(callId), ['offered', 'legReady', 'preAccepted', 'pickedUp', 'accepted', 'hungUp']);
});

inbound('a refused answer lets the call ring on, and the next click wins', async ({ world }) => {
  const { control, carrier } = world;
  const [anna, bob] = [await world.teammate('Anna'), await world.teammate('Bob')];
  const { id: callId } = await world.ring();
  carrier.script.accept = async () => {
    throw new Fault('carrier/media-failed', 'Not this time.');
  };
  await control.desk['call:accept'](anna, { callId });
  await world.see(callId, 'ringing again', ({ phase, revision }) => phase === 'ringing' && revision > 3);
  delete carrier.script.accept;
  await control.desk['call:accept'](bob, { callId });
  const live = await world.see(callId, 'live', ({ phase }) => phase === 'live');
  assert.is(live.handler?.name, 'Bob');
});

inbound.run();
