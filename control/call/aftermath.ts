import type { Log } from '../../ops/runtime/log.ts';
import { Fault } from '../contract/fault.ts';
import type { CallId } from '../contract/ids.ts';
import type { Disposition } from '../contract/views.ts';
import type { Threads } from '../inbox/threads.ts';
import { createGate } from '../gate.ts';
import { createLanes } from '../lanes.ts';
import type { Permissions } from '../permission/permissions.ts';
import type { NotifierPort } from '../ports.ts';
import type { Applied } from './runner.ts';
import { viewOf } from './view.ts';

type Parts = {
  readonly notifier: NotifierPort;
  readonly threads: Pick<Threads, 'callChanged'>;
  readonly permissions: Pick<Permissions, 'callConnected' | 'unanswered' | 'refusedByCarrier'>;
  readonly log: Log;
};

const vain: ReadonlySet<Disposition> = new Set(['unanswered', 'declined']);

/** Calls have the first right to the database. */
const atATime = 3;

/**
 * Who else has to know of a step, after its commit: the desks at once, then the conversation's thread and
 * the customer's permission. None of it can hold a call up; a thread that missed it catches up by itself.
 */
export function createAftermath({ notifier, threads, permissions, log }: Parts) {
  const lanes = createLanes<CallId>();
  const gate = createGate(atATime);
  /** Steps that nobody but the desks has heard of. */
  const untold = new Map<CallId, Applied[]>();

  /** The thread wants the newest view alone: while it is written, steps gather. */
  async function tell(callId: CallId): Promise<void> {
    const steps = untold.get(callId) ?? [];
    untold.delete(callId);
    const last = steps.at(-1);
    if (!last) return;
    await threads.callChanged(viewOf(last.record));
    for (const applied of steps) await consequences(applied);
  }

  /** What the customer's permission learns of a step. */
  async function consequences({ record, before, event }: Applied): Promise<void> {
    const { state } = record;
    const begun = before.phase !== 'live' && before.phase !== 'ended';
    const answeredAt = state.phase === 'live' || state.phase === 'ended' ? state.answeredAt : null;
    if (begun && answeredAt !== null) await permissions.callConnected(record);
    if (event.type === 'placeRefused') {
      await permissions.refusedByCarrier(record, new Fault(event.refusal.code, event.refusal.message));
    }
    const inVain = state.phase === 'ended' && vain.has(state.disposition);
    if (before.phase !== 'ended' && inVain && record.direction === 'outbound') await permissions.unanswered(record);
  }

  return {
    changed(applied: Applied): void {
      const { id, workspaceId } = applied.record;
      notifier.toWorkspace(workspaceId, 'call:changed', { call: viewOf(applied.record) });
      untold.set(id, [...(untold.get(id) ?? []), applied]);
      lanes
        .run(id, () => gate.through(false, () => tell(id)))
        .catch((error: unknown) => log.error({ callId: id, error }, 'aftermath of a call step failed'));
    },
    settle: () => lanes.settle(),
  };
}
