import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createId } from '../../../control/contract/ids.ts';
import { Fault } from '../../../control/contract/fault.ts';
import type { DeskCaller } from '../../../control/control.ts';
import { aWorld, type World } from '../support/a-control.ts';
import { refusal } from '../support/refusal.ts';

const race = suite<{ world: World }>('the race for a call');

race.before.each(async (context) => {
  context.world = await aWorld();
});
race.after.each(async ({ world }) => world[Symbol.asyncDispose]());

async function crowd(world: World, size: number): Promise<DeskCaller[]> {
  const anna = await world.teammate('Anna');
  return Array.from({ length: size }, (_, i) => ({
    user: { ...anna.user, id: createId('user'), name: `Operator ${i}` },
    deskId: createId('desk'),
  }));
}

race('200 click at once: one wins, and everybody else hears who', async ({ world }) => {
  const other = await world.another();
  const people = await crowd(world, 200);
  const { id: callId } = await world.ring();
  const started = performance.now();
  const told: number[] = [];
  const outcomes = await Promise.allSettled(
    people.map(async (caller, i) => {
      const gateway = i % 2 === 0 ? world.control : other;
      try {
        return await gateway.desk['call:accept'](caller, { callId });
      } finally {
        told.push(performance.now() - started);
      }
    }),
  );
  const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
  assert.is(won.length, 1);
  const winner = won[0]?.value.call.handler?.name;
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue;
    assert.instance(outcome.reason, Fault);
    assert.is(outcome.reason.code, 'call/already-claimed');
    assert.is(outcome.reason.message, `Already accepted by ${winner}.`);
    assert.equal(outcome.reason.details, { name: winner });
  }
  await world.see(callId, 'live', ({ phase }) => phase === 'live');
  assert.is(world.carrier.count('accept'), 1);
  const last = told.toSorted((a, b) => a - b)[Math.floor(told.length * 0.99)] ?? 0;
  if (process.env['SHOW_TIMES'] === '1') console.log(`p99 told after ${last.toFixed(1)} ms`);
});

race('a second click of the winner is no mistake', async ({ world }) => {
  const anna = await world.teammate('Anna');
  const { id: callId } = await world.ring();
  await world.control.desk['call:accept'](anna, { callId });
  const { call } = await world.control.desk['call:accept'](anna, { callId });
  assert.is(call.handler?.name, 'Anna');
});

race('a second window of the winner hears that the call is in the other one', async ({ world }) => {
  const anna = await world.teammate('Anna');
  const { id: callId } = await world.ring();
  await world.control.desk['call:accept'](anna, { callId });
  await world.see(callId, 'live', ({ phase }) => phase === 'live');
  const told = await refusal(world.control.desk['call:accept']({ ...anna, deskId: createId('desk') }, { callId }));
  assert.is(told.code, 'call/already-claimed');
  assert.is(told.message, 'You already have this call in another window.');
});

race('a winner that dies before its step is stored loses the claim within seconds', async ({ world }) => {
  const anna = await world.teammate('Anna');
  const { id: callId } = await world.ring();
  await world.redis.set(`call:${callId}:claim`, 'somebody who died', { expiration: { type: 'PX', value: 300 } });
  assert.is((await refusal(world.control.desk['call:accept'](anna, { callId }))).code, 'call/already-claimed');
  await world.signal.until(
    'the claim to run out',
    async () => (await world.redis.exists(`call:${callId}:claim`)) === 0,
  );
  const { call } = await world.control.desk['call:accept'](anna, { callId });
  assert.is(call.handler?.name, 'Anna');
});

race('goes on while Redis is away', async ({ world }) => {
  const [anna, bob] = [await world.teammate('Anna'), await world.teammate('Bob')];
  const { id: callId } = await world.ring();
  world.redis.destroy();
  const outcomes = await Promise.allSettled(
    [anna, bob].map((caller) => world.control.desk['call:accept'](caller, { callId })),
  );
  assert.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  await world.redis.connect();
});

race('an operator cannot be in two calls', async ({ world }) => {
  const anna = await world.teammate('Anna');
  const first = await world.ring('wacid.1');
  const second = await world.ring('wacid.2');
  await world.control.desk['call:accept'](anna, { callId: first.id });
  assert.is((await refusal(world.control.desk['call:accept'](anna, { callId: second.id }))).code, 'call/busy');
});

race('whoever comes too late hears that the call is over', async ({ world }) => {
  const [anna, bob] = [await world.teammate('Anna'), await world.teammate('Bob')];
  const { id: callId } = await world.ring();
  await world.control.desk['call:decline'](anna, { callId });
  assert.is((await refusal(world.control.desk['call:accept'](bob, { callId }))).code, 'call/over');
  assert.is((await refusal(world.control.desk['call:mute'](bob, { callId, muted: true }))).code, 'call/over');
});

race('only the handler hangs up', async ({ world }) => {
  const [anna, bob] = [await world.teammate('Anna'), await world.teammate('Bob')];
  const { id: callId } = await world.ring();
  await world.control.desk['call:accept'](anna, { callId });
  assert.is((await refusal(world.control.desk['call:hangup'](bob, { callId }))).code, 'call/not-yours');
});

race.run();
