import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DeskCaller } from '../../control/control.ts';
import { Fault } from '../../control/contract/fault.ts';
import type { CallId } from '../../control/contract/ids.ts';
import { node } from './call/samples.ts';
import { createId } from '../../control/contract/ids.ts';
import { aWorld, type World } from './support/a-control.ts';
import { refusal } from './support/refusal.ts';

const presence = suite<{ world: World }>('desks and nodes that are lost');

presence.before.each(async (context) => {
  context.world = await aWorld();
});
presence.after.each(async ({ world }) => world[Symbol.asyncDispose]());

async function talking(world: World): Promise<{ anna: DeskCaller; callId: CallId }> {
  const anna = await world.teammate('Anna');
  const { id: callId } = await world.ring();
  await world.control.desk['call:accept'](anna, { callId });
  await world.see(callId, 'live', ({ phase }) => phase === 'live');
  return { anna, callId };
}

presence('a desk that reloads returns to its call', async ({ world }) => {
  const { anna, callId } = await talking(world);
  await world.control.deskDisconnected(anna);
  await world.see(callId, 'away', ({ handler }) => handler?.presence === 'away');
  world.clock.pass(3000);
  const { returnTo, nodeId } = await world.control.desk['desk:snapshot'](anna, {});
  assert.equal([returnTo, nodeId], [callId, node]);
  const { call } = await world.control.desk['call:rejoin'](anna, { callId });
  assert.is(call.handler?.presence, 'here');
  world.clock.pass(20_000);
  assert.is((await world.control.desk['desk:snapshot'](anna, {})).calls[0]?.handler?.presence, 'here');
});

presence('a person whose computer died returns from another one', async ({ world }) => {
  const { anna, callId } = await talking(world);
  await world.control.deskDisconnected(anna);
  const laptop = { ...anna, deskId: createId('desk') };
  assert.is((await world.control.desk['desk:snapshot'](laptop, {})).returnTo, callId);
  const { call } = await world.control.desk['call:rejoin'](laptop, { callId });
  assert.is(call.handler?.deskId, laptop.deskId);
});

presence(
  'a call whose operator does not return is offered to the others, and one of them takes it over',
  async ({ world }) => {
    const { anna, callId } = await talking(world);
    const bob = await world.teammate('Bob');
    await world.control.deskDisconnected(anna);
    await world.see(callId, 'away', ({ handler }) => handler?.presence === 'away');
    assert.is((await refusal(world.control.desk['call:accept'](bob, { callId }))).code, 'call/already-claimed');
    world.clock.pass(10_000);
    const offered = await world.see(callId, 'offered', ({ offer }) => offer?.because === 'operator-lost');
    assert.is(offered.phase, 'live');
    const accepts = world.carrier.count('accept');
    const { call } = await world.control.desk['call:accept'](bob, { callId });
    assert.equal([call.phase, call.handler?.name, call.offer], ['live', 'Bob', null]);
    await world.signal.until('the source', () =>
      world.media.commands.some(({ ask }) => JSON.stringify(ask).includes(bob.deskId)),
    );
    assert.is(world.carrier.count('accept'), accepts);
    assert.is((await refusal(world.control.desk['call:hangup'](anna, { callId }))).code, 'call/not-yours');
  },
);

presence('two who want to take a call over at once: one gets it, the other hears who', async ({ world }) => {
  const { anna, callId } = await talking(world);
  const other = await world.another();
  const [bob, cem] = [await world.teammate('Bob'), await world.teammate('Cem')];
  await world.control.deskDisconnected(anna);
  await world.see(callId, 'away', ({ handler }) => handler?.presence === 'away');
  world.clock.pass(10_000);
  await world.see(callId, 'offered', ({ offer }) => offer !== null);
  const outcomes = await Promise.allSettled([
    world.control.desk['call:accept'](bob, { callId }),
    other.desk['call:accept'](cem, { callId }),
  ]);
  const won = outcomes.find(({ status }) => status === 'fulfilled');
  const refused = outcomes.find(({ status }) => status === 'rejected');
  assert.ok(won?.status === 'fulfilled' && refused?.status === 'rejected');
  assert.is((refused.reason as Error).message, `Already accepted by ${won.value.call.handler?.name}.`);
});

