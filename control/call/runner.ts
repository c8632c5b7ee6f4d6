import type { Log } from '../../ops/runtime/log.ts';
import { Fault } from '../contract/fault.ts';
import type { CallId } from '../contract/ids.ts';
import type { Job } from '../outbox/job.ts';
import type { ClockPort } from '../ports.ts';
import type { Database, Sql } from '../store/database.ts';
import { isDue, nextDeadline, type Deadline } from './deadlines.ts';
import type { CallEvent, DeadlineKind } from './events.ts';
import { createLanes } from '../lanes.ts';
import { isDeadline, step } from './machine.ts';
import { findCalls, insertCall, lockCall, saveStep, type CallIdentity, type CallRecord } from './record.ts';
import type { CallState } from './states.ts';

/** What an event did. */
export type Applied = {
  readonly before: CallState;
  /** The call as it is now. */
  readonly record: CallRecord;
  readonly event: CallEvent;
  readonly ignored: boolean;
};

type Begin = {
  readonly of: CallIdentity;
  readonly event: CallEvent;
  /** Names that its view shows. */
  readonly number: CallRecord['number'];
  readonly contact: CallRecord['contact'];
};

export type Runner = {
  /** Begins a call with its first event. A call that Meta's id finds already gets the event instead. */
  begin(begin: Begin): Promise<Applied>;
  /**
   * One event, one transaction: lock, step, save, history, outbox. Resolves when it is committed; the
   * commands are under way then. `finished`: the outbox row whose result it is.
   * @throws Fault `call/not-found`, `call/busy` (the picker speaks with somebody else).
   */
  apply(callId: CallId, event: CallEvent, finished?: number): Promise<Applied>;
  /** Sends a deadline's event if it is still due; nothing is recorded when it is not. */
  expire(callId: CallId, deadline: DeadlineKind): Promise<void>;
  /** Waits for every step under way. */
  settle(): Promise<void>;
};

type Taking = {
  readonly of: CallIdentity;
  readonly before: CallState;
  readonly event: CallEvent;
  readonly names: Pick<CallRecord, 'number' | 'contact' | 'startedAt' | 'revision'>;
  /** The outbox row whose result the event is. */
  readonly finished?: number | undefined;
};
type Taken = { readonly applied: Applied; readonly jobs: readonly Job[] };

type Parts = {
  database: Database;
  clock: ClockPort;
  log: Log;
  holder: string;
  leaseMs: number;
  /** Carries out what was committed, in order. */
  perform: (jobs: readonly Job[]) => void;
  /** After the commit, in the order of the steps. Must not throw. */
  changed: (applied: Applied) => void;
  /** The call's next deadline, or null. */
  arm: (callId: CallId, deadline: Deadline | null) => void;
};

/** The only writer of calls. */
export function createRunner(parts: Parts): Runner {
  const { database, clock, log, holder, leaseMs, perform, changed, arm } = parts;
  // Steps of one call queue here and not at the row's lock, where each would hold a connection.
  const lanes = createLanes<CallId>();

  /** Inside the transaction: the step and all that it leaves behind. */
  async function take(sql: Sql, { of, before, event, names, finished }: Taking): Promise<Taken | undefined> {
    const next = step(before, event);
    const after = next.state;
    if (after.phase === 'new') throw new Error(`a call cannot begin with ${event.type}`);
    const begins = before.phase === 'new';
    if (begins && !(await insertCall(sql, of, after, event.at))) return undefined;
    const moved = after !== before;
    const revision = names.revision + (moved ? 1 : 0);
    const ids = await saveStep(sql, {
      of,
      event,
      before: before.phase,
      after,
      ignored: next.ignored,
      revision: moved && !begins ? revision : null,
      commands: next.commands,
      finished: finished ?? null,
      holder,
      leaseUntil: clock.now() + leaseMs,
    });
    const { number, contact, startedAt } = names;
    const record: CallRecord = { ...of, number, contact, startedAt, revision, state: after };
    const jobs = next.commands.map((command, place): Job => {
      const id = ids[place];
      if (id === undefined) throw new Error('a command has no row');
      return { id, callId: of.id, numberId: of.numberId, party: names.contact, attempts: 1, command };
    });
    return { applied: { before, record, event, ignored: next.ignored }, jobs };
  }

  function publish({ applied, jobs }: Taken): Applied {
    perform(jobs);
    const { before, record, event, ignored } = applied;
    const phases = { from: before.phase, to: record.state.phase };
    log.info({ callId: record.id, event: event.type, ...phases, ignored }, 'call step');
    if (before !== record.state) {
      arm(record.id, nextDeadline(record.state));
      changed(applied);
    }
    return applied;
  }

  const applyTo = (callId: CallId, event: CallEvent, finished?: number): Promise<Applied> =>
    lanes.run(callId, async () => {
      const done = await database
        .transaction(async (sql) => {
          const record = await lockCall(sql, callId);
          if (!record) throw new Fault('call/not-found', 'This call does not exist.');
          if (isDeadline(event) && !isDue(record.state, event.type, event.at)) return null;
          return take(sql, {
            of: identityOf(record),
            before: record.state,
            event,
            names: record,
            finished,
          });
        })
        .catch(busy);
      if (!done) throw new NotDue();
      return publish(done);
    });

  return {
    async begin({ of, event, number, contact }) {
      const names = { number, contact, startedAt: new Date(event.at), revision: 0 };
      const done = await lanes.run(of.id, async () => {
        const taken = await database
          .transaction((sql) => take(sql, { of, before: { phase: 'new' }, event, names }))
          .catch(busy);
        return taken && publish(taken);
      });
      if (done) return done;
      const carrierCallId = 'carrierCallId' in event ? event.carrierCallId : null;
      const [known] = await findCalls(database.pool, 'c.carrier_call_id = $1', [carrierCallId]);
      if (!known) throw new Error('a call was there and is not');
      return applyTo(known.id, event);
    },
    apply: applyTo,
    async expire(callId, deadline) {
      const event = { type: deadline, at: clock.now() } as CallEvent;
      await applyTo(callId, event).catch((error: unknown) => {
        if (!(error instanceof NotDue)) throw error;
      });
    },
    settle: () => lanes.settle(),
  };
}

const identityOf = (record: CallRecord): CallIdentity => {
  const { id, workspaceId, numberId, contactId, conversationId, direction } = record;
  return { id, workspaceId, numberId, contactId, conversationId, direction };
};

/** Another process was faster with the deadline, or the call went on: not even worth a line of history. */
class NotDue extends Error {}

const violated: { readonly [constraint: string]: string } = {
  calls_one_per_person: 'You are in a call already. Hang up first.',
  calls_one_dialed_per_customer: 'A teammate is calling this customer already.',
};

/** The indexes that let nobody be in two calls, in words. */
function busy(error: unknown): never {
  const constraint = (error as { constraint?: string }).constraint ?? '';
  const message = violated[constraint];
  if (message !== undefined) throw new Fault('call/busy', message, { cause: error });
  throw error;
}
