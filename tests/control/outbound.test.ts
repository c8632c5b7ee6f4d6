import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CallId } from '../../control/contract/ids.ts';
import { Fault } from '../../control/contract/fault.ts';
import type { CarrierEvent } from '../../control/ports.ts';
import { aWorld, phoneNumberId, type World } from './support/a-control.ts';
import { refusal } from './support/refusal.ts';

const outbound = suite<{ world: World }>('an operator calls a customer');

outbound.before.each(async (context) => {
  context.world = await aWorld();
});
outbound.after.each(async ({ world }) => world[Symbol.asyncDispose]());

const about = (world: World, callId: CallId | null, carrierCallId = 'wacid.out.1') => ({
  carrierCallId,
  phoneNumberId,
  opaque: callId,
  at: world.clock.now(),
});
const answered = (world: World, callId: CallId | null): CarrierEvent => ({
  kind: 'call-answered',
  ...about(world, callId),
  sdp: "meta's answer",
});
const status = (world: World, callId: CallId | null, what: 'ringing' | 'accepted' | 'rejected'): CarrierEvent => ({
  kind: 'call-status',
  ...about(world, callId),
  status: what,
});
const terminated = (world: World, callId: CallId | null, seconds: number | null = null): CarrierEvent => ({
  kind: 'call-terminated',
  ...about(world, callId),
  direction: 'outbound',
  failed: false,
  startedAt: seconds === null ? null : world.clock.now() - seconds * 1000,
  endedAt: seconds === null ? null : world.clock.now(),
  durationSeconds: seconds,
  error: null,
  customer: { phone: '16315553602', userId: null, name: null },
});

async function dial(world: World) {
  const anna = await world.teammate('Anna');
  const { conversationId } = await world.conversation();
  const { call } = await world.control.desk['call:dial'](anna, { conversationId });
  await world.signal.until('connect', () => world.carrier.count('connect') === 1);
  return { anna, callId: call.id, conversationId };
}

outbound('is picked up, talked over and hung up', async ({ world }) => {
  const { anna, callId } = await dial(world);
  await world.hear(answered(world, callId));
  await world.signal.until('the source', () => world.media.names().includes('leg:feed'));
  assert.equal(world.media.names(), ['leg:offer', 'leg:apply-answer', 'leg:open-gate', 'leg:feed']);
  await world.hear(status(world, callId, 'ringing'));
  await world.see(callId, 'ringing there', ({ remoteRinging }) => remoteRinging);
  await world.hear(status(world, callId, 'accepted'));
  await world.see(callId, 'live', ({ phase }) => phase === 'live');
  world.clock.pass(10_000);
  await world.control.desk['call:hangup'](anna, { callId });
  await world.hear(terminated(world, callId, 9));
  const ended = await world.see(callId, 'official', ({ durationSeconds }) => durationSeconds === 9);
  assert.is(ended.disposition, 'completed');
});

outbound('is found by our own id when its webhooks are faster than the reply to connect', async ({ world }) => {
  const reply = Promise.withResolvers<{ carrierCallId: string }>();
  world.carrier.script.connect = () => reply.promise;
  const { callId } = await dial(world);
  await world.hear(answered(world, callId), status(world, callId, 'accepted'));
  await world.see(callId, 'live', ({ phase }) => phase === 'live');
  reply.resolve({ carrierCallId: 'wacid.out.1' });
  await world.signal.until('late', async () => (await world.history(callId)).includes('(placed)'));
});

outbound('waits for its name when Meta does not give our id back', async ({ world }) => {
  const reply = Promise.withResolvers<{ carrierCallId: string }>();
  world.carrier.script.connect = () => reply.promise;
  const { callId } = await dial(world);
  await world.hear(answered(world, null));
  reply.resolve({ carrierCallId: 'wacid.out.1' });
  await world.signal.until('placed', async () => (await world.history(callId)).includes('placed'));
  await world.signal.until('the answer', () => {
    world.clock.pass(100);
    return world.media.names().includes('leg:apply-answer');
  });
});

outbound('ends as declined when the customer declines, and Meta is not told what it said itself', async ({ world }) => {
  const { callId } = await dial(world);
  await world.hear(answered(world, callId), status(world, callId, 'rejected'), terminated(world, callId));
  const ended = await world.see(callId, 'ended', ({ phase }) => phase === 'ended');
  assert.is(ended.disposition, 'declined');
  await world.signal.until('closed', () => world.media.names().includes('leg:close'));
  assert.is(world.carrier.count('terminate'), 0);
});

