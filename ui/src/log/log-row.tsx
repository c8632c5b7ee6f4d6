import { A } from '@solidjs/router';
import PhoneIncoming from 'lucide-solid/icons/phone-incoming';
import PhoneMissed from 'lucide-solid/icons/phone-missed';
import PhoneOutgoing from 'lucide-solid/icons/phone-outgoing';
import { Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import type { CallId } from '../../../control/contract/ids.ts';
import type { CallView } from '../../../control/contract/views.ts';
import { copy } from '../copy.ts';
import { Chip, type ChipTone } from '../parts/chip.tsx';
import { useNow } from '../parts/now.ts';
import { useConsole } from '../shell/context.ts';
import { contactName, readablePhone } from '../words/phone.ts';
import { clockTime, fullTime, listTime, timer } from '../words/time.ts';

/** The head and the rows stand on one grid. */
export const rowColumns =
  'md:grid md:grid-cols-[minmax(0,2.2fr)_minmax(9rem,1.2fr)_minmax(0,1.1fr)_4.5rem_8.5rem] md:gap-4 md:px-6';

const tones = {
  completed: 'plain',
  missed: 'stop',
  abandoned: 'stop',
  rejected: 'plain',
  unanswered: 'brass',
  declined: 'brass',
  cancelled: 'plain',
  failed: 'stop',
} as const satisfies Record<NonNullable<CallView['disposition']>, ChipTone>;

const runningWords = {
  dialing: copy.call.dialing,
  ringing: copy.call.ringing,
  claimed: copy.call.connecting,
  live: copy.call.inProgress,
} as const;

/** How a call stands or ended. */
export function ResultChip(props: { call: CallView }) {
  return (
    <Show
      when={props.call.phase === 'ended' && props.call.disposition}
      fallback={
        <Chip tone="go" data-testid="call-result">
          <span class="size-1.5 animate-pulse rounded-full bg-go" aria-hidden="true" />
          {props.call.phase === 'ended' ? copy.call.ended : runningWords[props.call.phase]}
        </Chip>
      }
    >
      {(disposition) => (
        <Chip tone={tones[disposition()]} data-testid="call-result">
          {copy.disposition[disposition()]}
        </Chip>
      )}
    </Show>
  );
}

/** A final length, or one that counts. */
export function Duration(props: { call: CallView }) {
  const now = useNow(1000);
  const words = (): string => {
    const { answeredAt, endedAt, durationSeconds } = props.call;
    if (answeredAt === null) return '–';
    if (durationSeconds !== null && props.call.phase === 'ended') return timer(durationSeconds);
    return timer(((endedAt === null ? now() : Date.parse(endedAt)) - Date.parse(answeredAt)) / 1000);
  };
  return <span class="figures">{words()}</span>;
}

const isMissed = (call: CallView): boolean => call.disposition === 'missed' || call.disposition === 'abandoned';

const iconOf = (call: CallView) => {
  if (isMissed(call)) return PhoneMissed;
  return call.direction === 'inbound' ? PhoneIncoming : PhoneOutgoing;
};

export function LogRow(props: { callId: CallId; isChosen: boolean }) {
  const { calls } = useConsole();
  const now = useNow(30_000);
  return (
    <Show when={calls.byId(props.callId)}>
      {(call) => {
        const name = () => contactName(call().contact, copy.unknownContact);
        const phone = () => call().contact.phone;
        return (
          <li>
            <A
              href={`/calls/${props.callId}`}
              data-testid="log-row"
              data-call-id={props.callId}
              data-phase={call().phase}
              class={`border-b border-line transition-colors focus-visible:-outline-offset-2 ${props.isChosen ? 'bg-selected' : 'hover:bg-hover'} flex items-center gap-3 px-4 py-3 md:h-14 md:py-0 ${rowColumns}`}
            >
              <span class="flex min-w-0 flex-1 items-center gap-3">
                <span
                  title={copy.log.direction[call().direction]}
                  class={`shrink-0 ${isMissed(call()) ? 'text-stop-text' : 'text-faint'}`}
                >
                  <Dynamic component={iconOf(call())} size={17} aria-hidden />
                  <span class="sr-only">{copy.log.direction[call().direction]}</span>
                </span>
                <span class="min-w-0">
                  <span class="figures block truncate text-base font-medium">
                    <bdi>{name()}</bdi>
                  </span>
                  <span class="figures block truncate text-xs text-soft">
                    <Show when={phone() !== null && readablePhone(phone() ?? '') !== name()}>
                      <bdi>{readablePhone(phone() ?? '')}</bdi> ·{' '}
                    </Show>
                    {call().number.label}
                  </span>
                </span>
              </span>
              <span class="max-md:order-2 max-md:text-end">
                <ResultChip call={call()} />
                <span class="figures mt-1 block text-2xs text-faint md:hidden">
                  {listTime(call().startedAt, now(), copy.days)} · <Duration call={call()} />
                </span>
              </span>
              <span class={`truncate text-base max-md:hidden ${call().handler ? '' : 'text-faint'}`}>
                <span class="sr-only">{copy.log.columns.handler} </span>
                {call().handler?.name ?? copy.log.nobody}
              </span>
              <span class="text-end text-base max-md:hidden">
                <Duration call={call()} />
              </span>
              <span class="figures text-end text-sm text-soft max-md:hidden" title={fullTime(call().startedAt)}>
                {listTime(call().startedAt, now(), copy.days)}
                <Show when={listTime(call().startedAt, now(), copy.days) !== clockTime(call().startedAt)}>
                  {' '}
                  {clockTime(call().startedAt)}
                </Show>
              </span>
            </A>
          </li>
        );
      }}
    </Show>
  );
}