presence('a call that nobody takes over is ended at Meta', async ({ world }) => {
  const { anna, callId } = await talking(world);
  await world.control.deskDisconnected(anna);
  await world.see(callId, 'away', ({ handler }) => handler?.presence === 'away');
  world.clock.pass(10_000);
  await world.see(callId, 'offered', ({ offer }) => offer !== null);
  world.clock.pass(20_000);
  const ended = await world.see(callId, 'ended', ({ phase }) => phase === 'ended');
  assert.match(ended.endReason ?? '', /Anna was lost/);
  await world.signal.until('terminate', () => world.carrier.count('terminate') === 1);
});

presence('sound that comes back brings the operator back', async ({ world }) => {
  const { anna, callId } = await talking(world);
  const about = { nodeId: node, at: world.clock.now(), callId, deskId: anna.deskId };
  await world.media.tell({ type: 'desk-lost', ...about });
  await world.see(callId, 'away', ({ handler }) => handler?.presence === 'away');
  await world.media.tell({ type: 'desk-heard', ...about });
  await world.see(callId, 'here', ({ handler }) => handler?.presence === 'here');
});

presence('a desk that went down with its gateway is missed', async ({ world }) => {
  const { anna, callId } = await talking(world);
  world.desks.lost.add(anna.deskId);
  await world.signal.until('away', () => {
    world.clock.pass(1000);
    return world.desks.of('call:changed').some(({ call }) => call.id === callId && call.handler?.presence === 'away');
  });
});

presence('a media server that is gone ends its calls, with the reason', async ({ world }) => {
  const { callId } = await talking(world);
  world.media.cards.length = 0;
  world.media.script['leg:stats'] = async () => {
    throw new Fault('media/unavailable', 'The media server does not answer.', { retryable: true });
  };
  await world.signal.until('ended', () => {
    world.clock.pass(1000);
    return world.desks.of('call:changed').some(({ call }) => call.id === callId && call.phase === 'ended');
  });
  const ended = await world.see(callId, 'ended', ({ phase }) => phase === 'ended');
  assert.equal([ended.disposition, ended.endReason], ['failed', 'The media server that held the call is gone.']);
  await world.signal.until('terminate', () => world.carrier.count('terminate') === 1);
});

/** Many looks of the watch. */
async function wait(world: World): Promise<void> {
  let looks = 0;
  await world.signal.until('many looks', async () => {
    world.clock.pass(1000);
    await world.database.pool.query('SELECT 1');
    return (looks += 1) > 60;
  });
}

presence(
  'a media server that is missing in the registry and answers all the same keeps its calls',
  async ({ world }) => {
    const { callId, anna } = await talking(world);
    world.media.cards.length = 0;
    await wait(world);
    assert.ok(world.media.names().includes('leg:stats'));
    const { calls } = await world.control.desk['desk:snapshot'](anna, {});
    assert.is(calls.find(({ id }) => id === callId)?.phase, 'live');
  },
);

presence('a call without its leg on a media server that cannot tell of it ends', async ({ world }) => {
  const { callId } = await talking(world);
  world.media.cards.length = 0;
  world.media.script['leg:stats'] = async () => {
    throw new Fault('media/not-found', 'This call has no audio on this media server.');
  };
  await world.signal.until('ended', () => {
    world.clock.pass(1000);
    return world.desks.of('call:changed').some(({ call }) => call.id === callId && call.phase === 'ended');
  });
  const ended = await world.see(callId, 'ended', ({ phase }) => phase === 'ended');
  assert.is(ended.endReason, 'WhatsApp closed the connection.');
});

presence('a registry that cannot be read ends no call', async ({ world }) => {
  const { callId, anna } = await talking(world);
  world.media.port.nodes = () => Promise.reject(new Error('redis is away'));
  await wait(world);
  const { calls } = await world.control.desk['desk:snapshot'](anna, {});
  assert.is(calls.find(({ id }) => id === callId)?.phase, 'live');
});

presence('what was silent and why stands in the history', async ({ world }) => {
  const { anna, callId } = await talking(world);
  const about = { nodeId: node, at: world.clock.now(), callId };
  await world.media.tell({ type: 'rtp-missing', ...about, direction: 'from-customer', cause: 'no-packets' });
  await world.control.desk['call:report'](anna, { callId, what: 'microphone-blocked' });
  const { history } = await world.control.rest['calls:get'](anna, { params: { callId }, query: {}, body: {} });
  const texts = history.map(({ text }) => text);
  assert.ok(texts.includes('No sound from the customer: no packet came.'));
  assert.ok(texts.some((text) => text.includes('blocks the microphone')));
});

presence.run();
