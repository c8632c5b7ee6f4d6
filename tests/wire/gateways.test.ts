import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../control/contract/fault.ts';
import type { CallView } from '../../control/contract/views.ts';
import { Desk } from '../support/desk.ts';
import { admin } from '../support/product.ts';
import { World } from '../support/world.ts';

/** Two gateways on one Postgres, one Redis and one media node: people must not notice which one they are at. */
const gateways = suite<{ near: Desk; far: Desk }>('two gateways');
let world: World;
let next = 15_550_400_000;

gateways.before(async () => {
  world = await World.start();
  await world.product.run('gateway-2');
});
gateways.after(async () => world[Symbol.asyncDispose]());
gateways.before.each(async (context) => {
  context.near = await Desk.open(world.product.url, admin);
  context.far = await Desk.open(world.product.secondUrl, admin);
});
gateways.after.each(async ({ near, far }) => {
  await near[Symbol.asyncDispose]();
  await far[Symbol.asyncDispose]();
});

const of =
  (name: string, phase: CallView['phase']) =>
  (call: CallView): boolean =>
    call.contact.name === name && call.phase === phase;
const customerCalls = (name: string) => world.sim.customer(String((next += 1)), { name }).call(world.sim.phoneNumberId);

gateways('a call that one gateway heard of is answered at the other', async ({ near, far }) => {
  const call = await customerCalls('Crossing');
  const ringing = await far.until('it rings there', of('Crossing', 'ringing'));
  await far.ask('call:accept', { callId: ringing.id });
  await call.until('live');
  const seen = await near.until('it is live here too', of('Crossing', 'live'));
  assert.is(seen.handler?.deskId, far.id);
  call.hangUp();
  await far.until('it is over there', of('Crossing', 'ended'));
  await near.until('it is over here', of('Crossing', 'ended'));
});

gateways('when both pick up, one wins and the other hears who', async ({ near, far }) => {
  const call = await customerCalls('Wanted');
  const { id: callId } = await near.until('it rings', of('Wanted', 'ringing'));
  const outcomes = await Promise.allSettled([near.ask('call:accept', { callId }), far.ask('call:accept', { callId })]);
  const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.is(lost.length, 1);
  assert.ok(lost[0]?.reason instanceof Fault && lost[0].reason.code === 'call/already-claimed');
  await call.until('live');
  call.hangUp();
  await near.until('it is over', of('Wanted', 'ended'));
});

gateways('a desk whose gateway is killed goes on with its call at the other', async ({ near }) => {
  const call = await customerCalls('Survivor');
  const { id: callId } = await near.until('it rings', of('Survivor', 'ringing'));
  await near.ask('call:accept', { callId });
  await call.until('live');
  await near.until('it is live', of('Survivor', 'live'));

  await world.product.end('gateway', 'SIGKILL');
  // What a load balancer does.
  world.sim.webhooks.sendTo(`${world.product.secondUrl}/webhooks/wa-calling`);
  const moved = await Desk.open(world.product.secondUrl, admin, near.id);
  try {
    const snapshot = await moved.ask('desk:snapshot', {});
    assert.is(snapshot.returnTo, callId);
    await moved.ask('call:rejoin', { callId });
    assert.is(call.facts().phase, 'live');
    await moved.ask('call:hangup', { callId });
    await call.until('ended');
    const over = await moved.until('the official end is known', of('Survivor', 'ended'));
    assert.is(over.disposition, 'completed');
  } finally {
    await moved[Symbol.asyncDispose]();
    await world.product.run('gateway');
    world.sim.webhooks.sendTo(`${world.product.url}/webhooks/wa-calling`);
  }
});

gateways('webhooks that a dead gateway did not take arrive when it is back', async ({ far }) => {
  const call = await customerCalls('Patient');
  const { id: callId } = await far.until('it rings', of('Patient', 'ringing'));
  await far.ask('call:accept', { callId });
  await call.until('live');
  await world.product.end('gateway', 'SIGKILL');
  call.hangUp();
  await world.product.run('gateway');
  const over = await far.until('it is over', of('Patient', 'ended'), 30_000);
  assert.is(over.disposition, 'completed');
});

gateways('a gateway that is asked to stop does so at once, and its desks go elsewhere', async ({ near }) => {
  const started = performance.now();
  await world.product.end('gateway', 'SIGTERM');
  assert.ok(performance.now() - started < 6000);
  await world.product.run('gateway');
  // By itself: the old line was not closed for good.
  assert.ok((await near.ask('desk:snapshot', {})).user);
});

gateways.run();
