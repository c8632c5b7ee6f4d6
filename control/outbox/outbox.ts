import type { Log } from '../../ops/runtime/log.ts';
import { every } from '../clock.ts';
import type { CallEvent } from '../call/events.ts';
import { Fault } from '../contract/fault.ts';
import type { CallId } from '../contract/ids.ts';
import type { ClockPort } from '../ports.ts';
import { createLanes } from '../lanes.ts';
import type { Database } from '../store/database.ts';
import type { CarryOut } from './carry-out.ts';
import type { Job } from './job.ts';
import { discard, release, renew, takeOver } from './leases.ts';
import { outboxPatience, pauses } from './patience.ts';

export type Outbox = {
  /** Carries committed commands out, at once; those of one call and one addressee one after the other. */
  perform(jobs: readonly Job[]): void;
  /** Waits until nothing is under way here. */
  settle(): Promise<void>;
  /** Takes up nothing more; what is not done in `graceMs` is left to other gateways. */
  close(graceMs: number): Promise<void>;
};

type Parts = {
  database: Database;
  clock: ClockPort;
  log: Log;
  /** This life of this process. */
  holder: string;
  carryOut: CarryOut;
  /** Hands a result to the call's machine, in the transaction that removes the row. */
  report: (callId: CallId, event: CallEvent, finished: number) => Promise<unknown>;
};

/**
 * Commands are written in the transaction of their step, leased to the process that made it, and
 * carried out by that process right after the commit. One that dies no longer renews its leases, and
 * another one takes its commands over. So each command is carried out at least once; that twice is as
 * good as once is the business of the media nodes (every command may be repeated), of Meta (reject,
 * terminate) and of the machine (accept, connect).
 */
export function createOutbox({ database, clock, log, holder, carryOut, report }: Parts): Outbox {
  const lanes = createLanes<string>();
  const held = new Map<number, Job>();
  let closing = false;

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      clock.at(clock.now() + ms, resolve);
    });

  /** Runs the command until it is done, refused for good, or out of tries. */
  async function attempt(job: Job): Promise<CallEvent | null> {
    if (job.attempts > outboxPatience.attempts) {
      const fault = new Fault('server/internal', 'This could not be carried out.');
      return carryOut.refused(job, fault, 1);
    }
    const waits = pauses[job.command.do];
    for (let tries = 1; ; tries += 1) {
      try {
        return await carryOut.run(job);
      } catch (error) {
        const fault = error instanceof Fault ? error : bug(job, error);
        const wait = waits[tries - 1];
        log.warn({ callId: job.callId, command: job.command.do, fault: fault.code, tries }, 'command refused');
        if (fault.retryable && wait !== undefined && !closing) {
          await pause(wait);
          continue;
        }
        return carryOut.refused(job, fault, tries);
      }
    }
  }

  function bug(job: Job, error: unknown): Fault {
    log.error({ callId: job.callId, command: job.command.do, error }, 'command failed');
    return new Fault('server/internal', 'Something went wrong on our side.', { cause: error });
  }

  /** The result is worth more than the command: it is kept while the database is away. */
  async function finish(job: Job, event: CallEvent | null): Promise<void> {
    for (const wait of [...outboxPatience.report, null]) {
      try {
        await (event ? report(job.callId, event, job.id) : discard(database.pool, job.id));
        return;
      } catch (error) {
        log.error({ callId: job.callId, command: job.command.do, error }, 'result not stored');
        if (wait === null || closing) return;
        await pause(wait);
      }
    }
  }

  async function carry(job: Job): Promise<void> {
    try {
      await finish(job, await attempt(job));
    } catch (error) {
      log.error({ callId: job.callId, command: job.command.do, error }, 'command lost until its lease ends');
    } finally {
      held.delete(job.id);
    }
  }

  function perform(jobs: readonly Job[]): void {
    for (const job of jobs) {
      if (held.has(job.id)) continue;
      held.set(job.id, job);
      // Meta and each media node are waited for apart: neither a slow Graph call nor a node that the call
      // has left may keep the sound back.
      const lane = `${job.callId} ${'nodeId' in job.command ? job.command.nodeId : 'carrier'}`;
      void lanes.run(lane, () => carry(job));
    }
  }

  async function keep(): Promise<void> {
    if (held.size === 0) return;
    await renew(database.pool, [...held.keys()], clock.now() + outboxPatience.lease);
  }
  async function sweep(): Promise<void> {
    const lease = { holder, now: clock.now(), until: clock.now() + outboxPatience.lease };
    const jobs = await takeOver(database, lease);
    const orphaned = jobs.filter((job) => !held.has(job.id));
    if (orphaned.length > 0) log.warn({ count: orphaned.length }, 'commands taken over');
    perform(orphaned);
  }
  const safely = (run: () => Promise<void>) => (): Promise<void> =>
    run().catch((error: unknown) => log.warn({ error }, 'outbox not looked after'));
  const stopKeeping = every(clock, outboxPatience.renew, safely(keep));
  const stopSweeping = every(clock, outboxPatience.sweep, safely(sweep));

  return {
    perform,
    settle: () => lanes.settle(),
    async close(graceMs) {
      await stopSweeping();
      const { promise: enough, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, graceMs);
      await Promise.race([lanes.settle(), enough]);
      clearTimeout(timer);
      closing = true;
      await stopKeeping();
      if (held.size > 0) await release(database.pool, holder);
    },
  };
}
