import type { MediaPort } from '../control/ports.ts';
import type { Log } from '../ops/runtime/log.ts';
import type { Redis } from '../ops/runtime/redis.ts';
import type { HttpClient } from './http/client.ts';
import { subscribeToMediaEvents } from './media-events.ts';
import { createMediaNodes } from './media-nodes.ts';
import type { Metrics } from './metrics.ts';

/** The media nodes: found in Redis, commanded over HTTP, heard through a Redis stream. */
export function createMedia(parts: {
  redis: Redis;
  http: HttpClient;
  token: string;
  log: Log;
  metrics: Metrics;
}): MediaPort {
  const nodes = createMediaNodes(parts);
  return { ...nodes, subscribe: (handle) => subscribeToMediaEvents(parts, handle) };
}
