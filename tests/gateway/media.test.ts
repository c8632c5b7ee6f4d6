import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../control/contract/fault.ts';
import { createId, type NodeId } from '../../control/contract/ids.ts';
import {
  mediaEventGroup,
  mediaEventStream,
  mediaNodeKeyPrefix,
  type MediaEvent,
  type NodeCard,
} from '../../control/contract/media.ts';
import type { MediaPort } from '../../control/ports.ts';
import { createHttpClient, type HttpClient } from '../../gateway/http/client.ts';
import { createMedia } from '../../gateway/media.ts';
import { createMetrics } from '../../gateway/metrics.ts';
import { createRedis, type Redis } from '../../ops/runtime/redis.ts';
import { freshRedis, type TestRedis } from '../support/services.ts';
import { silentLog, until } from './fakes.ts';

type Reply = { status?: number; body?: unknown; cut?: boolean };
type Context = {
  server: TestRedis;
  redis: Redis;
  http: HttpClient;
  media: MediaPort;
  node: Server;
  nodeId: NodeId;
  card: NodeCard;
  seen: { url: string | undefined; authorization: string | undefined; body: unknown }[];
  replies: Reply[];
  stops: (() => Promise<void>)[];
};
const nodes = suite<Context>('media nodes');
const callId = createId('call');
const putCard = (redis: Redis, card: object & { nodeId: NodeId }) =>
  redis.set(mediaNodeKeyPrefix + card.nodeId, JSON.stringify(card), { expiration: { type: 'PX', value: 6000 } });

nodes.before.each(async (context) => {
  context.server = await freshRedis();
  context.redis = createRedis(context.server.url, silentLog);
  await context.redis.connect();
  context.seen = [];
  context.replies = [];
  context.stops = [];
  context.node = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { url, headers } = request;
      context.seen.push({ url, authorization: headers.authorization, body: JSON.parse(text) });
      const reply = context.replies.shift() ?? { body: {} };
      if (reply.cut) {
        request.socket.destroy();
        return;
      }
      response.writeHead(reply.status ?? 200).end(JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => context.node.listen(0, '127.0.0.1', resolve));
  context.nodeId = createId('node');
  const url = `http://127.0.0.1:${(context.node.address() as AddressInfo).port}`;
  context.card = { nodeId: context.nodeId, url, capacity: 500, legs: 3, draining: false };
  await putCard(context.redis, context.card);
  context.http = createHttpClient();
  context.media = createMedia({
    redis: context.redis,
    http: context.http,
    token: 'node-token',
    log: silentLog,
    metrics: createMetrics(),
  });
});
nodes.after.each(async ({ stops, http, node, redis, server }) => {
  for (const stop of stops) await stop();
  http.close();
  node.closeAllConnections();
  await new Promise((resolve) => node.close(resolve));
  redis.destroy();
  await server.close();
});

const refusal = async (work: Promise<unknown>): Promise<Fault> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('it was not refused');
};
const event = (of = callId): MediaEvent => ({
  type: 'leg-lost',
  nodeId: createId('node'),
  at: 5,
  callId: of,
  cause: 'ice-lost',
});
const tell = (redis: Redis, what: unknown) =>
  redis.xAdd(mediaEventStream, '*', { event: typeof what === 'string' ? what : JSON.stringify(what) });
const pending = async (redis: Redis): Promise<number> =>
  (await redis.xPending(mediaEventStream, mediaEventGroup)).pending;

nodes('every node with a fresh, sound card is known', async ({ media, redis, card }) => {
  await redis.set(`${mediaNodeKeyPrefix}broken`, '{');
  await redis.set(`${mediaNodeKeyPrefix}odd`, '{"nodeId":"x"}');
  for (let i = 0; i < 30; i += 1) await redis.set(`session:${i}`, 'x');
  assert.equal(await media.nodes(), [card]);
});

nodes(
  'a command goes to its node with the token, and its reply comes back',
  async ({ media, nodeId, seen, replies }) => {
    replies.push({ body: { sdp: 'v=0' } });
    assert.equal(await media.command(nodeId, 'leg:answer', { callId, offer: 'v=0' }), { sdp: 'v=0' });
    assert.equal(seen, [
      { url: '/commands/leg:answer', authorization: 'Bearer node-token', body: { callId, offer: 'v=0' } },
    ]);
  },
);

nodes("a node's own refusal arrives as it was said", async ({ media, nodeId, replies }) => {
  const said = { code: 'media/bad-sdp', message: 'No candidates.', retryable: false };
  replies.push({ status: 400, body: said });
  assert.equal(Fault.toWire(await refusal(media.command(nodeId, 'leg:close', { callId }))), said);
});

nodes('a node that is silent, gone, or talks nonsense is unavailable, and worth another try', async (context) => {
  const { media, nodeId, replies, node } = context;
  const ask = async () => {
    const { code, retryable } = await refusal(media.command(nodeId, 'leg:answer', { callId, offer: 'v=0' }));
    return [code, retryable];
  };
  const unavailable = ['media/unavailable', true];
  replies.push({ status: 500, body: 'x' });
  assert.equal(await ask(), unavailable);
  replies.push({ body: { no: 'sdp' } });
  assert.equal(await ask(), unavailable);
  const unknown = await refusal(media.command(createId('node'), 'leg:close', { callId }));
  assert.equal([unknown.code, unknown.retryable], unavailable);
  node.closeAllConnections();
  await new Promise((resolve) => node.close(resolve));
  assert.equal(await ask(), unavailable);
});

