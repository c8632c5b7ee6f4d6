import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../control/contract/fault.ts';
import { otherNode } from './call/samples.ts';
import { aWorld, type World } from './support/a-control.ts';
import { refusal } from './support/refusal.ts';

const inbound = suite<{ world: World }>('a customer calls');

inbound.before.each(async (context) => {
  context.world = await aWorld();
});
inbound.after.each(async ({ world }) => world[Symbol.asyncDispose]());

const preAccepted = (world: World) => world.signal.until('pre_accept', () => world.carrier.count('preAccept') === 1);

inbound('rings, is answered with one click, and ends with a true row', async ({ world }) => {
  const { control, carrier, media } = world;
  const anna = await world.teammate('Anna');
  const { id: callId } = await world.ring();
  await preAccepted(world);
  const { call } = await control.desk['call:accept'](anna, { callId });
  assert.is(call.handler?.name, 'Anna');
  await world.see(callId, 'live', ({ phase }) => phase === 'live');
  await world.signal.until('the watchdog', () => media.names().includes('leg:watch'));
  assert.equal(media.names(), ['leg:answer', 'leg:feed', 'leg:open-gate', 'leg:watch']);
  world.clock.pass(30_000);
  await control.desk['call:hangup'](anna, { callId });
  const ended = await world.see(callId, 'ended', ({ phase }) => phase === 'ended');
  assert.equal([ended.disposition, ended.durationSeconds, ended.contact.name], ['completed', 30, 'Carla']);
  await world.signal.until('terminate', () => carrier.count('terminate') === 1);
  assert.equal(await world.history(callId), ['offered', 'legReady', 'preAccepted', 'pickedUp', 'accepted', 'hungUp']);
});

inbound('is accepted with the very description that was announced at the first ring', async ({ world }) => {
  const anna = await world.teammate('Anna');
  const { id: callId } = await world.ring();
  await preAccepted(world);
  await world.control.desk['call:accept'](anna, { callId });
  await world.signal.until('accept', () => world.carrier.count('accept') === 1);
  const [before, after] = world.carrier.asked.filter(({ action }) => action === 'preAccept' || action === 'accept');
  assert.equal(before?.args, after?.args);
});

inbound('is answered although Meta refused pre_accept', async ({ world }) => {
  world.carrier.script.preAccept = async () => {
    throw new Fault('carrier/unavailable', 'Not now.');
  };
  const anna = await world.teammate('Anna');
  const { id: callId } = await world.ring();
  await world.control.desk['call:accept'](anna, { callId });
  await world.see(callId, 'live', ({ phase }) => phase === 'live');
});

inbound('is answered by a click that was faster than the media server', async ({ world }) => {
  const leg = Promise.withResolvers<{ sdp: string }>();
  world.media.script['leg:answer'] = () => leg.promise;
  const anna = await world.teammate('Anna');
  const { id: callId } = await world.ring();
  const { call } = await world.control.desk['call:accept'](anna, { callId });
  assert.is(call.phase, 'claimed');
  assert.is(world.carrier.count('accept'), 0);
  leg.resolve({ sdp: 'our answer' });
  await world.see(callId, 'live', ({ phase }) => phase === 'live');
});

