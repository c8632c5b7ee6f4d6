import { Fault } from '../control/contract/fault.ts';

/**
 * An error as it may be logged. Its other properties stay out: a database error carries the values
 * of its query, an HTTP error the headers of its request.
 */
export function failure(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { failure: 'not an error was thrown' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return error instanceof Fault
    ? { failure: error.message, code, cause }
    : { failure: error.message, code, cause, stack: error.stack };
}

/** Waits for `work`, but not longer than `ms`. The work itself goes on; what it brings later is dropped. */
export function within<T>(ms: number, work: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}

const awayCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '08006',
]);
const awayWords =
  /connection terminated|connection ended|socket closed|redis is away|took longer than|timeout exceeded when trying to connect/i;

/**
 * Postgres or Redis that cannot be reached is no bug, and passes: a fault that says so. Everything
 * else stays what it is.
 */
export function asKnown(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Fault) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const isAway = awayCodes.has(code) || error.name.startsWith('SequelizeConnection') || awayWords.test(error.message);
  if (!isAway) return error;
  const message = 'Switchboard cannot reach its database at the moment. Please try again.';
  return new Fault('server/unavailable', message, { cause: error, retryable: true });
}
