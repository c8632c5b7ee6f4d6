import { A } from '@solidjs/router';
import Inbox from 'lucide-solid/icons/inbox';
import PhoneCall from 'lucide-solid/icons/phone-call';
import Search from 'lucide-solid/icons/search';
import SearchX from 'lucide-solid/icons/search-x';
import SquarePen from 'lucide-solid/icons/square-pen';
import TriangleAlert from 'lucide-solid/icons/triangle-alert';
import X from 'lucide-solid/icons/x';
import { For, Match, Show, Switch, createSignal, onCleanup } from 'solid-js';
import type { ConversationId } from '../../../control/contract/ids.ts';
import { copy } from '../copy.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Button, IconButton } from '../parts/button.tsx';
import { Empty, Skeleton } from '../parts/empty.tsx';
import { useNow } from '../parts/now.ts';
import { useConsole } from '../shell/context.ts';
import { contactName } from '../words/phone.ts';
import { fullTime, listTime } from '../words/time.ts';

/** Long enough to type a word, short enough to feel live. */
const searchAfterMs = 220;
/** The next page is fetched before its end is seen. */
const nearEndPx = 400;

export function ConversationList(props: { chosen: ConversationId | undefined; onStart: () => void }) {
  const { inbox } = useConsole();

  const onScroll = (event: Event & { currentTarget: HTMLElement }): void => {
    const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
    if (scrollHeight - scrollTop - clientHeight < nearEndPx) void inbox.loadMore();
  };

  return (
    <div class="flex h-full flex-col">
      <header class="flex items-center gap-2 px-4 pt-4 pb-2">
        <h2 class="flex-1 text-xl font-semibold tracking-tight">{copy.inbox.title}</h2>
        <IconButton
          icon={SquarePen}
          label={copy.inbox.start}
          data-testid="start-conversation"
          onClick={() => props.onStart()}
        />
      </header>
      <SearchBox />
      <div class="min-h-0 flex-1 overflow-y-auto overscroll-contain" onScroll={onScroll}>
        <Switch>
          <Match when={inbox.list.phase === 'loading'}>
            <Skeleton rows={8} />
          </Match>
          <Match when={inbox.list.phase === 'failed'}>
            <Empty icon={TriangleAlert} title={copy.inbox.failed}>
              <Button onClick={() => void inbox.loadList()}>{copy.retry}</Button>
            </Empty>
          </Match>
          <Match when={inbox.list.ids.length === 0 && inbox.search() !== ''}>
            <Empty icon={SearchX} title={copy.inbox.noMatchTitle(inbox.search())} text={copy.inbox.noMatchText} />
          </Match>
          <Match when={inbox.list.ids.length === 0}>
            <Empty icon={Inbox} title={copy.inbox.emptyTitle} text={copy.inbox.emptyText}>
              <Button look="primary" icon={SquarePen} onClick={() => props.onStart()}>
                {copy.inbox.start}
              </Button>
            </Empty>
          </Match>
        </Switch>
        <ul aria-label={copy.inbox.listLabel} class="px-2 pb-4">
          <For each={inbox.list.ids}>{(id) => <Item id={id} isChosen={props.chosen === id} />}</For>
        </ul>
        <Show when={inbox.list.next !== null && inbox.list.phase === 'ready'}>
          <div class="flex justify-center pb-6">
            <Button size="sm" look="quiet" working={inbox.list.loadingMore} onClick={() => void inbox.loadMore()}>
              {copy.loadMore}
            </Button>
          </div>
        </Show>
      </div>
    </div>
  );
}

function SearchBox() {
  const { inbox } = useConsole();
  const [text, setText] = createSignal(inbox.search());
  let timer: ReturnType<typeof setTimeout> | undefined;
  const search = (value: string, after: number): void => {
    setText(value);
    clearTimeout(timer);
    timer = setTimeout(() => inbox.setSearch(value), after);
  };
  onCleanup(() => clearTimeout(timer));
  return (
    <div class="relative mx-4 mb-2">
      <Search size={16} class="pointer-events-none absolute start-3 top-1/2 -translate-y-1/2 text-faint" aria-hidden />
      <input
        type="search"
        data-testid="inbox-search"
        aria-label={copy.inbox.search}
        placeholder={copy.inbox.search}
        value={text()}
        maxLength={100}
        onInput={(event) => search(event.currentTarget.value, searchAfterMs)}
        onKeyDown={(event) => event.key === 'Escape' && search('', 0)}
        class="h-9 w-full rounded-md border border-transparent bg-sunken ps-9 pe-9 text-base placeholder:text-faint focus:border-focus focus:bg-surface focus:outline-none [&::-webkit-search-cancel-button]:hidden"
      />
      <Show when={text() !== ''}>
        <IconButton
          icon={X}
          size="sm"
          label={copy.inbox.clearSearch}
          class="absolute end-0.5 top-0.5"
          onClick={() => search('', 0)}
        />
      </Show>
    </div>
  );
}

function Item(props: { id: ConversationId; isChosen: boolean }) {
  const { inbox, calls } = useConsole();
  const now = useNow(30_000);
  const running = () => calls.running().find((call) => call.conversationId === props.id);
  return (
    <Show when={inbox.byId(props.id)}>
      {(conversation) => {
        const name = () => contactName(conversation().contact, copy.unknownContact);
        const isUnread = () => conversation().unread > 0;
        return (
          <li>
            <A
              href={`/inbox/${props.id}`}
              data-testid="conversation-item"
              data-conversation-id={props.id}
              aria-current={props.isChosen ? 'true' : undefined}
              class={`group flex items-center gap-3 rounded-lg px-3 py-2.5 transition-colors ${props.isChosen ? 'bg-selected' : 'hover:bg-hover'}`}
            >
              <Avatar name={name()} seed={conversation().contact.id} />
              <span class="min-w-0 flex-1">
                <span class="flex items-baseline gap-2">
                  <span
                    class={`figures min-w-0 flex-1 truncate text-base ${isUnread() ? 'font-semibold' : 'font-medium'}`}
                  >
                    <bdi>{name()}</bdi>
                  </span>
                  <time
                    datetime={conversation().lastActivityAt}
                    title={fullTime(conversation().lastActivityAt)}
                    class={`shrink-0 text-xs ${isUnread() ? 'font-medium text-accent-text' : 'text-faint'}`}
                  >
                    {listTime(conversation().lastActivityAt, now(), copy.days)}
                  </time>
                </span>
                <span class="mt-0.5 flex items-center gap-2">
                  <Show
                    when={running()}
                    fallback={
                      <span class={`min-w-0 flex-1 truncate text-sm ${isUnread() ? 'text-ink' : 'text-soft'}`}>
                        {conversation().preview}
                      </span>
                    }
                  >
                    <span class="flex min-w-0 flex-1 items-center gap-1.5 truncate text-sm font-medium text-go-text">
                      <PhoneCall size={13} aria-hidden />
                      {running()?.phase === 'ringing' ? copy.call.ringing : copy.call.inProgress}
                    </span>
                  </Show>
                  <Show when={isUnread()}>
                    <span class="figures min-w-5 shrink-0 rounded-full bg-accent px-1.5 text-center text-2xs leading-5 font-semibold text-on-accent">
                      {conversation().unread > 99 ? '99+' : conversation().unread}
                      <span class="sr-only"> {copy.inbox.unread(conversation().unread)}</span>
                    </span>
                  </Show>
                </span>
              </span>
            </A>
          </li>
        );
      }}
    </Show>
  );
}