inbound('rings on when Meta refuses the answer, and the next click wins', async ({ world }) => {
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

inbound('is declined: Meta is told, and the row says by whom', async ({ world }) => {
  const anna = await world.teammate('Anna');
  const { id: callId } = await world.ring();
  const { call } = await world.control.desk['call:decline'](anna, { callId });
  assert.equal([call.disposition, call.endReason], ['rejected', 'Anna declined the call.']);
  await world.signal.until('reject', () => world.carrier.count('reject') === 1);
});

inbound('is missed when nobody answers in time, and Meta stops the ringing', async ({ world }) => {
  const { id: callId } = await world.ring();
  await preAccepted(world);
  world.clock.pass(15_000);
  const ended = await world.see(callId, 'ended', ({ phase }) => phase === 'ended');
  assert.is(ended.disposition, 'missed');
  await world.signal.until('reject', () => world.carrier.count('reject') === 1);
});

inbound('is missed in time even when the process that took it is gone', async ({ world }) => {
  const other = await world.another();
  const { id: callId } = await world.ring();
  await world.control.close();
  world.clock.pass(16_000);
  const ended = await world.see(callId, 'ended', ({ phase }) => phase === 'ended');
  assert.is(ended.disposition, 'missed');
  assert.ok(await other.ready());
});

inbound('ends as failed when no media server has room', async ({ world }) => {
  world.media.cards.length = 0;
  await world.hear({ ...offer(world), carrierCallId: 'wacid.full' });
  const { call } = await world.signal.until('ended', () => world.desks.of('call:changed')[0]);
  assert.equal([call.phase, call.disposition], ['ended', 'failed']);
  await world.signal.until('reject', () => world.carrier.count('reject') === 1);
});

inbound('is taken by another media server when the first one does not answer', async ({ world }) => {
  world.media.script['leg:answer'] = async (_, nodeId) => {
    if (nodeId === otherNode) return { sdp: 'our answer' };
    throw new Fault('media/unavailable', 'Gone.');
  };
  await world.ring();
  world.media.cards.push({ nodeId: otherNode, url: 'http://127.0.0.1:2', capacity: 10, legs: 0, draining: false });
  const { id: callId } = await world.ring('wacid.2');
  await world.see(callId, 'on the other one', ({ nodeId }) => nodeId === otherNode);
  await preAccepted(world);
});

inbound('mutes: the customer hears comfort noise until the microphone is on again', async ({ world }) => {
  const anna = await world.teammate('Anna');
  const { id: callId } = await world.ring();
  await world.control.desk['call:accept'](anna, { callId });
  await world.see(callId, 'live', ({ phase }) => phase === 'live');
  const { call } = await world.control.desk['call:mute'](anna, { callId, muted: true });
  assert.is(call.handler?.muted, true);
  await world.control.desk['call:mute'](anna, { callId, muted: false });
  const kinds = () =>
    world.media.commands
      .filter(({ name }) => name === 'leg:feed')
      .map(({ ask }) => (ask as { source: { kind: string } }).source.kind);
  await world.signal.until('the feeds', () => kinds().length === 3);
  assert.equal(kinds(), ['desk', 'comfort', 'desk']);
});

inbound('is heard by nobody but its handler', async ({ world }) => {
  const [anna, bob] = [await world.teammate('Anna'), await world.teammate('Bob')];
  const { id: callId, nodeId } = await world.ring();
  assert.ok(nodeId);
  await world.control.desk['call:accept'](anna, { callId });
  const ask = { callId, nodeId, rtpCapabilities: {} };
  assert.is((await refusal(world.control.desk['media:listen'](bob, ask))).code, 'call/not-yours');
  // Every desk's id stands in the views of its calls.
  const asAnna = { ...bob, deskId: anna.deskId };
  assert.is((await refusal(world.control.desk['media:listen'](asAnna, ask))).code, 'call/not-yours');
  await world.control.desk['media:listen'](anna, ask);
});

inbound('remembers who spoke with the customer, and that nobody did', async ({ world }) => {
  const anna = await world.teammate('Anna');
  const { id: answered } = await world.ring();
  await world.control.desk['call:accept'](anna, { callId: answered });
  await world.see(answered, 'live', ({ phase }) => phase === 'live');
  await world.control.desk['call:hangup'](anna, { callId: answered });
  assert.is((await world.see(answered, 'ended', ({ phase }) => phase === 'ended')).handler?.name, 'Anna');
  const { id: declined } = await world.ring('wacid.2');
  await world.control.desk['call:decline'](anna, { callId: declined });
  assert.is((await world.see(declined, 'ended', ({ phase }) => phase === 'ended')).handler, null);
});

inbound('keeps no session description once it is over, and none in its history', async ({ world }) => {
  const anna = await world.teammate('Anna');
  const { id: callId } = await world.ring();
  await world.control.desk['call:accept'](anna, { callId });
  await world.see(callId, 'live', ({ phase }) => phase === 'live');
  await world.control.desk['call:hangup'](anna, { callId });
  await world.signal.until('nothing to do', async () => {
    const { rowCount } = await world.database.pool.query('SELECT 1 FROM outbox');
    return rowCount === 0;
  });
  const { rows } = await world.database.pool.query(
    `SELECT state::text AS text FROM calls UNION ALL SELECT event::text FROM call_events
     UNION ALL SELECT payload::text FROM webhook_inbox WHERE payload IS NOT NULL`,
  );
  for (const { text } of rows as { text: string }[]) assert.not.match(text, /their offer|our answer/);
});

const offer = (world: World) =>
  ({
    kind: 'call-offered',
    carrierCallId: 'wacid.1',
    phoneNumberId: '106540352242922',
    opaque: null,
    at: world.clock.now(),
    sdp: 'their offer',
    customer: { phone: '16315553602', userId: null, name: 'Carla' },
  }) as const;

inbound.run();
