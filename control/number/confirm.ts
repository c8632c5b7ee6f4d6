import type { Log } from '../../ops/runtime/log.ts';
import { every } from '../clock.ts';
import type { NumberId } from '../contract/ids.ts';
import type { CarrierPort, ClockPort } from '../ports.ts';
import type { Database } from '../store/database.ts';
import { unnamed, type Numbers } from './numbers.ts';

/** Meta does not tell of every change that is made in its own manager. */
const againMs = 600_000;
/** Until Meta has answered for every number once. */
const impatientMs = 5000;
/** A start does not wait longer for Meta. */
const firstMs = 3000;

type Parts = {
  database: Database;
  clock: ClockPort;
  log: Log;
  numbers: Numbers;
  carrier: Pick<CarrierPort, 'callingEnabled' | 'describe'>;
};

/**
 * Asks Meta how each number is written and whether calling is on, at the start and now and then: what is
 * stored is what Meta confirmed.
 */
export async function keepNumbersConfirmed(parts: Parts): Promise<() => Promise<void>> {
  const { database, clock, log, numbers, carrier } = parts;
  let confirmedAt: number | undefined;

  async function confirm(id: NumberId): Promise<void> {
    const line = await numbers.lineOf(id);
    const enabled = await carrier.callingEnabled(line);
    await database.pool.query(
      `UPDATE numbers SET calling_enabled = $2, calling_enabled_since = CASE WHEN $2 THEN $3::timestamptz END
        WHERE id = $1 AND calling_enabled <> $2`,
      [id, enabled, new Date(clock.now())],
    );
    const described = await carrier.describe?.(line);
    if (!described) return;
    // The label is the team's as soon as they have chosen one.
    await database.pool.query(
      `UPDATE numbers SET display_number = $2, label = CASE WHEN label = $4 THEN coalesce($3, label) ELSE label END
        WHERE id = $1`,
      [id, described.displayNumber, described.name, unnamed],
    );
  }

  async function confirmAll(): Promise<void> {
    const now = clock.now();
    if (confirmedAt !== undefined && now - confirmedAt < againMs) return;
    try {
      const { rows } = await database.pool.query<{ id: NumberId }>('SELECT id FROM numbers');
      const results = await Promise.allSettled(rows.map(({ id }) => confirm(id)));
      const failed = results.filter(({ status }) => status === 'rejected').length;
      if (failed === 0) confirmedAt = now;
      else log.warn({ failed }, 'meta did not answer for every number');
    } catch (error) {
      log.warn({ error: String(error) }, 'numbers not confirmed');
    } finally {
      numbers.forget();
    }
  }

  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, firstMs);
  await Promise.race([confirmAll(), late]);
  clearTimeout(timer);
  return every(clock, impatientMs, confirmAll);
}
