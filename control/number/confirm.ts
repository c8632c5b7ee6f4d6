import type { Log } from '../../ops/runtime/log.ts';
import { every } from '../clock.ts';
import type { NumberId } from '../contract/ids.ts';
import type { CarrierPort, ClockPort } from '../ports.ts';
import type { Database } from '../store/database.ts';
import type { Numbers } from './numbers.ts';

/** Meta does not tell of every change that is made in its own manager. */
const againMs = 600_000;
/** A start does not wait longer for Meta. */
const firstMs = 3000;

type Parts = {
  database: Database;
  clock: ClockPort;
  log: Log;
  numbers: Numbers;
  carrier: Pick<CarrierPort, 'callingEnabled'>;
};

/** Asks Meta whether calling is on, at the start and now and then: what is stored is what Meta confirmed. */
export async function keepCallingConfirmed(parts: Parts): Promise<() => Promise<void>> {
  const { database, clock, log, numbers, carrier } = parts;

  async function confirm(id: NumberId): Promise<void> {
    const enabled = await carrier.callingEnabled(await numbers.lineOf(id));
    await database.pool.query(
      `UPDATE numbers SET calling_enabled = $2, calling_enabled_since = CASE WHEN $2 THEN $3::timestamptz END
        WHERE id = $1 AND calling_enabled <> $2`,
      [id, enabled, new Date(clock.now())],
    );
  }
  async function confirmAll(): Promise<void> {
    try {
      const { rows } = await database.pool.query<{ id: NumberId }>('SELECT id FROM numbers');
      const results = await Promise.allSettled(rows.map(({ id }) => confirm(id)));
      const failed = results.filter(({ status }) => status === 'rejected').length;
      if (failed > 0) log.warn({ failed }, 'meta did not say whether calling is on');
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
  return every(clock, againMs, confirmAll);
}
