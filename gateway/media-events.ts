import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { MediaEvent, mediaEventGroup, mediaEventStream } from '../control/contract/media.ts';
import type { Log } from '../ops/runtime/log.ts';
import type { Redis } from '../ops/runtime/redis.ts';
import { failure } from './failure.ts';
import type { Metrics } from './metrics.ts';

type Parts = { redis: Redis; log: Log; metrics: Metrics };
type Handle = (event: MediaEvent) => Promise<void>;
type Entry = { readonly id: string; readonly message: Record<string, string> };

const blockMs = 2000;
const maxInFlight = 256;
const sweepEveryMs = 2000;
/** Not acknowledged for so long: its reader died, or failed. Handling takes a few ms. */
const orphanedMs = 5000;
const maxTries = 5;
/** A consumer lives as long as its gateway; the names of dead ones are removed. */
const forgetConsumerMs = 3_600_000;

/**
 * Reads the stream of media events in the consumer group that all gateways share. Events of one call
 * are handled one after the other. One whose reader died is taken over by another gateway, so that
 * each is handled at least once; what cannot be understood, or fails five times, is dropped loudly.
 */
export function subscribeToMediaEvents({ redis, log, metrics }: Parts, handle: Handle): () => Promise<void> {
  const consumer = `gateway-${randomUUID()}`;
  // A blocking read holds its connection, so it has one of its own.
  const reader = redis.duplicate();
  reader.on('error', (error: unknown) => log.warn(failure(error), 'media events: redis connection lost'));

  const tails = new Map<string, Promise<void>>();
  const tries = new Map<string, number>();
  const inFlight = new Set<string>();
  const stop = new AbortController();
  const { signal } = stop;

  const acknowledge = async (id: string): Promise<void> => {
    tries.delete(id);
    await redis.xAck(mediaEventStream, mediaEventGroup, id);
  };

  const deliver = async ({ id }: Entry, event: MediaEvent): Promise<void> => {
    try {
      await handle(event);
      metrics.mediaEvents.inc({ type: event.type, result: 'ok' });
      await acknowledge(id);
    } catch (error) {
      const failed = (tries.get(id) ?? 0) + 1;
      tries.set(id, failed);
      const giveUp = failed >= maxTries;
      metrics.mediaEvents.inc({ type: event.type, result: giveUp ? 'given-up' : 'failed' });
      log[giveUp ? 'error' : 'warn']({ ...failure(error), id, type: event.type, giveUp }, 'media event not handled');
      if (giveUp) await acknowledge(id).catch(() => undefined); // the next sweep finds it again
    } finally {
      inFlight.delete(id);
    }
  };

  const take = (entry: Entry): void => {
    // Swept while it is still being handled.
    if (inFlight.has(entry.id)) return;
    const event = parseEvent(entry.message['event']);
    if (!event) {
      metrics.mediaEvents.inc({ type: 'unknown', result: 'dropped' });
      log.error({ id: entry.id }, 'media event not understood');
      acknowledge(entry.id).catch(() => undefined); // the next sweep finds it again
      return;
    }
    inFlight.add(entry.id);
    const tail = (tails.get(event.callId) ?? Promise.resolve()).then(() => deliver(entry, event));
    tails.set(event.callId, tail);
    void tail.finally(() => {
      if (tails.get(event.callId) === tail) tails.delete(event.callId);
    });
  };

  /** From the stream's beginning: a group is made when the first gateway starts, or after Redis lost its data. */
  const makeGroup = async (): Promise<void> => {
    try {
      await reader.xGroupCreate(mediaEventStream, mediaEventGroup, '0', { MKSTREAM: true });
    } catch (error) {
      if (!String(error).includes('BUSYGROUP')) throw error;
    }
  };

  const readOnce = async (): Promise<void> => {
    const from = { key: mediaEventStream, id: '>' };
    const options = { COUNT: Math.max(1, maxInFlight - inFlight.size), BLOCK: blockMs };
    const streams = (await reader.xReadGroup(mediaEventGroup, consumer, from, options)) as
      | { messages: Entry[] }[]
      | null;
    for (const stream of streams ?? []) for (const entry of stream.messages) take(entry);
    if (inFlight.size >= maxInFlight) await Promise.race(tails.values());
  };

  const readAll = async (): Promise<void> => {
    await reader.connect();
    let hasGroup = false;
    while (!signal.aborted) {
      try {
        if (!hasGroup) await makeGroup();
        hasGroup = true;
        await readOnce();
      } catch (error) {
        if (signal.aborted) return;
        hasGroup = false;
        log.warn(failure(error), 'media events not read');
        await pause(200);
      }
    }
  };

  const sweep = async (): Promise<void> => {
    let cursor = '0-0';
    do {
      const claimed = await redis.xAutoClaim(mediaEventStream, mediaEventGroup, consumer, orphanedMs, cursor, {
        COUNT: 100,
      });
      cursor = claimed.nextId;
      // A trimmed entry is null: whoever owned it has lost it for good, and Redis has forgotten it now.
      for (const entry of claimed.messages) if (entry) take({ id: entry.id, message: { ...entry.message } });
    } while (cursor !== '0-0' && !signal.aborted);
    for (const other of await redis.xInfoConsumers(mediaEventStream, mediaEventGroup)) {
      if (other.name !== consumer && other.pending === 0 && other.idle > forgetConsumerMs) {
        await redis.xGroupDelConsumer(mediaEventStream, mediaEventGroup, other.name);
      }
    }
  };

  const running = readAll().catch((error: unknown) => {
    if (!signal.aborted) log.error(failure(error), 'media events reader ended');
  });
  let sweeping = Promise.resolve();
  let swept = true;
  const timer = setInterval(() => {
    if (!swept || !redis.isReady) return;
    swept = false;
    sweeping = sweep()
      .catch((error: unknown) => log.warn(failure(error), 'media events not swept'))
      .finally(() => (swept = true));
  }, sweepEveryMs);

  return async () => {
    stop.abort();
    clearInterval(timer);
    reader.destroy();
    await running;
    await sweeping;
    await Promise.allSettled(tails.values());
  };
}

function parseEvent(text: string | undefined): MediaEvent | undefined {
  try {
    const parsed = MediaEvent.safeParse(JSON.parse(text ?? ''));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
