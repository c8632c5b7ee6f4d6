import type { Log } from '../../ops/runtime/log.ts';
import { Fault } from '../contract/fault.ts';
import type { CallId } from '../contract/ids.ts';
import type { Job } from '../outbox/job.ts';
import type { ClockPort } from '../ports.ts';
import type { Database } from '../store/database.ts';
import { isDue, nextDeadline, type Deadline } from './deadlines.ts';
import type { CallEvent, DeadlineKind } from './events.ts';
import { createLanes } from '../lanes.ts';
import { isDeadline, step } from './machine.ts';
import { findCalls, saveStep, type CallIdentity, type CallRecord } from './record.ts';
import type { CallState, New } from './states.ts';

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
   * One event, one transaction: step, save, history, outbox. Resolves when it is committed; the
   * commands are under way then. `finished`: the outbox row whose result it is.
   * @throws Fault `call/not-found`, `call/busy` (the picker speaks with somebody else).
   */
  apply(callId: CallId, event: CallEvent, finished?: number): Promise<Applied>;
  /** Sends a deadline's event if it is still due; nothing is recorded when it is not. */
  expire(callId: CallId, deadline: DeadlineKind): Promise<void>;
  /** Waits for every step under way. */
  settle(): Promise<void>;
};

type Beginning = Omit<CallRecord, 'state'> & { readonly state: New };
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

/** Another process steps the same call at the same time now and then; it never does so ten times in a row. */
const maxTries = 10;
/** Calls in progress that this process remembers. */
const maxRemembered = 20_000;

/** The only writer of calls. */
export function createRunner(parts: Parts): Runner {
  const { database, clock, log, holder, leaseMs, perform, changed, arm } = parts;
  // Steps of one call queue here and not at the row's lock, where each would hold a connection.
  const lanes = createLanes<CallId>();
  // As this process saw them last. A step from a memory that is out of date is not saved, and made again.
  const memory = new Map<CallId, CallRecord>();

  /** The step with all that it leaves behind; undefined when the call was not as the record says. */
  async function take(record: Beginning | CallRecord, event: CallEvent, finished?: number): Promise<Taken | undefined> {
    const before = record.state;
    const next = step(before, event);
    const after = next.state;
    if (after.phase === 'new') throw new Error(`a call cannot begin with ${event.type}`);
    const ids = await saveStep(database.pool, {
      of: record,
      startedAt: record.startedAt,
      event,
      before,
      revision: record.revision,
      after,
      ignored: next.ignored,
      commands: next.commands,
      finished: finished ?? null,
      holder,
      leaseUntil: clock.now() + leaseMs,
    }).catch(busy);
    if (!ids) return undefined;
    const revision = record.revision + (after === before ? 0 : 1);
    const jobs = next.commands.map((command, place): Job => {
      const id = ids[place];
      if (id === undefined) throw new Error('a command has no row');
      return { id, callId: record.id, numberId: record.numberId, party: record.contact, attempts: 1, command };
    });
    return { applied: { before, record: { ...record, revision, state: after }, event, ignored: next.ignored }, jobs };
  }

  function publish({ applied, jobs }: Taken): Applied {
    const { before, record, event, ignored } = applied;
    keep(record);
    perform(jobs);
    const phases = { from: before.phase, to: record.state.phase };
    log.info({ callId: record.id, event: event.type, ...phases, ignored }, 'call step');
    if (before !== record.state) {
      arm(record.id, nextDeadline(record.state));
      changed(applied);
    }
    return applied;
  }

  function keep(record: CallRecord): void {
    if (record.state.phase === 'ended') return;
    memory.set(record.id, record);
    // The one that was touched longest ago goes: most likely it went on elsewhere.
    const [oldest] = memory.keys();
    if (memory.size > maxRemembered && oldest) memory.delete(oldest);
  }
  async function read(callId: CallId): Promise<CallRecord> {
    const [record] = await findCalls(database.pool, 'c.id = $1', [callId]);
    if (!record) throw new Fault('call/not-found', 'This call does not exist.');
    return record;
  }

  const apply = (callId: CallId, event: CallEvent, finished?: number): Promise<Applied> =>
    lanes.run(callId, async () => {
      for (let tries = 1; tries <= maxTries; tries += 1) {
        const record = memory.get(callId) ?? (await read(callId));
        memory.delete(callId);
        if (isDeadline(event) && !isDue(record.state, event.type, event.at)) throw new NotDue();
        const taken = await take(record, event, finished);
        if (taken) return publish(taken);
      }
      throw new Error(`a call was changed ${maxTries} times meanwhile`);
    });

  return {
    async begin({ of, event, number, contact }) {
      const fresh = {
        ...of,
        number,
        contact,
        startedAt: new Date(event.at),
        revision: 0,
        state: { phase: 'new' },
      } as const;
      const done = await lanes.run(of.id, async () => {
        const taken = await take(fresh, event);
        return taken && publish(taken);
      });
      if (done) return done;
      const carrierCallId = 'carrierCallId' in event ? event.carrierCallId : null;
      const [known] = await findCalls(database.pool, 'c.carrier_call_id = $1', [carrierCallId]);
      if (!known) throw new Error('a call was there and is not');
      return apply(known.id, event);
    },
    apply,
    async expire(callId, deadline) {
      const event = { type: deadline, at: clock.now() } as CallEvent;
      await apply(callId, event).catch((error: unknown) => {
        if (!(error instanceof NotDue)) throw error;
      });
    },
    settle: () => lanes.settle(),
  };
}

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
