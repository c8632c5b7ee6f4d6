import ArrowDown from 'lucide-solid/icons/arrow-down';
import MessagesSquare from 'lucide-solid/icons/messages-square';
import TriangleAlert from 'lucide-solid/icons/triangle-alert';
import { For, Match, Show, Switch, createEffect, createMemo, createSignal, on, onCleanup, onMount } from 'solid-js';
import type { ConversationId } from '../../../control/contract/ids.ts';
import type { MessageView } from '../../../control/contract/views.ts';
import { copy } from '../copy.ts';
import { Button } from '../parts/button.tsx';
import { Empty, Skeleton } from '../parts/empty.tsx';
import { useNow } from '../parts/now.ts';
import { useConsole } from '../shell/context.ts';
import { contactName } from '../words/phone.ts';
import { dayKey, dayLabel } from '../words/time.ts';
import { Composer } from './composer.tsx';
import { ContactHeader } from './contact-header.tsx';
import { ThreadItem } from './thread-item.tsx';

/** So near to the end counts as "reading the newest". */
const atEndPx = 80;

/** One customer: header, everything that happened, and the composer. */
export function ThreadView(props: { id: ConversationId }) {
  const { inbox } = useConsole();
  onMount(() => void inbox.open(props.id));

  const markRead = (): void => {
    if (document.visibilityState === 'visible') inbox.markRead(props.id);
  };
  createEffect(() => {
    if ((inbox.byId(props.id)?.unread ?? 0) > 0) markRead();
  });
  document.addEventListener('visibilitychange', markRead);
  onCleanup(() => document.removeEventListener('visibilitychange', markRead));

  const thread = () => inbox.thread(props.id);
  return (
    <Switch fallback={<Skeleton rows={6} />}>
      <Match when={thread()?.phase === 'failed' && !inbox.byId(props.id)}>
        <Empty icon={TriangleAlert} title={copy.thread.failed}>
          <Button onClick={() => void inbox.open(props.id)}>{copy.retry}</Button>
        </Empty>
      </Match>
      <Match when={inbox.byId(props.id)}>
        {(conversation) => (
          <section
            class="flex h-full flex-col"
            data-testid="thread"
            aria-label={copy.thread.label(contactName(conversation().contact, copy.unknownContact))}
          >
            <ContactHeader conversation={conversation()} />
            <Show
              when={thread()?.phase !== 'loading' || (thread()?.messages.length ?? 0) > 0}
              fallback={<Skeleton rows={5} />}
            >
              <Messages id={props.id} />
            </Show>
            <Composer conversation={conversation()} />
          </section>
        )}
      </Match>
    </Switch>
  );
}

/** Newest at the end, which stays in view while one is there. */
function Messages(props: { id: ConversationId }) {
  const { inbox } = useConsole();
  const [isAtEnd, setAtEnd] = createSignal(true);
  let box: HTMLDivElement | undefined;
  const messages = createMemo(() => (inbox.thread(props.id)?.messages ?? []).toReversed());

  const toEnd = (behavior: ScrollBehavior = 'instant'): void => {
    box?.scrollTo({ top: box.scrollHeight, behavior });
  };
  const onScroll = (): void => {
    if (box) setAtEnd(box.scrollHeight - box.scrollTop - box.clientHeight < atEndPx);
  };
  createEffect(
    on(
      () => messages().at(-1)?.id,
      () => {
        if (isAtEnd()) requestAnimationFrame(() => toEnd());
      },
    ),
  );
  // A dock that opens or a keyboard that rises must not hide what was just read.
  onMount(() => {
    const watcher = new ResizeObserver(() => isAtEnd() && toEnd());
    if (box) watcher.observe(box);
    onCleanup(() => watcher.disconnect());
  });

  const loadOlder = async (): Promise<void> => {
    const before = box?.scrollHeight ?? 0;
    await inbox.loadOlder(props.id);
    // What was in view stays where it was.
    if (box) box.scrollTop += box.scrollHeight - before;
  };

  return (
    <div class="relative min-h-0 flex-1">
      <div
        ref={(made) => (box = made)}
        onScroll={onScroll}
        class="h-full overflow-y-auto overscroll-contain"
        tabindex={0}
        role="log"
        aria-label={copy.thread.label('')}
      >
        <div class="mx-auto flex min-h-full max-w-3xl flex-col justify-end px-4 py-5 md:px-8">
          <Show when={inbox.thread(props.id)?.next}>
            <div class="mb-3 flex justify-center">
              <Button
                size="sm"
                look="quiet"
                working={inbox.thread(props.id)?.loadingMore === true}
                onClick={() => void loadOlder()}
              >
                {copy.thread.older}
              </Button>
            </div>
          </Show>
          <Show
            when={messages().length > 0}
            fallback={<Empty icon={MessagesSquare} title={copy.thread.emptyTitle} text={copy.thread.emptyText} />}
          >
            <ol>
              <For each={messages()}>
                {(message, index) => <Row message={message} before={messages()[index() - 1]} />}
              </For>
            </ol>
          </Show>
        </div>
      </div>
      <Show when={!isAtEnd()}>
        <button
          type="button"
          onClick={() => toEnd('smooth')}
          class="absolute end-4 bottom-4 inline-flex size-10 animate-enter items-center justify-center rounded-full border border-line bg-raised text-soft shadow-2 hover:text-ink"
          aria-label={copy.thread.toBottom}
          title={copy.thread.toBottom}
        >
          <ArrowDown size={18} aria-hidden />
        </button>
      </Show>
    </div>
  );
}

/** Messages of one author within this time stand closer together. */
const sameBreathMs = 120_000;

function Row(props: { message: MessageView; before: MessageView | undefined }) {
  const now = useNow(30_000);
  const isNewDay = () => !props.before || dayKey(props.before.at) !== dayKey(props.message.at);
  const isClose = () => {
    const { before, message } = props;
    if (!before || isNewDay() || before.body.kind !== 'text' || message.body.kind !== 'text') return false;
    return before.body.from === message.body.from && Date.parse(message.at) - Date.parse(before.at) < sameBreathMs;
  };
  return (
    <>
      <Show when={isNewDay()}>
        <li class="my-4 flex items-center gap-3 text-xs font-medium text-faint first:mt-0">
          <span class="h-px flex-1 bg-line" />
          {dayLabel(props.message.at, now(), copy.days)}
          <span class="h-px flex-1 bg-line" />
        </li>
      </Show>
      <li class={isClose() ? 'mt-1' : 'mt-3 first:mt-0'} data-testid="thread-item" data-kind={props.message.body.kind}>
        <ThreadItem message={props.message} />
      </li>
    </>
  );
}
