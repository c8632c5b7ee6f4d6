import Phone from 'lucide-solid/icons/phone';
import PhoneOff from 'lucide-solid/icons/phone-off';
import BellOff from 'lucide-solid/icons/bell-off';
import { For, Show, createEffect, createMemo, onCleanup } from 'solid-js';
import type { CallView } from '../../../control/contract/views.ts';
import { copy } from '../copy.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Button, IconButton } from '../parts/button.tsx';
import { Kbd } from '../parts/kbd.tsx';
import { useNow } from '../parts/now.ts';
import { useConsole } from '../shell/context.ts';
import { contactName, readablePhone } from '../words/phone.ts';

const nameOf = (call: CallView): string => contactName(call.contact, copy.unknownContact);

/** Every call that this desk may pick up, on top of whatever page is open. */
export function IncomingStack() {
  const { ringing, desk, outcomes } = useConsole();

  // Works while somebody types; the key's place counts, not its letter.
  const onKey = (event: KeyboardEvent): void => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== 'KeyA' || desk.busy()) return;
    const first = ringing.offered().find((call) => !ringing.isSilenced(call.id)) ?? ringing.offered()[0];
    if (!first) return;
    event.preventDefault();
    desk.accept(first.id);
  };
  addEventListener('keydown', onKey);
  onCleanup(() => removeEventListener('keydown', onKey));

  return (
    <section
      aria-label={copy.incoming.region}
      data-kb-top-layer
      class="on-panel pointer-events-none fixed inset-x-0 bottom-[calc(var(--dock-height)+var(--rail-height))] z-50 flex max-h-[calc(100%-var(--dock-height)-var(--rail-height))] flex-col gap-2 overflow-y-auto p-3 pt-16 md:inset-x-auto md:end-0 md:top-0 md:bottom-auto md:max-h-full md:w-112 md:p-4 md:ps-11 md:pb-16"
    >
      <Announcement />
      <For each={outcomes.list()}>
        {(outcome) => (
          <div
            data-testid="ring-outcome"
            role="status"
            class="pointer-events-auto animate-appear rounded-xl border border-panel-line bg-panel px-4 py-3 text-panel-ink shadow-3"
          >
            <p class="font-semibold">{outcome.name}</p>
            <p class="text-sm text-panel-soft">{outcome.text}</p>
          </div>
        )}
      </For>
      <For each={ringing.offered()}>
        {(call, index) => (
          <Show when={index() === 0 && !ringing.isSilenced(call.id)} fallback={<SmallCard call={call} />}>
            <Card call={call} />
          </Show>
        )}
      </For>
    </section>
  );
}

/** Says each new ring once, at once (WAI-ARIA: assertive is for what can't wait). */
function Announcement() {
  const { ringing } = useConsole();
  const words = createMemo(() => {
    const call = ringing.offered().at(-1);
    if (!call) return '';
    return call.offer?.because === 'operator-lost'
      ? copy.incoming.announceLost(nameOf(call))
      : copy.incoming.announce(nameOf(call), call.number.label);
  });
  return (
    <p class="sr-only" aria-live="assertive">
      {words()}
    </p>
  );
}

function Card(props: { call: CallView }) {
  const { desk, ringing } = useConsole();
  const isLost = () => props.call.offer?.because === 'operator-lost';
  return (
    <article
      data-testid="incoming-call"
      data-call-id={props.call.id}
      class="pointer-events-auto animate-appear rounded-2xl border border-panel-brass/45 bg-panel p-5 text-panel-ink shadow-3"
    >
      <div class="flex items-center gap-4">
        <RingTimer call={props.call} />
        <div class="min-w-0 flex-1">
          <p class="flex items-center gap-2 text-sm font-medium text-panel-brass">
            <Phone size={14} class="animate-ring" aria-hidden />
            {isLost() ? copy.incoming.titleLost : copy.incoming.title}
          </p>
          <p class="mt-0.5 truncate text-xl font-semibold tracking-tight">
            <bdi>{nameOf(props.call)}</bdi>
          </p>
          <p class="figures truncate text-sm text-panel-soft">
            <Show when={isLost()} fallback={<Line call={props.call} />}>
              {copy.incoming.lostBy(props.call.handler?.name ?? null)}
            </Show>
          </p>
        </div>
      </div>
      <div class="mt-5 grid gap-2 grid-cols-2">
        <Show when={!isLost()}>
          <Button
            look="stop"
            size="lg"
            icon={PhoneOff}
            data-testid="decline"
            title={copy.incoming.declineHelp}
            onClick={() => ringing.decline(props.call.id)}
          >
            {copy.incoming.decline}
          </Button>
        </Show>
        <Button
          look="go"
          size="lg"
          icon={Phone}
          data-testid="accept"
          disabled={desk.busy()}
          aria-keyshortcuts="Alt+A"
          class={isLost() ? 'col-span-2' : ''}
          onClick={() => desk.accept(props.call.id)}
        >
          {isLost() ? copy.incoming.pickUp : copy.incoming.accept}
          <Kbd keys={copy.incoming.acceptKey} />
        </Button>
      </div>
      <div class="mt-2 -mb-2 flex flex-wrap items-center justify-center gap-x-1">
        <Show when={desk.busy()}>
          <p class="text-sm text-panel-soft">{copy.call.youAreBusy}</p>
        </Show>
        <SilenceButton call={props.call} />
      </div>
      <Show when={ringing.offered().length > 1}>
        <p class="sr-only">{copy.incoming.more(ringing.offered().length - 1)}</p>
      </Show>
    </article>
  );
}

