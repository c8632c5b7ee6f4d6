import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '../control/contract/fault.ts';
import { createId } from '../control/contract/ids.ts';
import { readConfig, type Config } from '../ops/runtime/config.ts';
import { createLog, type Log } from '../ops/runtime/log.ts';
import { createRedis } from '../ops/runtime/redis.ts';
import { onShutdown } from '../ops/runtime/shutdown.ts';
import { MediaNode } from './media-node.ts';
import { createCommandServer } from './wire/command-server.ts';
import { EventOutbox } from './wire/event-outbox.ts';
import { MediaMetrics } from './wire/metrics.ts';
import { CardKeeper } from './wire/node-card.ts';
import { RedisLine } from './wire/redis-line.ts';

// Longer than people talk. What is there after it is a call whose end never reached us.
const longestDrainMs = 2 * 60 * 60_000;

const log = createLog('media', process.env['LOG_LEVEL']);

// A promise that somebody forgot must not take the live calls of this process with it.
process.on('unhandledRejection', (error) => log.error({ error }, 'unhandled rejection'));

try {
  await run(readConfig(process.env), log);
} catch (error) {
  const isFault = error instanceof Fault;
  log.fatal(isFault ? { code: error.code } : { error }, isFault ? error.message : 'media did not start');
  process.exit(isFault && error.code === 'config/invalid' ? 78 : 1);
}

/** Puts a media process together: the node, its HTTP side, and its line to Redis. */
async function run(config: Config, rootLog: Log): Promise<void> {
  const { media } = config;
  const { token } = media;
  if (token === undefined) {
    throw new Fault('config/invalid', 'MEDIA_TOKEN is missing: gateways and media nodes need the same secret.');
  }
  if (config.redisUrl === undefined) throw new Fault('config/invalid', 'REDIS_URL is missing.');
  const nodeId = createId('node');
  const nodeLog = rootLog.child({ nodeId });

  const redis = createRedis(config.redisUrl, nodeLog);
  // Not awaited: a node that starts while Redis is away is there when it comes back.
  redis.connect().catch((error: unknown) => nodeLog.error({ error: String(error) }, 'redis not reachable'));
  const line = new RedisLine(redis, nodeLog);
  const outbox = new EventOutbox(line, nodeLog);
  const metrics = new MediaMetrics(() => ({
    legs: node.legs,
    desks: node.desks,
    workers: node.workers.length,
    waitingEvents: outbox.waiting,
  }));

  const node = await MediaNode.start({
    nodeId,
    ...media,
    workers: media.workers ?? availableParallelism(),
    log: nodeLog,
    onBeat: metrics.onBeat,
    tell: (event) => {
      metrics.onEvent(event.type);
      outbox.add(event);
    },
  });

  const server = createCommandServer({
    token,
    commands: node.commands,
    isReady: () => !node.isDraining && node.workers.length > 0,
    metrics: () => metrics.read(),
    onCommand: metrics.onCommand,
    log: nodeLog,
  });
  const { hostname, port } = new URL(media.url);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(port || 80), bindAddress(hostname), resolve);
  });
  const card = new CardKeeper(
    line,
    () => ({ nodeId, url: media.url, capacity: media.capacity, legs: node.legs, draining: node.isDraining }),
    nodeLog,
  );
  void card.beat();
  nodeLog.info({ url: media.url, workers: node.workers.length }, 'media is up');

  onShutdown(nodeLog, async () => {
    const drained = node.drain();
    void card.beat();
    nodeLog.info({ legs: node.legs }, 'draining');
    const isEmpty = await Promise.race([drained.then(() => true), pause(longestDrainMs, false)]);
    if (!isEmpty) nodeLog.warn({ legs: node.legs }, 'drained for long enough');
    await node.close();
    server.close();
    await outbox.flush(1000);
    await Promise.race([card.remove().catch(() => undefined), new Promise((resolve) => void setTimeout(resolve, 500))]);
    redis.destroy();
  });
}

// Gateways reach a loopback address from this machine only; behind any other name stands an address of the network.
function bindAddress(hostname: string): string {
  return /^(?:localhost$|127\.|\[?::1\]?$)/.test(hostname) ? hostname.replaceAll(/[[\]]/g, '') : '0.0.0.0';
}
