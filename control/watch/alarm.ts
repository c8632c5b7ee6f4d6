import type { Log } from '../../ops/runtime/log.ts';
import type { Deadline } from '../call/deadlines.ts';
import type { DeadlineKind } from '../call/events.ts';
import { every } from '../clock.ts';
import type { CallId } from '../contract/ids.ts';
import type { ClockPort } from '../ports.ts';
import type { Database } from '../store/database.ts';

/** How late a deadline may be when the process that set it is gone. */
const pollMs = 1000;
const batch = 100;

type Parts = {
  database: Database;
  clock: ClockPort;
  log: Log;
  expire: (callId: CallId, deadline: DeadlineKind) => Promise<void>;
};

/**
 * Sees deadlines pass. The truth is the call's column; the timer of the process that wrote it is only
 * the fast way, and every gateway looks at the columns once a second.
 */
export function createAlarm({ database, clock, log, expire }: Parts) {
  const timers = new Map<CallId, () => void>();

  const ring = (callId: CallId, deadline: DeadlineKind): Promise<void> =>
    expire(callId, deadline).catch((error: unknown) => log.error({ callId, deadline, error }, 'deadline not handled'));

  function arm(callId: CallId, deadline: Deadline | null): void {
    timers.get(callId)?.();
    timers.delete(callId);
    if (!deadline) return;
    const cancel = clock.at(deadline.due, () => {
      timers.delete(callId);
      void ring(callId, deadline.type);
    });
    timers.set(callId, cancel);
  }

  const stopPolling = every(clock, pollMs, async () => {
    try {
      const { rows } = await database.pool.query<{ id: CallId; deadline: DeadlineKind }>(
        `SELECT id, deadline FROM calls WHERE deadline_at <= $1 ORDER BY deadline_at LIMIT ${batch}`,
        [new Date(clock.now())],
      );
      await Promise.all(rows.map(({ id, deadline }) => ring(id, deadline)));
    } catch (error) {
      log.warn({ error }, 'deadlines not looked at');
    }
  });

  return {
    arm,
    async close(): Promise<void> {
      await stopPolling();
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}
