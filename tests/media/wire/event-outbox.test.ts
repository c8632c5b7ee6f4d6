import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createId } from '../../../control/contract/ids.ts';
import { MediaEvent, mediaEventStream, mediaNodeKeyPrefix, NodeCard } from '../../../control/contract/media.ts';
import { EventOutbox } from '../../../media/wire/event-outbox.ts';
import { CardKeeper } from '../../../media/wire/node-card.ts';
import { RedisLine } from '../../../media/wire/redis-line.ts';
import { createLog } from '../../../ops/runtime/log.ts';
import { createRedis } from '../../../ops/runtime/redis.ts';
import { freshRedis } from '../../support/services.ts';
import { failAfter, until, within } from '../support/wait.ts';

const wire = suite('the line to Redis');
const done = failAfter(60_000);
wire.after(done);

const log = createLog('test', 'silent');
const nodeId = createId('node');
const event = (at: number): MediaEvent => ({
  type: 'leg-lost',
  nodeId,
  at,
  callId: createId('call'),
  cause: 'ice-lost',
});

wire('keeps events in order while Redis is away, and sends them when it is back', async () => {
  const server = await freshRedis();
  const redis = createRedis(server.url, log);
  const reader = createRedis(server.url, log);
  const outbox = new EventOutbox(redis, log);
  outbox.add(event(0)); // before the first connection
  await Promise.all([redis.connect(), reader.connect()]);
  process.kill(server.pid, 'SIGSTOP');
  for (let at = 1; at <= 200; at += 1) outbox.add(event(at));
  assert.ok(outbox.waiting > 0);
  process.kill(server.pid, 'SIGCONT');
  await until(5000, 'an empty outbox', () => outbox.waiting === 0);
  const entries = await reader.xRange(mediaEventStream, '-', '+');
  const times = (entries ?? []).map(({ message }) => MediaEvent.parse(JSON.parse(message['event'] ?? '')).at);
  assert.equal(
    times,
    Array.from({ length: 201 }, (_, i) => i),
  );
  redis.destroy();
  reader.destroy();
  await server.close();
});

wire('replaces a connection that gives no answer, and loses no event over it', async () => {
  const server = await freshRedis();
  const redis = createRedis(server.url, log);
  const reader = createRedis(server.url, log);
  await Promise.all([redis.connect(), reader.connect()]);
  const line = new RedisLine(redis, log, 200);
  const outbox = new EventOutbox(line, log);
  const former = redis.socketEpoch;
  process.kill(server.pid, 'SIGSTOP');
  for (let at = 0; at < 20; at += 1) outbox.add(event(at));
  const card = line.set('card', 'late', { expiration: { type: 'PX', value: 1000 } });
  assert.is(await within(2000, 'the card’s try', card).catch(() => 'failed'), 'failed');
  await until(3000, 'the connection is given up', () => !redis.isReady);
  process.kill(server.pid, 'SIGCONT');
  await until(5000, 'an empty outbox', () => outbox.waiting === 0);
  assert.ok(redis.socketEpoch > former);
  const entries = (await reader.xRange(mediaEventStream, '-', '+')) ?? [];
  const times = entries.map(({ message }) => MediaEvent.parse(JSON.parse(message['event'] ?? '')).at);
  assert.equal(
    [...new Set(times)],
    Array.from({ length: 20 }, (_, i) => i),
  );
  redis.destroy();
  reader.destroy();
  await server.close();
});

wire('sends again what failed, and nothing overtakes it', async () => {
  const taken: string[] = [];
  let failures = 2;
  const outbox = new EventOutbox(
    {
      async xAdd(_key, _id, message) {
        if ((failures -= 1) >= 0) throw new Error('connection lost');
        taken.push(message['event'] ?? '');
      },
    },
    log,
  );
  outbox.add(event(1));
  outbox.add(event(2));
  await until(3000, 'both events', () => taken.length === 2);
  assert.equal(
    taken.map((json) => MediaEvent.parse(JSON.parse(json)).at),
    [1, 2],
  );
});

wire('has a bound, and drops the oldest that is not on its way', async () => {
  const outbox = new EventOutbox({ xAdd: () => new Promise(() => undefined) }, log);
  for (let at = 0; at < 20_100; at += 1) outbox.add(event(at));
  assert.is(outbox.waiting, 20_000);
  await outbox.flush(1);
});

wire('keeps a card that falls out of the registry by itself', async () => {
  const server = await freshRedis();
  const redis = createRedis(server.url, log);
  await redis.connect();
  let draining = false;
  const card = () => ({ nodeId, url: 'http://127.0.0.1:3100', capacity: 5, legs: 1, draining });
  const keeper = new CardKeeper(redis, card, log);
  await keeper.beat();
  const key = `${mediaNodeKeyPrefix}${nodeId}`;
  assert.equal(NodeCard.parse(JSON.parse((await redis.get(key)) ?? '')), card());
  const ttl = await redis.pTTL(key);
  assert.ok(ttl > 5000 && ttl <= 6000, `${ttl} ms`);
  draining = true;
  await keeper.beat();
  assert.is(NodeCard.parse(JSON.parse((await redis.get(key)) ?? '')).draining, true);
  await keeper.remove();
  assert.is(await redis.get(key), null);
  redis.destroy();
  await server.close();
});

wire.run();
