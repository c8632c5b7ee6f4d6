import { createStore, reconcile } from 'solid-js/store';
import type { CallView } from '../../../control/contract/views.ts';
import type { CallId, DeskId } from '../../../control/contract/ids.ts';
import type { Line } from '../line/line.ts';
import type { Rest } from '../api/rest.ts';
import { isStale } from './revision.ts';

/** Every call that this console has heard of, as control last told it. */
export type Calls = {
  byId(callId: CallId): CallView | undefined;
  /** Those that have not ended, oldest first. */
  running(): CallView[];
  /** The running call that is this desk's, if there is one. */
  ofDesk(deskId: DeskId): CallView | undefined;
  /** Takes a view, unless a newer one is known. */
  apply(call: CallView): void;
  /** A snapshot: what it lacks has ended while the line was down. */
  applySnapshot(calls: readonly CallView[]): void;
  /** Runs on every step of any call. */
  onChange(hear: (call: CallView) => void): () => void;
};

export function createCalls(line: Line, rest: Rest): Calls {
  const [store, setStore] = createStore<Record<string, CallView>>({});
  const listeners = new Set<(call: CallView) => void>();

  const apply = (call: CallView): void => {
    const known = store[call.id];
    if (isStale(known, call)) return;
    // Read before it is written: `known` is the store's own object and changes with it.
    const isNews = known?.revision !== call.revision;
    setStore(call.id, known ? reconcile(call) : call);
    if (!isNews) return;
    for (const hear of listeners) hear(call);
  };

  line.on('call:changed', ({ call }) => apply(call));

  const running = (): CallView[] =>
    Object.values(store)
      .filter((call) => call.phase !== 'ended')
      .toSorted((a, b) => a.startedAt.localeCompare(b.startedAt));

  return {
    byId: (callId) => store[callId],
    running,
    ofDesk: (deskId) => running().find((call) => call.handler?.deskId === deskId),
    apply,
    applySnapshot: (calls) => {
      const told = new Set(calls.map((call) => call.id));
      const missed = running().filter((call) => !told.has(call.id));
      for (const call of calls) apply(call);
      for (const call of missed) {
        rest.call('calls:get', { params: { callId: call.id } }).then(
          (found) => apply(found.call),
          // Not to be had any more: nothing else will tell us that it ended.
          () => apply({ ...call, revision: call.revision + 1, phase: 'ended', offer: null }),
        );
      }
    },
    onChange: (hear) => {
      listeners.add(hear);
      return () => listeners.delete(hear);
    },
  };
}
