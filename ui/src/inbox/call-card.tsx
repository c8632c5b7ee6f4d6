import { A } from '@solidjs/router';
import PhoneCall from 'lucide-solid/icons/phone-call';
import PhoneIncoming from 'lucide-solid/icons/phone-incoming';
import PhoneMissed from 'lucide-solid/icons/phone-missed';
import PhoneOutgoing from 'lucide-solid/icons/phone-outgoing';
import { Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import type { CallView } from '../../../control/contract/views.ts';
import { isStale } from '../call/revision.ts';
import { copy } from '../copy.ts';
import { Button, type Icon } from '../parts/button.tsx';
import { useNow } from '../parts/now.ts';
import { useConsole } from '../shell/context.ts';
import { clockTime, fullTime, timer } from '../words/time.ts';

const missed = new Set<CallView['disposition']>(['missed', 'abandoned']);

const iconOf = (call: CallView): Icon => {
  if (call.phase !== 'ended') return PhoneCall;
  if (missed.has(call.disposition) || call.disposition === 'rejected') return PhoneMissed;
  return call.direction === 'inbound' ? PhoneIncoming : PhoneOutgoing;
};

const titleOf = (call: CallView): string => {
  if (call.phase === 'ringing' || call.phase === 'dialing') return copy.callCard.ringing[call.direction];
  if (call.phase !== 'ended' || call.disposition === null) return copy.callCard.running;
  if (call.disposition === 'completed') return copy.callCard.completed[call.direction];
  return copy.callCard[call.disposition];
};

const whyOf = (call: CallView): string | undefined => {
  if (call.disposition === 'abandoned') return copy.callCard.abandonedWhy;
  if (call.disposition === 'rejected') return call.endReason ?? copy.callCard.rejectedWhy;
  if (call.disposition === 'failed') return call.endReason ?? undefined;
  if (!call.handler) return undefined;
  return call.direction === 'inbound' ? copy.callCard.by(call.handler.name) : copy.callCard.placedBy(call.handler.name);
};

/** A call as an event of the conversation; it lives while the call does. */
export function CallCard(props: { told: CallView }) {
  const { calls, desk, inbox } = useConsole();
  const call = (): CallView => {
    const known = calls.byId(props.told.id);
    return known && isStale(known, props.told) ? known : props.told;
  };
  const isRunning = () => call().phase !== 'ended';
  const isMissed = () => !isRunning() && missed.has(call().disposition);
  const callability = () => inbox.byId(call().conversationId)?.callability;
  const needsPermission = () => callability()?.because === 'no-permission';
  const cannotCall = (): string | undefined => {
    if (desk.busy()) return copy.call.youAreBusy;
    return callability()?.allowed === true || needsPermission() ? undefined : callability()?.text;
  };
  /** Without consent it offers to ask for it, as the button above the thread does. */
  const callBack = (): void =>
    needsPermission() ? desk.askPermission(call().conversationId) : desk.dial(call().conversationId);
  const look = () => {
    if (isRunning()) return { card: 'border-go-soft bg-go-soft', icon: 'bg-go text-on-signal' };
    if (isMissed()) return { card: 'border-line bg-raised', icon: 'bg-stop-soft text-stop-text' };
    return { card: 'border-line bg-raised', icon: 'bg-sunken text-soft' };
  };
  return (
    <div class={`flex items-center ${call().direction === 'inbound' ? 'justify-start' : 'justify-end'}`}>
      <div
        data-testid="call-card"
        data-call-id={call().id}
        data-disposition={call().disposition ?? call().phase}
        class={`flex w-full max-w-md items-center gap-3 rounded-xl border px-3.5 py-3 ${look().card}`}
      >
        <span class={`inline-flex size-9 shrink-0 items-center justify-center rounded-full ${look().icon}`}>
          <Dynamic component={iconOf(call())} size={17} aria-hidden />
        </span>
        <div class="min-w-0 flex-1">
          <p class={`text-base font-medium ${isMissed() ? 'text-stop-text' : ''}`}>
            <A href={`/calls/${call().id}`} class="rounded-sm hover:underline">
              {titleOf(call())}
            </A>{' '}
            <time class="figures font-normal text-soft" datetime={call().startedAt} title={fullTime(call().startedAt)}>
              {clockTime(call().startedAt)}
            </time>
          </p>
          <p class="figures text-sm text-pretty wrap-anywhere text-soft">
            <Show when={call().answeredAt}>
              <Length call={call()} />
              {whyOf(call()) === undefined ? '' : ' · '}
            </Show>
            {whyOf(call())}
          </p>
        </div>
        <Show when={isMissed() || call().disposition === 'unanswered'}>
          <Button
            size="sm"
            disabled={callability() === undefined || cannotCall() !== undefined}
            title={cannotCall()}
            data-testid="call-back"
            onClick={callBack}
          >
            {isMissed() ? copy.thread.callBack : copy.thread.callAgain}
          </Button>
        </Show>
      </div>
    </div>
  );
}

/** How long it was, or has been so far. */
function Length(props: { call: CallView }) {
  const now = useNow(1000);
  return (
    <>
      {props.call.durationSeconds === null || props.call.phase !== 'ended'
        ? timer(
            (Date.parse(props.call.endedAt ?? new Date(now()).toISOString()) -
              Date.parse(props.call.answeredAt ?? '')) /
              1000,
          )
        : timer(props.call.durationSeconds)}
    </>
  );
}
