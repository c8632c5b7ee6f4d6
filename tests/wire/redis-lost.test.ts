import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRedis, type EmbeddedRedis } from '../../ops/services/redis.ts';
import type { CallView } from '../../control/contract/views.ts';
import { until } from '../gateway/fakes.ts';
import type { Desk } from '../support/desk.ts';
import { temporaryFolder } from '../support/services.ts';
import { World } from '../support/world.ts';

/** Redis holds locks, presence and streams, but no call: while it is away, calls go on, and afterwards all is as before. */
const lost = suite('Redis goes away');
const dir = temporaryFolder('redis-lost');
let redis: EmbeddedRedis;
let world: World;
let desk: Desk;
let next = 15_550_500_000;

lost.before(async () => {
  redis = await startRedis({ dir, durable: false });
  world = await World.start({ environment: { REDIS_URL: redis.url } });
  desk = await world.desk();
});
lost.after(async () => {
  await world?.[Symbol.asyncDispose]();
  await redis?.close();
});

const of =
  (name: string, phase: CallView['phase']) =>
  (call: CallView): boolean =>
    call.contact.name === name && call.phase === phase;
async function liveCall(name: string) {
  const call = await world.sim.customer(String((next += 1)), { name }).call(world.sim.phoneNumberId);
  const { id: callId } = await desk.until('it rings', of(name, 'ringing'));
  await desk.ask('call:accept', { callId });
  await call.until('live');
  await desk.until('it is live', of(name, 'live'));
  return { call, callId };
}

lost('a live call goes on, can be muted, and is hung up', async () => {
  const { call, callId } = await liveCall('Steady');
  await redis.close();
  const { call: muted } = await desk.ask('call:mute', { callId, muted: true });
  assert.is(muted.handler?.muted, true);
  await desk.until('the desk hears of it', (view) => view.id === callId && view.handler?.muted === true);
  // Three seconds of sound at 50 packets a second.
  const enough = call.facts().media.fromBusiness.packets + 150;
  await until('the customer has heard on', () => call.facts().media.fromBusiness.packets > enough);
  assert.is(call.facts().phase, 'live');
  await desk.ask('call:hangup', { callId });
  await call.until('ended');
  const over = await desk.until('it is over', of('Steady', 'ended'));
  assert.is(over.disposition, 'completed');
});

lost('when it is back, calls ring and are answered as before', async () => {
  redis = await startRedis({ dir, durable: false });
  const { call, callId } = await liveCall('Returned');
  await desk.ask('call:hangup', { callId });
  await call.until('ended');
});

lost.run();
