import ArrowLeft from 'lucide-solid/icons/arrow-left';
import Phone from 'lucide-solid/icons/phone';
import PhoneIncoming from 'lucide-solid/icons/phone-incoming';
import PhoneMissed from 'lucide-solid/icons/phone-missed';
import PhoneOutgoing from 'lucide-solid/icons/phone-outgoing';
import SendHorizontal from 'lucide-solid/icons/send-horizontal';
import { createEffect, createSignal, For, Match, Show, Switch, type JSX } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { summaryOf } from './chats.tsx';
import type { ChatEntry, ContactView, Line } from './line.ts';
import { Avatar } from './parts.tsx';
import { timeOf } from './words.ts';

const consentWords = {
  no: 'Cannot call you',
  'for-a-week': 'May call you for a week',
  always: 'May always call you',
} as const;

/** One conversation with a business. */
export function Chat(props: { contact: ContactView; line: Line; onBack: () => void; onCall: () => void }): JSX.Element {
  const [list, setList] = createSignal<HTMLOListElement>();
  createEffect(() => {
    if (props.contact.chat.length > 0) list()?.scrollTo({ top: list()?.scrollHeight ?? 0 });
  });
  return (
    <div class="flex min-h-0 flex-1 animate-rise flex-col bg-sunken">
      <header class="flex items-center gap-3 bg-raised px-3 pt-3 pb-3 shadow-sm sm:pt-11">
        <button type="button" class="grid size-10 place-items-center" aria-label="Back" onClick={() => props.onBack()}>
          <ArrowLeft class="size-6" />
        </button>
        <Avatar name={props.contact.name} class="size-10 text-sm" />
        <div class="min-w-0 flex-1">
          <h1 class="truncate leading-tight font-semibold">{props.contact.name}</h1>
          <Consent contact={props.contact} line={props.line} />
        </div>
        <button
          type="button"
          class="grid size-11 place-items-center rounded-full bg-plum text-on-plum transition active:scale-95"
          aria-label={`Call ${props.contact.name}`}
          data-testid="call-from-chat"
          onClick={() => props.onCall()}
        >
          <Phone class="size-5" />
        </button>
      </header>
      <ol ref={setList} class="flex min-h-0 flex-1 flex-col gap-2 overflow-y-auto p-4" aria-live="polite">
        <Show when={props.contact.chat.length === 0}>
          <li class="m-auto max-w-60 text-center text-sm text-soft">Say hello, or tap the phone to call.</li>
        </Show>
        <For each={props.contact.chat}>
          {(entry) => <Entry entry={entry} contact={props.contact} line={props.line} />}
        </For>
      </ol>
      <Composer contact={props.contact} line={props.line} />
    </div>
  );
}

/** The business's profile in one line: whether it may call, and the switch for it. */
function Consent(props: { contact: ContactView; line: Line }): JSX.Element {
  const allowed = (): boolean => props.contact.mayCall !== 'no';
  const toggle = (): void => {
    void props.line.ask('let-call', { to: props.contact.phoneNumberId, allow: !allowed() });
  };
  return (
    <button
      type="button"
      class="flex max-w-full items-center gap-1.5 text-left text-xs text-soft hover:underline"
      title={allowed() ? 'Stop its calls' : 'Let it call you'}
      data-testid="consent"
      onClick={toggle}
    >
      <span class="size-2 shrink-0 rounded-full" classList={{ 'bg-go': allowed(), 'bg-soft/50': !allowed() }} />
      <span class="truncate">{consentWords[props.contact.mayCall]}</span>
    </button>
  );
}