nodes('a connection that broke in the middle costs one more try', async ({ media, nodeId, replies, seen }) => {
  replies.push({ cut: true }, { body: {} });
  await media.command(nodeId, 'leg:close', { callId });
  assert.is(seen.length, 2);
});

nodes('commands to a known node go on while Redis is away', async ({ media, nodeId, server }) => {
  await media.nodes();
  await server.close();
  assert.equal(await media.command(nodeId, 'leg:close', { callId }), {});
  assert.is((await refusal(media.command(createId('node'), 'leg:close', { callId }))).code, 'media/unavailable');
});

nodes(
  'an event is handled once, by one of the gateways, and acknowledged after that',
  async ({ media, redis, stops }) => {
    const handled: MediaEvent[] = [];
    const gate = Promise.withResolvers<void>();
    const handle = async (one: MediaEvent): Promise<void> => {
      handled.push(one);
      await gate.promise;
    };
    stops.push(media.subscribe(handle), media.subscribe(handle));
    const first = event();
    await tell(redis, first);
    await until('it arrived', () => handled.length > 0);
    assert.is(await pending(redis), 1);
    gate.resolve();
    await until('it is acknowledged', async () => (await pending(redis)) === 0);
    for (let i = 0; i < 20; i += 1) await tell(redis, event(createId('call')));
    await until('all arrived', async () => handled.length >= 21 && (await pending(redis)) === 0);
    assert.is(handled.length, 21);
    assert.equal(handled[0], first);
  },
);

nodes('events from before the first gateway are not lost', async ({ media, redis, stops }) => {
  await tell(redis, event());
  let handled = 0;
  stops.push(media.subscribe(async () => void (handled += 1)));
  await until('it arrived', () => handled === 1);
});

nodes('events of one call come one after the other; other calls do not wait', async ({ media, redis, stops }) => {
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const other = createId('call');
  stops.push(
    media.subscribe(async (one) => {
      log.push(`begin ${one.at}`);
      if (one.at === 1) await gate.promise;
      log.push(`end ${one.at}`);
    }),
  );
  await tell(redis, { ...event(), at: 1 });
  await tell(redis, { ...event(), at: 2 });
  await tell(redis, { ...event(other), at: 3 });
  await until('the other call is through', () => log.includes('end 3'));
  assert.not.ok(log.includes('begin 2'));
  gate.resolve();
  await until('all are through', () => log.includes('end 2'));
  assert.ok(log.indexOf('end 1') < log.indexOf('begin 2'));
});

nodes('what nobody can understand is dropped and blocks nothing', async ({ media, redis, stops }) => {
  let handled = 0;
  stops.push(media.subscribe(async () => void (handled += 1)));
  for (const text of ['', '{', '{"type":"leg-sang"}', 'null']) await tell(redis, text);
  await redis.xAdd(mediaEventStream, '*', { other: 'field' });
  await tell(redis, event());
  await until('the good one is handled', () => handled === 1);
  await until('all are acknowledged', async () => (await pending(redis)) === 0);
});

nodes('an event whose gateway died is handled by another one', async ({ media, redis, stops }) => {
  await tell(redis, event());
  await redis.xGroupCreate(mediaEventStream, mediaEventGroup, '0');
  await redis.xReadGroup(mediaEventGroup, 'gateway-that-died', { key: mediaEventStream, id: '>' });
  // As old as the sweep wants it, without waiting that long.
  const [{ id } = { id: '' }] = await redis.xPendingRange(mediaEventStream, mediaEventGroup, '-', '+', 1);
  await redis.sendCommand([
    'XCLAIM',
    mediaEventStream,
    mediaEventGroup,
    'gateway-that-died',
    '0',
    id,
    'IDLE',
    '60000',
    'JUSTID',
  ]);
  let handled = 0;
  stops.push(media.subscribe(async () => void (handled += 1)));
  await until('it is handled', () => handled === 1);
  await until('it is acknowledged', async () => (await pending(redis)) === 0);
});

nodes('trimming and losing the whole stream are survived', async ({ media, redis, stops }) => {
  let handled = 0;
  stops.push(media.subscribe(async () => void (handled += 1)));
  await tell(redis, event());
  await until('the first is handled', () => handled === 1);
  await redis.xTrim(mediaEventStream, 'MAXLEN', 0);
  await tell(redis, event());
  await until('the second is handled', () => handled === 2);
  await redis.flushAll();
  await tell(redis, event());
  await until('the third is handled', () => handled === 3);
});

nodes('a Redis that restarts is found again', async ({ media, redis, stops }) => {
  let handled = 0;
  stops.push(media.subscribe(async () => void (handled += 1)));
  await tell(redis, event());
  await until('the first is handled', () => handled === 1);
  await redis.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'no']).catch(() => undefined);
  await until('we are back', async () => (await redis.ping().catch(() => 'away')) === 'PONG');
  await tell(redis, event());
  await until('the second is handled', () => handled === 2);
});

nodes.run();
