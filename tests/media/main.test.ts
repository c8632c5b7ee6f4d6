import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createId } from '../../control/contract/ids.ts';
import { mediaEventStream, mediaNodeKeyPrefix, NodeCard } from '../../control/contract/media.ts';
import { createLog } from '../../ops/runtime/log.ts';
import { createRedis, type Redis } from '../../ops/runtime/redis.ts';
import { freshRedis, type TestRedis } from '../support/services.ts';
import { FakeRelay, relayWorker } from './support/fake-relay.ts';
import { failAfter, until, within } from './support/wait.ts';

type Context = { server: TestRedis; redis: Redis; world: Awaited<ReturnType<typeof relayWorker>> };
const media = suite<Context>('the media process');
const done = failAfter(90_000);

media.before(async (context) => {
  context.server = await freshRedis();
  context.redis = createRedis(context.server.url, createLog('test', 'silent'));
  await context.redis.connect();
  context.world = await relayWorker();
});
media.after(async ({ server, redis, world }) => {
  redis.destroy();
  world.worker.close();
  await server.close();
  done();
});

let port = 33_010 + (process.pid % 40);

/** Starts `media/main.ts` as its own process; resolves when it says that it is up. */
async function start(server: TestRedis, env: Record<string, string> = {}) {
  const url = `http://127.0.0.1:${(port += 1)}`;
  const child = spawn(process.execPath, ['media/main.ts'], {
    cwd: new URL('../..', import.meta.url).pathname,
    env: {
      ...process.env,
      REDIS_URL: server.url,
      MEDIA_URL: url,
      MEDIA_TOKEN: 'secret',
      MEDIA_WORKERS: '1',
      MEDIA_PORT_MIN: '44500',
      MEDIA_PORT_MAX: '44599',
      LOG_LEVEL: 'info',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const up = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line.includes('media is up')) up.resolve();
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
  });
  await within(15_000, 'media is up', Promise.race([up.promise, exited]));
  const command = async (name: string, body: unknown): Promise<Response> =>
    fetch(`${url}/commands/${name}`, {
      method: 'POST',
      headers: { authorization: 'Bearer secret' },
      body: JSON.stringify(body),
    });
  return { child, url, exited, lines, command };
}

const cardOf = async (redis: Redis, url: string): Promise<NodeCard | undefined> => {
  for (const key of await redis.keys(`${mediaNodeKeyPrefix}*`)) {
    const card = NodeCard.safeParse(JSON.parse((await redis.get(key)) ?? 'null'));
    if (card.success && card.data.url === url) return card.data;
  }
  return undefined;
};
const stop = async (child: ChildProcess, exited: Promise<unknown>): Promise<void> => {
  child.kill('SIGKILL');
  await exited;
};

media('puts its card up, carries a call and tells of it', async ({ server, redis, world }) => {
  const { child, url, exited, command } = await start(server);
  await until(3000, 'the card', async () => (await cardOf(redis, url)) !== undefined);
  const relay = await FakeRelay.open(world.router);
  const callId = createId('call');
  const answered = await command('leg:answer', { callId, offer: relay.offer() });
  assert.is(answered.status, 200);
  await relay.takeAnswer(((await answered.json()) as { sdp: string }).sdp);
  await until(3000, 'leg-connected in the stream', async () => {
    const entries = (await redis.xRange(mediaEventStream, '-', '+')) ?? [];
    return entries.some(
      ({ message }) => message['event']?.includes('leg-connected') && message['event'].includes(callId),
    );
  });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, 'switchboard_media_legs 1');
  assert.match(metrics, 'switchboard_media_workers 1');
  assert.match(metrics, 'switchboard_media_rtp_out_late_ms_bucket');
  await stop(child, exited);
  relay.close();
});

media('drains: says so, carries on its call, refuses new ones, and leaves when the call has ended', async (context) => {
  const { server, redis, world } = context;
  const { child, url, exited, command } = await start(server);
  const relay = await FakeRelay.open(world.router);
  const callId = createId('call');
  const answered = await command('leg:answer', { callId, offer: relay.offer() });
  await relay.takeAnswer(((await answered.json()) as { sdp: string }).sdp);
  await command('leg:open-gate', { callId });
  await until(3000, 'audio', () => relay.heard.length > 5);
  child.kill('SIGTERM');
  await until(3000, 'the card says draining', async () => (await cardOf(redis, url))?.draining === true);
  assert.is((await fetch(`${url}/readyz`)).status, 503);
  const refused = await command('leg:offer', { callId: createId('call') });
  assert.is(refused.status, 503);
  const heard = relay.heard.length;
  await until(3000, 'audio while draining', () => relay.heard.length > heard + 20);
  await command('leg:close', { callId });
  assert.is(await within(5000, 'exit', exited), 0);
  assert.is(await cardOf(redis, url), undefined);
  relay.close();
});

media('leaves at once on a second signal', async ({ server }) => {
  const { child, exited, command } = await start(server);
  await command('leg:offer', { callId: createId('call') });
  child.kill('SIGTERM');
  await new Promise((resolve) => {
    setTimeout(resolve, 200);
  });
  child.kill('SIGTERM');
  assert.is(await within(3000, 'exit', exited), 1);
});

media('keeps a call alive while Redis is away, and tells afterwards what happened', async ({ world }) => {
  const server = await freshRedis();
  const { child, exited, command } = await start(server);
  process.kill(server.pid, 'SIGSTOP');
  const relay = await FakeRelay.open(world.router);
  const callId = createId('call');
  const answered = await command('leg:answer', { callId, offer: relay.offer() });
  await relay.takeAnswer(((await answered.json()) as { sdp: string }).sdp);
  await command('leg:open-gate', { callId });
  await until(3000, 'audio', () => relay.heard.length > 20);
  process.kill(server.pid, 'SIGCONT');
  const redis = createRedis(server.url, createLog('test', 'silent'));
  await redis.connect();
  let types: string[] = [];
  await until(8000, 'the events', async () => {
    const entries = (await redis.xRange(mediaEventStream, '-', '+')) ?? [];
    // At least once: what was on its way when the connection stalled may be there twice.
    types = [...new Set(entries.map(({ message }) => /"type":"([\w-]+)"/.exec(message['event'] ?? '')?.[1] ?? ''))];
    return types.length >= 2;
  });
  assert.equal(types.slice(0, 2), ['leg-connected', 'rtp-started']);
  await stop(child, exited);
  relay.close();
  redis.destroy();
  await server.close();
});

media('names a missing secret and exits 78', async ({ server }) => {
  const { exited, lines } = await start(server, { MEDIA_TOKEN: '' });
  assert.is(await exited, 78);
  assert.match(lines.join('\n'), 'MEDIA_TOKEN');
});

media.run();
