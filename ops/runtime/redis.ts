import { createClient } from 'redis';
import type { Log } from './log.ts';

export type Redis = ReturnType<typeof createRedis>;

const reconnectStrategy = (attempt: number): number => Math.min(50 * 2 ** attempt, 2000);

/**
 * A client for `REDIS_URL`: `redis://…`, `rediss://…`, or `unix:/path/to/socket` as the
 * embedded server uses. Reconnects for ever; commands given meanwhile wait in its queue.
 */
export function createRedis(url: string, log: Log) {
  const client = url.startsWith('unix:')
    ? createClient({ socket: { path: url.slice('unix:'.length), reconnectStrategy } })
    : createClient({ url, socket: { reconnectStrategy } });
  // Without a listener the first lost connection would end the process.
  client.on('error', (error: unknown) => log.warn({ error: String(error) }, 'redis connection lost'));
  return client;
}
