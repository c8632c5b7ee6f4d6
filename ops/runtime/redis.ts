import { createClient } from 'redis';
import type { Log } from './log.ts';

export type Redis = ReturnType<typeof createRedis>;

const reconnectStrategy = (attempt: number): number => Math.min(50 * 2 ** attempt, 2000);

// A connection whose other end vanished without a word (a failover, a firewall) would hang for minutes: pings make
// it speak, and silence ends it. The longest blocking read of ours is 5 s.
const pingInterval = 2000;
const socketTimeout = 10_000;

/**
 * A client for `REDIS_URL`: `redis://…`, `rediss://…`, or `unix:/path/to/socket` as the
 * embedded server uses. Reconnects for ever; commands given meanwhile wait in its queue.
 */
export function createRedis(url: string, log: Log) {
  const client = url.startsWith('unix:')
    ? createClient({ pingInterval, socket: { path: url.slice('unix:'.length), reconnectStrategy, socketTimeout } })
    : createClient({ url, pingInterval, socket: { reconnectStrategy, socketTimeout } });
  // Without a listener the first lost connection would end the process.
  client.on('error', (error: unknown) => log.warn({ error: String(error) }, 'redis connection lost'));
  return client;
}
