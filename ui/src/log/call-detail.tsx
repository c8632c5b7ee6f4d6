import { A } from '@solidjs/router';
import ArrowLeft from 'lucide-solid/icons/arrow-left';
import MessageSquare from 'lucide-solid/icons/message-square';
import X from 'lucide-solid/icons/x';
import { For, Show, createEffect, createSignal, on } from 'solid-js';
import type { CallId } from '../../../control/contract/ids.ts';
import type { CallHistoryEntry, CallView } from '../../../control/contract/views.ts';
import { copy } from '../copy.ts';
import { sentenceOf } from '../line/faults.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Skeleton } from '../parts/empty.tsx';
import { useConsole } from '../shell/context.ts';
import { contactName, readablePhone } from '../words/phone.ts';
import { fullTime } from '../words/time.ts';
import { Duration, ResultChip } from './log-row.tsx';
import type { CallLog } from './log.ts';

const preciseTime = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** One call: how it went, and every step of it. */
export function CallDetailPanel(props: { callId: CallId; log: CallLog }) {
  const { calls } = useConsole();
  const [history, setHistory] = createSignal<readonly CallHistoryEntry[]>();
  const [failure, setFailure] = createSignal<string>();
  const call = () => calls.byId(props.callId);

  const load = async (): Promise<void> => {
    try {
      const detail = await props.log.detail(props.callId);
      calls.apply(detail.call);
      setHistory(detail.history);
      setFailure(undefined);
    } catch (error) {
      setFailure(sentenceOf(error));
    }
  };
  // Every step of a running call brings a new line.
  createEffect(
    on(
      () => call()?.revision,
      () => void load(),
    ),
  );

  return (
    <aside
      aria-label={copy.log.details}
      data-testid="call-detail"
      class="flex w-full shrink-0 flex-col overflow-y-auto border-s border-line bg-canvas lg:w-96"
    >
      <div class="flex items-center justify-between px-4 pt-4 md:px-5">
        <A
          href="/calls"
          class="inline-flex size-9 items-center justify-center rounded-md text-soft hover:bg-hover lg:hidden"
          aria-label={copy.back}
        >
          <ArrowLeft size={20} class="rtl:-scale-x-100" aria-hidden />
        </A>
        <h2 class="text-sm font-medium text-faint max-lg:hidden">{copy.log.details}</h2>
        <A
          href="/calls"
          class="inline-flex size-8 items-center justify-center rounded-md text-soft hover:bg-hover max-lg:hidden"
          aria-label={copy.close}
          title={copy.close}
        >
          <X size={17} aria-hidden />
        </A>
      </div>
      <Show when={failure() && !call()}>
        <p role="alert" class="m-5 rounded-md bg-stop-soft px-3.5 py-2.5 text-base text-stop-text">
          {failure()}
        </p>
      </Show>
      <Show when={call()} fallback={<Skeleton rows={4} />}>
        {(known) => (
          <div class="space-y-6 px-5 pt-3 pb-8">
            <Summary call={known()} />
            <Facts call={known()} />
            <section>
              <h3 class="mb-3 text-sm font-semibold">{copy.log.history}</h3>
              <History entries={history() ?? []} />
            </section>
          </div>
        )}
      </Show>
    </aside>
  );
}

function Summary(props: { call: CallView }) {
  const name = () => contactName(props.call.contact, copy.unknownContact);
  const phone = () => props.call.contact.phone;
  return (
    <div>
      <div class="flex items-center gap-3.5">
        <Avatar name={name()} seed={props.call.contact.id} size="lg" />
        <div class="min-w-0 flex-1">
          <p class="figures truncate text-lg font-semibold">
            <bdi>{name()}</bdi>
          </p>
          <Show when={phone() !== null && readablePhone(phone() ?? '') !== name()}>
            <p class="figures truncate text-sm text-soft" dir="ltr">
              {readablePhone(phone() ?? '')}
            </p>
          </Show>
        </div>
        <ResultChip call={props.call} />
      </div>
      <A
        href={`/inbox/${props.call.conversationId}`}
        data-testid="open-conversation"
        class="mt-4 inline-flex h-9 w-full items-center justify-center gap-2 rounded-md border border-line-strong bg-raised text-base font-medium shadow-1 hover:bg-hover"
      >
        <MessageSquare size={16} aria-hidden />
        {copy.log.openConversation}
      </A>
    </div>
  );
}

function Facts(props: { call: CallView }) {
  const facts = () => [
    [copy.log.columns.number, `${props.call.number.label} · ${readablePhone(props.call.number.displayNumber)}`],
    [copy.log.columns.handler, props.call.handler?.name ?? copy.log.nobody],
    [copy.log.started, fullTime(props.call.startedAt)],
    [copy.log.answered, props.call.answeredAt === null ? copy.log.notAnswered : fullTime(props.call.answeredAt)],
    [copy.log.ended, props.call.endedAt === null ? copy.call.inProgress : fullTime(props.call.endedAt)],
    ...(props.call.endReason === null ? [] : [[copy.log.reason, props.call.endReason] as const]),
  ];
  return (
    <dl class="grid grid-cols-[7.5rem_minmax(0,1fr)] gap-y-2 text-base">
      <dt class="text-soft">{copy.log.columns.duration}</dt>
      <dd class="font-medium">
        <Duration call={props.call} />
      </dd>
      <For each={facts()}>
        {([name, value]) => (
          <>
            <dt class="text-soft">{name}</dt>
            <dd class="figures wrap-anywhere">{value}</dd>
          </>
        )}
      </For>
    </dl>
  );
}

function History(props: { entries: readonly CallHistoryEntry[] }) {
  return (
    <ol class="relative ms-1.5 border-s border-line-strong" data-testid="call-history">
      <For each={props.entries}>
        {(entry) => (
          <li class="relative ps-5 pb-4 last:pb-0">
            <span
              aria-hidden="true"
              class={`absolute -start-[5px] top-1.5 size-[9px] rounded-full border-2 border-canvas ${entry.ignored ? 'bg-line-strong' : 'bg-accent'}`}
            />
            <p class={`text-base ${entry.ignored ? 'text-faint' : ''}`}>{entry.text}</p>
            <p class="figures text-xs text-faint">
              <time datetime={entry.at} title={fullTime(entry.at)}>
                {preciseTime.format(new Date(entry.at))}
              </time>
              <Show when={entry.ignored}> · {copy.log.ignored}</Show>
            </p>
          </li>
        )}
      </For>
    </ol>
  );
}