function Entry(props: { entry: ChatEntry; contact: ContactView; line: Line }): JSX.Element {
  const mine = (): boolean => props.entry.from === 'customer';
  const recording = (): string | undefined => {
    const { content } = props.entry;
    if (content.kind !== 'audio') return undefined;
    return content.mediaId.includes('/') ? content.mediaId : `/phone/api/media/${content.mediaId}`;
  };
  return (
    <Switch
      fallback={
        <li
          class="max-w-[82%] animate-rise rounded-2xl px-3.5 py-2 text-[15px] leading-snug shadow-sm"
          classList={{
            'self-end rounded-br-md bg-mine text-white': mine(),
            'self-start rounded-bl-md bg-raised': !mine(),
          }}
        >
          <Show
            when={recording()}
            fallback={<span class="break-words whitespace-pre-wrap">{summaryOf(props.entry)}</span>}
          >
            {(source) => <audio class="h-10 w-60 max-w-full" controls preload="metadata" src={source()} />}
          </Show>
          <time class="figures mt-0.5 block text-right text-[11px] opacity-70">{timeOf(props.entry.at)}</time>
        </li>
      }
    >
      <Match when={props.entry.content.kind === 'call'}>
        <CallLine entry={props.entry} />
      </Match>
      <Match when={props.entry.content.kind === 'permission-request'}>
        <Request entry={props.entry} contact={props.contact} line={props.line} />
      </Match>
      <Match when={props.entry.from === 'system'}>
        <li class="mx-auto max-w-72 rounded-xl bg-raised/70 px-3 py-1.5 text-center text-xs text-soft">
          {summaryOf(props.entry)}
        </li>
      </Match>
    </Switch>
  );
}

function CallLine(props: { entry: ChatEntry }): JSX.Element {
  const icon = () => {
    const { content } = props.entry;
    if (content.kind !== 'call') return Phone;
    if (content.direction === 'out') return PhoneOutgoing;
    return content.seconds === null ? PhoneMissed : PhoneIncoming;
  };
  return (
    <li class="mx-auto flex items-center gap-2 rounded-full bg-raised px-3.5 py-1.5 text-xs text-soft shadow-sm">
      <Dynamic component={icon()} class="size-3.5" />
      {summaryOf(props.entry)}
      <time class="figures opacity-70">{timeOf(props.entry.at)}</time>
    </li>
  );
}

const answers = [
  ['accept', 'Allow for a week'],
  ['accept-always', 'Always allow'],
  ['decline', 'Decline'],
] as const;
const given = {
  accept: 'You allowed calls for a week.',
  'accept-always': 'You always allow calls.',
  decline: 'You declined.',
} as const;

function Request(props: { entry: ChatEntry; contact: ContactView; line: Line }): JSX.Element {
  const content = () => (props.entry.content.kind === 'permission-request' ? props.entry.content : undefined);
  const reply = (answer: (typeof answers)[number][0]): void => {
    void props.line.ask('answer-request', { to: props.contact.phoneNumberId, id: props.entry.id, answer });
  };
  return (
    <li class="w-[88%] animate-rise self-start overflow-hidden rounded-2xl rounded-bl-md bg-raised shadow-sm">
      <div class="p-4">
        <p class="flex items-center gap-2 text-sm font-semibold">
          <Phone class="size-4 text-coral" />
          Can {props.contact.name} call you?
        </p>
        <Show when={content()?.text}>
          <p class="mt-1.5 text-[15px] leading-snug">{content()?.text}</p>
        </Show>
      </div>
      <Show
        when={content()?.answer}
        fallback={
          <div class="grid border-t border-line">
            <For each={answers}>
              {([answer, label]) => (
                <button
                  type="button"
                  class="border-line py-2.5 text-sm font-semibold text-plum not-last:border-b hover:bg-sunken"
                  data-testid={answer}
                  onClick={() => reply(answer)}
                >
                  {label}
                </button>
              )}
            </For>
          </div>
        }
      >
        {(answer) => <p class="border-t border-line px-4 py-2.5 text-sm text-soft">{given[answer()]}</p>}
      </Show>
    </li>
  );
}

function Composer(props: { contact: ContactView; line: Line }): JSX.Element {
  const [text, setText] = createSignal('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (text().trim() === '') return;
    void props.line.ask('text', { to: props.contact.phoneNumberId, text: text() });
    setText('');
  };
  return (
    <form class="flex gap-2 p-3" onSubmit={submit}>
      <input
        class="min-w-0 flex-1 rounded-full border border-line bg-raised px-4 py-2.5 text-[15px] placeholder:text-soft"
        placeholder="Message"
        aria-label="Message"
        autocomplete="off"
        value={text()}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button
        type="submit"
        class="grid size-11 place-items-center rounded-full bg-plum text-on-plum transition active:scale-95 disabled:opacity-40"
        aria-label="Send"
        disabled={text().trim() === ''}
      >
        <SendHorizontal class="size-5" />
      </button>
    </form>
  );
}