outbound('ends as unanswered when nobody picks up in time', async ({ world }) => {
  const { callId } = await dial(world);
  await world.hear(answered(world, callId));
  await world.signal.until('open', () => world.media.names().includes('leg:feed'));
  world.clock.pass(60_000);
  const ended = await world.see(callId, 'ended', ({ phase }) => phase === 'ended');
  assert.is(ended.disposition, 'unanswered');
  await world.signal.until('terminate', () => world.carrier.count('terminate') === 1);
});

outbound('that was given up before Meta named it is ended there as soon as it is named', async ({ world }) => {
  const reply = Promise.withResolvers<{ carrierCallId: string }>();
  world.carrier.script.connect = () => reply.promise;
  const { anna, callId } = await dial(world);
  const { call } = await world.control.desk['call:hangup'](anna, { callId });
  assert.is(call.disposition, 'cancelled');
  reply.resolve({ carrierCallId: 'wacid.out.1' });
  await world.signal.until('terminate', () => world.carrier.count('terminate') === 1);
  assert.equal(world.carrier.asked.at(-1)?.args[1], 'wacid.out.1');
});

outbound('without the customer’s permission is refused, with what to do', async ({ world }) => {
  const anna = await world.teammate('Anna');
  const { conversationId } = await world.conversation();
  await world.database.pool.query(`UPDATE permissions SET consent = 'none'`);
  world.carrier.script.permission = async () => ({
    status: 'none',
    expiresAt: null,
    canRequest: true,
    canCall: false,
    blockedUntil: null,
  });
  await world.database.pool.query(`UPDATE conversations SET window_open_until = $1`, [
    new Date(world.clock.now() + 3_600_000),
  ]);
  const fault = await refusal(world.control.desk['call:dial'](anna, { conversationId }));
  assert.is(fault.code, 'permission/needed');
  assert.match(fault.message, /Send a call permission request/);
  assert.is(world.carrier.count('connect'), 0);
});

outbound(
  'refused by Meta for want of a permission ends with the reason, and our record is corrected',
  async ({ world }) => {
    world.carrier.script.connect = async () => {
      throw new Fault('carrier/no-permission', 'The customer has not allowed calls from this number.');
    };
    const { callId } = await dial(world);
    const ended = await world.see(callId, 'ended', ({ phase }) => phase === 'ended');
    assert.equal(
      [ended.disposition, ended.endReason],
      ['failed', 'The customer has not allowed calls from this number.'],
    );
    await world.signal.until('the record', async () => {
      const { rows } = await world.database.pool.query(`SELECT consent FROM permissions`);
      return rows[0]?.consent === 'none';
    });
  },
);

outbound('of somebody who is in a call already is refused', async ({ world }) => {
  const { anna } = await dial(world);
  const { conversationId } = await world.conversation('16315550000');
  assert.is((await refusal(world.control.desk['call:dial'](anna, { conversationId }))).code, 'call/busy');
});

outbound('to a customer whom a teammate is calling is refused', async ({ world }) => {
  const { conversationId } = await dial(world);
  const bob = await world.teammate('Bob');
  assert.is((await refusal(world.control.desk['call:dial'](bob, { conversationId }))).code, 'call/busy');
});

outbound('in another workspace does not exist', async ({ world }) => {
  const { callId, conversationId } = await dial(world);
  await world.database.pool.query(`INSERT INTO workspaces (id, name) VALUES ('ws_other', 'Other')`);
  const bob = await world.teammate('Bob');
  const stranger = { ...bob, user: { ...bob.user, workspaceId: 'ws_other' as typeof bob.user.workspaceId } };
  const { desk } = world.control;
  assert.is((await refusal(desk['call:dial'](stranger, { conversationId }))).code, 'conversation/not-found');
  assert.is((await refusal(desk['call:hangup'](stranger, { callId }))).code, 'call/not-found');
  assert.is((await refusal(desk['call:accept'](stranger, { callId }))).code, 'call/not-found');
  assert.equal((await desk['desk:snapshot'](stranger, {})).calls, []);
});

outbound.run();
