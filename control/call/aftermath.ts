import type { Log } from '../../ops/runtime/log.ts';
import { Fault } from '../contract/fault.ts';
import type { CallView, Disposition } from '../contract/views.ts';
import type { Threads } from '../inbox/threads.ts';
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

const inVain: ReadonlySet<Disposition | null> = new Set(['unanswered', 'declined']);

/**
 * Who else has to know of a step, after its commit: the desks at once, then the conversation's thread and
 * the customer's permission. None of it can hold a call up; a thread that missed it catches up by itself.
 */
export function createAftermath({ notifier, threads, permissions, log }: Parts) {
  const lanes = createLanes<string>();

  async function tell(applied: Applied, view: CallView): Promise<void> {
    const { record, before, event } = applied;
    const wasLive = before.phase === 'live';
    await threads.callChanged(view);
    const connected = view.answeredAt !== null && !wasLive && before.phase !== 'ended';
    if (connected) await permissions.callConnected(record);
    if (event.type === 'placeRefused') {
      await permissions.refusedByCarrier(record, new Fault(event.refusal.code, event.refusal.message));
    }
    const ended = view.phase === 'ended' && before.phase !== 'ended';
    if (ended && view.direction === 'outbound' && inVain.has(view.disposition)) await permissions.unanswered(record);
  }

  return {
    changed(applied: Applied): void {
      const view = viewOf(applied.record);
      notifier.toWorkspace(applied.record.workspaceId, 'call:changed', { call: view });
      void lanes
        .run(view.id, () => tell(applied, view))
        .catch((error: unknown) => log.error({ callId: view.id, error }, 'aftermath of a call step failed'));
    },
    settle: () => lanes.settle(),
  };
}
