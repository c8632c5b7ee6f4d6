import Check from 'lucide-solid/icons/check';
import CheckCheck from 'lucide-solid/icons/check-check';
import CircleAlert from 'lucide-solid/icons/circle-alert';
import Clock from 'lucide-solid/icons/clock';
import FileQuestion from 'lucide-solid/icons/file-question-mark';
import ShieldCheck from 'lucide-solid/icons/shield-check';
import ShieldQuestion from 'lucide-solid/icons/shield-question-mark';
import ShieldX from 'lucide-solid/icons/shield-x';
import StickyNote from 'lucide-solid/icons/sticky-note';
import { Match, Show, Switch } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import type { MessageView } from '../../../control/contract/views.ts';
import { copy } from '../copy.ts';
import { clockTime, dateTime, fullTime } from '../words/time.ts';
import { CallCard } from './call-card.tsx';

type Body<K extends MessageView['body']['kind']> = Extract<MessageView['body'], { kind: K }>;

/** One thing that happened in a conversation. */
export function ThreadItem(props: { message: MessageView }) {
  const bodyOf = <K extends MessageView['body']['kind']>(kind: K): Body<K> | undefined =>
    props.message.body.kind === kind ? (props.message.body as Body<K>) : undefined;
  return (
    <Switch>
      <Match when={bodyOf('text')}>{(body) => <Text body={body()} at={props.message.at} />}</Match>
      <Match when={bodyOf('note')}>{(body) => <Note body={body()} at={props.message.at} />}</Match>
      <Match when={bodyOf('call')}>{(body) => <CallCard told={body().call} />}</Match>
      <Match when={bodyOf('permission')}>{(body) => <Permission body={body()} at={props.message.at} />}</Match>
      <Match when={bodyOf('other')}>
        {(body) => (
          <p class="inline-flex items-center gap-2 rounded-lg border border-dashed border-line-strong px-3.5 py-2.5 text-base text-soft">
            <FileQuestion size={16} aria-hidden />
            {copy.thread.otherKind(body().type)}
          </p>
        )}
      </Match>
    </Switch>
  );
}

function At(props: { at: string; class?: string }) {
  return (
    <time datetime={props.at} title={fullTime(props.at)} class={`figures text-2xs ${props.class ?? 'text-faint'}`}>
      {clockTime(props.at)}
    </time>
  );
}

const statusIcons = {
  received: Check,
  sending: Clock,
  sent: Check,
  delivered: CheckCheck,
  read: CheckCheck,
  failed: CircleAlert,
} as const;

function Text(props: { body: Body<'text'>; at: string }) {
  const isOurs = () => props.body.from === 'business';
  return (
    <div class={`flex flex-col ${isOurs() ? 'items-end' : 'items-start'}`}>
      <div
        class={`max-w-[min(34rem,86%)] rounded-xl px-3.5 py-2 ${isOurs() ? 'rounded-ee-sm bg-accent-soft text-ink' : 'rounded-es-sm border border-line bg-raised'}`}
      >
        <p dir="auto" class="text-base leading-5.5 wrap-anywhere whitespace-pre-wrap">
          {props.body.text}
        </p>
        <p class="mt-0.5 flex items-center justify-end gap-1.5 text-soft">
          <Show when={isOurs() && props.body.authorName}>
            <span class="text-2xs">{props.body.authorName}</span>
          </Show>
          <At at={props.at} class="text-soft" />
          <Show when={isOurs()}>
            <span
              role="img"
              title={copy.thread.status[props.body.status]}
              aria-label={copy.thread.status[props.body.status]}
              data-testid="message-status"
              data-status={props.body.status}
              class={
                props.body.status === 'read'
                  ? 'text-accent-text'
                  : props.body.status === 'failed'
                    ? 'text-stop-text'
                    : ''
              }
            >
              <Dynamic component={statusIcons[props.body.status]} size={14} />
            </span>
          </Show>
        </p>
      </div>
      <Show when={props.body.status === 'failed'}>
        <p class="mt-1 max-w-[86%] text-xs text-stop-text">{props.body.failure ?? copy.composer.failed}</p>
      </Show>
    </div>
  );
}

function Note(props: { body: Body<'note'>; at: string }) {
  return (
    <div class="rounded-lg border border-brass-line bg-brass-soft px-3.5 py-2.5">
      <p class="flex items-center gap-1.5 text-xs font-medium text-brass-text">
        <StickyNote size={13} aria-hidden />
        {copy.thread.noteBy(props.body.authorName)}
        <At at={props.at} class="ms-auto text-brass-text" />
      </p>
      <p dir="auto" class="mt-1 text-base wrap-anywhere whitespace-pre-wrap">
        {props.body.text}
      </p>
    </div>
  );
}

const permissionIcons = {
  requested: ShieldQuestion,
  granted: ShieldCheck,
  'granted-permanently': ShieldCheck,
  declined: ShieldX,
  revoked: ShieldX,
} as const;
const permissionColours = {
  requested: 'text-brass-text',
  granted: 'text-go-text',
  'granted-permanently': 'text-go-text',
  declined: 'text-stop-text',
  revoked: 'text-stop-text',
} as const;

function Permission(props: { body: Body<'permission'>; at: string }) {
  const text = (): string => {
    const { what, authorName, expiresAt } = props.body;
    if (what === 'requested') return copy.thread.permission.requested(authorName);
    if (what === 'granted') return copy.thread.permission.granted(expiresAt === null ? null : dateTime(expiresAt));
    return copy.thread.permission[what];
  };
  return (
    <p class="px-4 text-center text-sm text-pretty text-soft">
      <Dynamic
        component={permissionIcons[props.body.what]}
        size={15}
        class={`me-1.5 inline align-[-3px] ${permissionColours[props.body.what]}`}
        aria-hidden
      />
      {text()} <At at={props.at} class="ms-1 whitespace-nowrap text-faint" />
    </p>
  );
}
