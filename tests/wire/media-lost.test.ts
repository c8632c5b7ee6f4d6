import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Desk } from '../support/desk.ts';
import { World } from '../support/world.ts';

/** A crash of what carries the sound ends its calls with a name, here and at Meta, and the next call is well. */
const lost = suite('media that dies in mid-call');
let world: World;
let desk: Desk;
let next = 15_550_800_000;

lost.before(async () => {
  world = await World.start();
  desk = await world.desk();
});
lost.after(async () => world[Symbol.asyncDispose]());

/** A call that this desk has accepted. It has no microphone: the customer hears comfort noise. */
async function liveCall(name: string) {
  const call = await world.sim.customer(String((next += 1)), { name }).call(world.sim.phoneNumberId);
  const ringing = await desk.until('it rings', (view) => view.contact.name === name && view.phase === 'ringing');
  await desk.ask('call:accept', { callId: ringing.id });
  await call.until('live');
  await call.untilHeard(300);
  return { call, id: ringing.id };
}

function workerOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  const worker = children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('mediasoup'));
  if (worker === undefined) throw new Error('the media node has no worker');
  return worker;
}

lost('a killed worker ends its call at Meta and in the log as failed, and the node takes the next call', async () => {
  const { call, id } = await liveCall('Worker');
  process.kill(workerOf(world.product.pid('media')), 'SIGKILL');
  const view = await desk.until('it has failed', (seen) => seen.id === id && seen.phase === 'ended');
  assert.is(view.disposition, 'failed');
  assert.match(view.endReason ?? '', /media server/i);
  await call.until('ended');
  assert.is(call.facts().ending?.by, 'business', 'Meta was told: the customer is not left in a dead call');
  const { history } = await desk.rest('calls:get', { params: { callId: id } });
  assert.ok(history.some((entry) => entry.event === 'legLost'));
  const after = await liveCall('After the worker');
  await desk.ask('call:hangup', { callId: after.id });
  await after.call.until('ended');
});

lost(
  'a killed media process ends its call at Meta and in the log as failed, and its successor takes the next call',
  async () => {
    const { call, id } = await liveCall('Node');
    await world.product.end('media', 'SIGKILL');
    const view = await desk.until('it has failed', (seen) => seen.id === id && seen.phase === 'ended', 20_000);
    assert.is(view.disposition, 'failed');
    await call.until('ended', 20_000);
    assert.is(call.facts().ending?.by, 'business');
    await world.product.run('media');
    const after = await liveCall('After the node');
    await desk.ask('call:hangup', { callId: after.id });
    await after.call.until('ended');
  },
);

lost.run();
