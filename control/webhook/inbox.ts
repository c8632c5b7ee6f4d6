import type { Log } from '../../ops/runtime/log.ts';
import { every } from '../clock.ts';
import { createGate } from '../gate.ts';
import { createLanes } from '../lanes.ts';
import type { CarrierEvent, ClockPort, WebhookItem } from '../ports.ts';
import type { Database } from '../store/database.ts';
import * as rows from './rows.ts';
import type { Stored } from './rows.ts';

/** An event whose call is not known yet, though it should be in a moment. */
export class TooEarly extends Error {}

const patience = {
  /** A process that does not renew its lease for so long is taken for dead. */
  lease: 5000,
  renew: 1500,
  poll: 1000,
  /** How often, and how long apart, an item is tried whose call is not known yet. */
  early: [50, 100, 200, 400, 800, 1600, 3000, 5000],
  /** How often an item is tried that fails: the database was away, or it is poison. */
  failing: [200, 1000, 3000, 10_000, 30_000],
  /** Meta repeats a webhook for up to 7 days. */
  keep: 8 * 24 * 3_600_000,
  tidy: 600_000,
} as const;

/** So many items are applied at a time: each needs a connection now and then, and the desks need some too. */
const concurrency = 6;
/** Messages and their states may wait a moment; what answers Meta's next webhook may not. */
const forMessages = 1;
/** More wait in the database only, not in memory. */
const maxQueued = 5000;
/** One statement takes so many at most. */
const maxBatch = 200;

export type Inbox = {
  receive(items: readonly WebhookItem[]): Promise<void>;
  settle(): Promise<void>;
  close(): Promise<void>;
};

type Parts = {
  database: Database;
  clock: ClockPort;
  log: Log;
  holder: string;
  read: (payload: unknown) => CarrierEvent[];
  /** @throws TooEarly */
  apply: (event: CarrierEvent) => Promise<void>;
};

/**
 * Webhook items, stored before Meta hears 200 and applied right behind. What arrives within one write of
 * the database is written together with the next one, so that a flood costs few commits. Items of one call
 * are applied in the order in which they came, as far as one gateway sees it; the machine takes any order.
 */
export function createInbox({ database, clock, log, holder, read, apply }: Parts): Inbox {
  const { pool } = database;
  const waiting: { items: readonly WebhookItem[]; done: () => void; failed: (error: unknown) => void }[] = [];
  const lanes = createLanes<string>();
  const held = new Set<number>();
  const finished: number[] = [];
  let writing: Promise<void> | undefined;
  let finishing: Promise<void> | undefined;
  let closing = false;

  const gate = createGate(concurrency, forMessages);
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      clock.at(clock.now() + ms, resolve);
    });

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const batch: typeof waiting = [];
      for (let size = 0; waiting[0] && size < maxBatch;) {
        const next = waiting.shift();
        if (!next) break;
        batch.push(next);
        size += next.items.length;
      }
      const items = batch.flatMap((call) => call.items);
      const now = clock.now();
      // Full hands: what is not leased to anybody is found by whoever has time.
      const mine = held.size < maxQueued && !closing;
      try {
        const stored = await rows.store(database.intake, items, {
          holder,
          now,
          until: mine ? now + patience.lease : now,
        });
        for (const { done } of batch) done();
        if (mine) stored.forEach(take);
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
  }

  function take(item: Stored): void {
    if (held.has(item.id)) return;
    held.add(item.id);
    const events = readSafely(item);
    void lanes.run(laneOf(events, item.id), () => work(item, events));
  }

  function readSafely(item: Stored): CarrierEvent[] {
    try {
      return read(item.payload);
    } catch (error) {
      log.error({ item: item.id, error }, 'webhook item not read');
      return [];
    }
  }

  const applyAll = (events: readonly CarrierEvent[]): Promise<void> =>
    // A ringing phone before everything that only has to be read some time.
    gate.through(events.some(isAboutCall), async () => {
      for (const event of events) await apply(event);
    });

  async function work(item: Stored, events: readonly CarrierEvent[]): Promise<void> {
    try {
      await applyAll(events);
      finish(item.id);
    } catch (error) {
      // Not awaited: what waits for its call must not keep the next item of that call from telling of it.
      void retry(item, events, error);
    }
  }

  async function retry(item: Stored, events: readonly CarrierEvent[], first: unknown): Promise<void> {
    let error = first;
    for (let tries = 0; ; tries += 1) {
      const wait = (error instanceof TooEarly ? patience.early : patience.failing)[tries];
      if (wait === undefined || closing) break;
      if (!(error instanceof TooEarly)) log.warn({ item: item.id, tries, error }, 'webhook item failed');
      await pause(wait);
      try {
        await applyAll(events);
        finish(item.id);
        return;
      } catch (again) {
        error = again;
      }
    }
    held.delete(item.id);
    if (closing) return;
    log.error({ item: item.id, error }, 'webhook item given up');
    await rows
      .fail(pool, item.id, error instanceof Error ? error.message : String(error))
      .catch((failure: unknown) => log.error({ item: item.id, error: failure }, 'webhook item not marked'));
  }

  /** Marked together as well. One that is not marked, since we die, is applied again: that changes nothing. */
  function finish(id: number): void {
    finished.push(id);
    finishing ??= (async () => {
      while (finished.length > 0) {
        await new Promise(setImmediate);
        const ids = finished.splice(0, maxBatch);
        await rows.finish(pool, ids).catch((error: unknown) => log.warn({ error }, 'webhook items not marked'));
        for (const done of ids) held.delete(done);
      }
    })().finally(() => (finishing = undefined));
  }

  const safely = (run: () => Promise<unknown>) => async (): Promise<void> => {
    await run().catch((error: unknown) => log.warn({ error: String(error) }, 'inbox not looked after'));
  };
  const stops = [
    every(
      clock,
      patience.renew,
      safely(() => rows.renew(pool, [...held], clock.now() + patience.lease)),
    ),
    every(
      clock,
      patience.poll,
      safely(async () => {
        if (held.size >= maxQueued) return;
        const now = clock.now();
        (await rows.takeOver(pool, { holder, now, until: now + patience.lease })).forEach(take);
      }),
    ),
    every(
      clock,
      patience.tidy,
      safely(() => rows.forget(pool, clock.now() - patience.keep)),
    ),
  ];

  const settle = async (): Promise<void> => {
    await writing;
    await lanes.settle();
    await finishing;
  };
  return {
    receive(items) {
      if (items.length === 0) return Promise.resolve();
      return new Promise((done, failed) => {
        waiting.push({ items, done, failed });
        writing ??= write().finally(() => (writing = undefined));
      });
    },
    settle,
    async close() {
      await Promise.all(stops.map((stop) => stop()));
      await settle();
      closing = true;
      await rows.renew(pool, [...held], clock.now()).catch(() => undefined); // they run out by themselves
    },
  };
}

const isAboutCall = ({ kind }: CarrierEvent): boolean => kind.startsWith('call-');

/** Items of one call, or of one customer, stay in order. */
function laneOf(events: readonly CarrierEvent[], id: number): string {
  const [first] = events;
  if (!first) return `item ${id}`;
  if ('carrierCallId' in first) return first.carrierCallId;
  if ('customer' in first) return first.customer.phone ?? first.customer.userId ?? `item ${id}`;
  return first.carrierMessageId;
}
