import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createId } from '../../control/contract/ids.ts';
import { Fault } from '../../control/contract/fault.ts';
import type { CallView } from '../../control/contract/views.ts';
import { aWorld, type World } from './support/a-control.ts';

const crash = suite<{ world: World }>('a gateway is killed in the middle of a call');

crash.before.each(async (context) => {
  context.world = await aWorld();
});
crash.after.each(async ({ world }) => world[Symbol.asyncDispose]());

const doomed = fileURLToPath(new URL('support/doomed.ts', import.meta.url));

/** Another gateway plays a call and dies in the middle of `point`. */
async function dieIn(world: World, point: string, conversationId = ''): Promise<void> {
  const argv = [world.databaseUrl, world.redisUrl, String(world.clock.now()), point, 'admin@localhost', conversationId];
  const child = spawn(process.execPath, [doomed, ...argv], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  assert.is(signal, 'SIGKILL');
}
/** Its leases run out, and this gateway looks for what was left. */
async function untilSeen(world: World, what: string, is: (call: CallView) => boolean): Promise<CallView> {
  return world.signal.until(what, () => {
    world.clock.pass(500);
    const views = world.desks.of('call:changed').map(({ call }) => call);
    return views.find(is);
  });
}
async function theCall(world: World): Promise<CallView> {
  const bob = await world.teammate('Bob');
  const { calls } = await world.control.desk['desk:snapshot'](bob, {});
  const [call] = calls;
  if (!call) throw new Error('no call');
  return call;
}

crash('with a webhook stored and not yet read: the call rings', async ({ world }) => {
  await dieIn(world, 'read');
  await untilSeen(world, 'ringing', ({ phase }) => phase === 'ringing');
  await world.signal.until('the leg', () => world.media.names().includes('leg:answer'));
});

crash('while the leg is made: it is made again, and Meta hears pre_accept', async ({ world }) => {
  await dieIn(world, 'leg:answer');
  await world.signal.until('pre_accept', () => {
    world.clock.pass(500);
    return world.carrier.count('preAccept') === 1;
  });
});

crash('while Meta is told to accept, and Meta took it: the call is live and its sound flows', async ({ world }) => {
  await dieIn(world, 'accept');
  world.carrier.script.accept = async () => {
    throw new Fault('carrier/call-over', 'The call is in progress already.');
  };
  await untilSeen(world, 'live', ({ phase }) => phase === 'live');
  await world.signal.until('the gate', () => world.media.names().includes('leg:open-gate'));
});

crash('while Meta is told to accept, and Meta never heard it: it is told again', async ({ world }) => {
  await dieIn(world, 'accept');
  await untilSeen(world, 'live', ({ phase }) => phase === 'live');
  assert.is(world.carrier.count('accept'), 1);
});

crash('before the operator’s voice is fed: it is fed, and the gate opens', async ({ world }) => {
  await dieIn(world, 'leg:feed');
  await world.signal.until('the gate', () => {
    world.clock.pass(500);
    return world.media.names().includes('leg:watch');
  });
  assert.equal(world.media.names(), ['leg:feed', 'leg:open-gate', 'leg:watch']);
});

crash('before the operator’s voice is fed, who is muted meanwhile: the voice stays out', async ({ world }) => {
  await dieIn(world, 'leg:feed');
  const { id: callId } = await theCall(world);
  const user = await world.control.account.signIn('admin@localhost', 'correct horse battery');
  await world.control.desk['call:mute']({ user, deskId: createId('desk') }, { callId, muted: true });
  await world.signal.until('the gate', () => {
    world.clock.pass(500);
    return world.media.names().includes('leg:watch');
  });
  const fed = world.media.commands.filter(({ name }) => name === 'leg:feed').map(({ ask }) => ask);
  assert.equal(fed, [{ callId, source: { kind: 'comfort' } }]);
});

crash('before Meta is told that we hung up: Meta is told', async ({ world }) => {
  await dieIn(world, 'terminate');
  await world.signal.until('terminate', () => {
    world.clock.pass(500);
    return world.carrier.count('terminate') === 1;
  });
  await world.signal.until('nothing is left', async () => {
    const { rowCount } = await world.database.pool.query('SELECT 1 FROM outbox');
    return rowCount === 0;
  });
});

crash('while it places a call: it is never placed twice, and ends when no webhook tells of it', async ({ world }) => {
  const { conversationId } = await world.conversation();
  await dieIn(world, 'connect', conversationId);
  const ended = await untilSeen(world, 'ended', ({ phase }) => phase === 'ended');
  assert.equal([ended.disposition, ended.endReason], ['failed', 'WhatsApp did not confirm the call.']);
  assert.is(world.carrier.count('connect'), 0);
});

crash('while it places a call that Meta took: the webhook finds it, and it goes on', async ({ world }) => {
  const { conversationId } = await world.conversation();
  await dieIn(world, 'connect', conversationId);
  const { id } = await theCall(world);
  await world.hear({
    kind: 'call-status',
    carrierCallId: 'wacid.out.9',
    phoneNumberId: '106540352242922',
    opaque: id,
    at: world.clock.now(),
    status: 'accepted',
  });
  await untilSeen(world, 'live', ({ phase }) => phase === 'live');
});

crash.run();
