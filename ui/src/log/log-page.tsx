import { useParams } from '@solidjs/router';
import Phone from 'lucide-solid/icons/phone';
import SearchX from 'lucide-solid/icons/search-x';
import TriangleAlert from 'lucide-solid/icons/triangle-alert';
import { For, Match, Show, Switch, onMount } from 'solid-js';
import { CallId } from '../../../control/contract/ids.ts';
import { copy } from '../copy.ts';
import { Button } from '../parts/button.tsx';
import { Empty, Skeleton } from '../parts/empty.tsx';
import { useConsole } from '../shell/context.ts';
import { CallDetailPanel } from './call-detail.tsx';
import { LogRow, rowColumns } from './log-row.tsx';
import { logFilters } from './filter.ts';
import { type CallLog, createCallLog } from './log.ts';

/** Every call, from its first ring. */
export function LogPage() {
  const { line, rest, calls } = useConsole();
  const log = createCallLog(line, rest, calls);
  const params = useParams<{ callId?: string }>();
  onMount(() => void log.load());
  const chosen = (): CallId | undefined => {
    const parsed = CallId.safeParse(params.callId);
    return parsed.success ? parsed.data : undefined;
  };
  return (
    <div class="flex h-full">
      <section class={`flex min-w-0 flex-1 flex-col ${chosen() ? 'max-lg:hidden' : ''}`} aria-label={copy.log.title}>
        <header class="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 pt-4 pb-3 md:px-6">
          <h1 class="text-xl font-semibold tracking-tight">{copy.log.title}</h1>
          <Show when={calls.running().length > 0}>
            <span class="flex items-center gap-2 text-sm font-medium text-go-text">
              <span class="size-2 animate-pulse rounded-full bg-go" aria-hidden="true" />
              {copy.log.liveCount(calls.running().length)}
            </span>
          </Show>
          <Filters log={log} />
        </header>
        <div class="min-h-0 flex-1 overflow-y-auto">
          <Switch>
            <Match when={log.phase() === 'loading'}>
              <Skeleton rows={8} />
            </Match>
            <Match when={log.phase() === 'failed'}>
              <Empty icon={TriangleAlert} title={copy.log.failed}>
                <Button onClick={() => void log.load()}>{copy.retry}</Button>
              </Empty>
            </Match>
            <Match when={log.ids().length === 0 && log.filter() !== 'all'}>
              <Empty icon={SearchX} title={copy.log.noMatchTitle} text={copy.log.noMatchText} />
            </Match>
            <Match when={log.ids().length === 0}>
              <Empty icon={Phone} title={copy.log.emptyTitle} text={copy.log.emptyText} />
            </Match>
            <Match when={log.ids().length > 0}>
              <div
                aria-hidden="true"
                class={`${rowColumns} sticky top-0 z-10 h-9 items-center border-b border-line bg-surface text-xs font-medium text-faint max-md:hidden`}
              >
                <span>{copy.log.columns.who}</span>
                <span>{copy.log.columns.result}</span>
                <span>{copy.log.columns.handler}</span>
                <span class="text-end">{copy.log.columns.duration}</span>
                <span class="text-end">{copy.log.columns.when}</span>
              </div>
              <ul aria-label={copy.log.title}>
                <For each={log.ids()}>{(id) => <LogRow callId={id} isChosen={chosen() === id} />}</For>
              </ul>
              <Show when={log.hasMore()}>
                <div class="flex justify-center py-6">
                  <Button size="sm" look="quiet" onClick={() => void log.loadMore()}>
                    {copy.loadMore}
                  </Button>
                </div>
              </Show>
            </Match>
          </Switch>
        </div>
      </section>
      <Show when={chosen()} keyed>
        {(id) => <CallDetailPanel callId={id} log={log} />}
      </Show>
    </div>
  );
}

function Filters(props: { log: CallLog }) {
  return (
    <div class="ms-auto flex rounded-md bg-sunken p-0.5" role="group" aria-label={copy.log.filters.label}>
      <For each={logFilters}>
        {(filter) => (
          <button
            type="button"
            aria-pressed={props.log.filter() === filter}
            data-testid={`log-filter-${filter}`}
            onClick={() => props.log.setFilter(filter)}
            class={`h-7 rounded-sm px-3 text-sm font-medium transition-colors ${props.log.filter() === filter ? 'bg-raised text-ink shadow-1' : 'text-soft hover:text-ink'}`}
          >
            {copy.log.filters[filter]}
          </button>
        )}
      </For>
    </div>
  );
}
