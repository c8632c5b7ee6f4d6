import { createSignal, onCleanup } from 'solid-js';
import { createStore } from 'solid-js/store';
import type { CallId } from '../../../control/contract/ids.ts';
import type { CallHistoryEntry, CallView } from '../../../control/contract/views.ts';
import type { Rest } from '../api/rest.ts';
import type { Calls } from '../call/calls.ts';
import type { Line } from '../line/line.ts';
import { type LogFilter, isInLog, logQueries } from './filter.ts';

export type CallDetail = { readonly call: CallView; readonly history: readonly CallHistoryEntry[] };

/** The call log: pages of the past, and what happens now on top of them. */
export type CallLog = {
  /** Latest first. */
  readonly ids: () => CallId[];
  readonly phase: () => 'loading' | 'ready' | 'failed';
  readonly hasMore: () => boolean;
  readonly filter: () => LogFilter;
  setFilter(filter: LogFilter): void;
  load(): Promise<void>;
  loadMore(): Promise<void>;
  detail(callId: CallId): Promise<CallDetail>;
};

const pageSize = 50;

export function createCallLog(line: Line, rest: Rest, calls: Calls): CallLog {
  const [filter, setFilter] = createSignal<LogFilter>('all');
  const [phase, setPhase] = createSignal<'loading' | 'ready' | 'failed'>('loading');
  const [page, setPage] = createStore<{ ids: CallId[]; next: string | null }>({ ids: [], next: null });
  let turn = 0;

  const load = async (): Promise<void> => {
    turn += 1;
    const mine = turn;
    try {
      const found = await rest.call('calls:list', { query: { limit: pageSize, ...logQueries[filter()] } });
      if (mine !== turn) return;
      for (const call of found.items) calls.apply(call);
      setPage({ ids: found.items.map((call) => call.id), next: found.next });
      setPhase('ready');
    } catch {
      if (mine === turn) setPhase('failed');
    }
  };

  onCleanup(
    calls.onChange((call) => {
      const isListed = page.ids.includes(call.id);
      if (isListed || !isInLog(call, filter())) return;
      const oldest = calls.byId(page.ids.at(-1) ?? ('' as CallId));
      // Older than the last loaded page: it is found there.
      if (oldest && call.startedAt < oldest.startedAt && page.next !== null) return;
      const ids = [...page.ids, call.id].toSorted((a, b) =>
        (calls.byId(b)?.startedAt ?? '').localeCompare(calls.byId(a)?.startedAt ?? ''),
      );
      setPage('ids', ids);
    }),
  );
  onCleanup(line.onOpen(() => void load()));

  return {
    ids: () => page.ids,
    phase,
    hasMore: () => page.next !== null,
    filter,
    setFilter: (value) => {
      setFilter(value);
      setPhase('loading');
      setPage({ ids: [], next: null });
      void load();
    },
    load,
    loadMore: async () => {
      if (page.next === null) return;
      const mine = turn;
      const found = await rest.call('calls:list', {
        query: { limit: pageSize, cursor: page.next, ...logQueries[filter()] },
      });
      if (mine !== turn) return;
      for (const call of found.items) calls.apply(call);
      setPage({ ids: [...new Set([...page.ids, ...found.items.map((call) => call.id)])], next: found.next });
    },
    detail: (callId) => rest.call('calls:get', { params: { callId } }),
  };
}