function SilenceButton(props: { call: CallView }) {
  const { ringing } = useConsole();
  return (
    <Button
      look="panel-quiet"
      size="sm"
      icon={BellOff}
      data-testid="silence"
      title={copy.incoming.silenceHelp}
      onClick={() => ringing.silence(props.call.id)}
    >
      {copy.incoming.silence}
    </Button>
  );
}

/** A call behind the first, or one that was silenced here: one row, still to be answered. */
function SmallCard(props: { call: CallView }) {
  const { desk, ringing } = useConsole();
  const isSilenced = () => ringing.isSilenced(props.call.id);
  return (
    <article
      data-testid="incoming-call"
      data-call-id={props.call.id}
      data-silenced={isSilenced()}
      class="pointer-events-auto flex animate-appear items-center gap-3 rounded-xl border border-panel-line bg-panel py-2.5 ps-3.5 pe-2.5 text-panel-ink shadow-2"
    >
      <RingTimer call={props.call} small />
      <div class="min-w-0 flex-1">
        <p class="truncate font-semibold">
          <bdi>{nameOf(props.call)}</bdi>
        </p>
        <p class="truncate text-xs text-panel-soft">
          {isSilenced() ? copy.incoming.silenced : props.call.number.label}
        </p>
      </div>
      <Show when={!isSilenced()}>
        <IconButton
          icon={BellOff}
          look="panel-quiet"
          size="sm"
          label={copy.incoming.silence}
          data-testid="silence"
          onClick={() => ringing.silence(props.call.id)}
        />
      </Show>
      <Show when={props.call.offer?.because === 'ringing'}>
        <IconButton
          icon={PhoneOff}
          look="stop"
          label={copy.incoming.decline}
          data-testid="decline"
          onClick={() => ringing.decline(props.call.id)}
        />
      </Show>
      <IconButton
        icon={Phone}
        look="go"
        label={copy.incoming.accept}
        data-testid="accept"
        disabled={desk.busy()}
        onClick={() => desk.accept(props.call.id)}
      />
    </article>
  );
}

function Line(props: { call: CallView }) {
  const phone = () => props.call.contact.phone;
  const showsPhone = () => phone() !== null && nameOf(props.call) !== readablePhone(phone() ?? '');
  return (
    <>
      <Show when={showsPhone()}>
        <bdi>{readablePhone(phone() ?? '')}</bdi> ·{' '}
      </Show>
      {props.call.number.label}
    </>
  );
}

/** The caller's letters inside the time that is left to answer. */
function RingTimer(props: { call: CallView; small?: boolean }) {
  const now = useNow(250);
  const until = () => Date.parse(props.call.offer?.until ?? props.call.startedAt);
  // The ring starts when this desk hears of it; a lost operator's offer has a start of its own.
  let since = 0;
  createEffect(() => {
    since = props.call.offer?.because === 'ringing' ? Date.parse(props.call.startedAt) : Date.now();
  });
  const left = () => Math.max(0, until() - now());
  const share = () => Math.min(1, left() / Math.max(1, until() - since));
  const size = () => (props.small === true ? 40 : 64);
  const radius = () => size() / 2 - 2;
  const around = () => 2 * Math.PI * radius();
  return (
    <div
      class="relative inline-flex shrink-0 items-center justify-center"
      style={{ width: `${size()}px`, height: `${size()}px` }}
      title={copy.incoming.secondsLeft(Math.ceil(left() / 1000))}
    >
      <svg class="absolute inset-0 -rotate-90" viewBox={`0 0 ${size()} ${size()}`} aria-hidden="true">
        <circle
          cx={size() / 2}
          cy={size() / 2}
          r={radius()}
          fill="none"
          stroke="var(--sb-panel-line)"
          stroke-width="3"
        />
        <circle
          cx={size() / 2}
          cy={size() / 2}
          r={radius()}
          fill="none"
          stroke="var(--sb-panel-brass)"
          stroke-width="3"
          stroke-linecap="round"
          stroke-dasharray={String(around())}
          stroke-dashoffset={around() * (1 - share())}
          style={{ transition: 'stroke-dashoffset 250ms linear' }}
        />
      </svg>
      <Avatar
        name={nameOf(props.call)}
        seed={props.call.contact.id}
        size={props.small === true ? 'sm' : 'lg'}
        onPanel
      />
    </div>
  );
}
