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
