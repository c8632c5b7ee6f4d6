import MessageSquare from 'lucide-solid/icons/message-square';
import Mic from 'lucide-solid/icons/mic';
import MicOff from 'lucide-solid/icons/mic-off';
import PhoneOff from 'lucide-solid/icons/phone-off';
import Volume2 from 'lucide-solid/icons/volume-2';
import X from 'lucide-solid/icons/x';
import { A } from '@solidjs/router';
import { type JSX, Match, Show, Switch, onCleanup } from 'solid-js';
import type { CallView } from '../../../control/contract/views.ts';
import { copy } from '../copy.ts';
import { DeviceMenu } from '../media/device-menu.tsx';
import { LevelMeter } from '../media/level-meter.tsx';
import { QualityBars } from '../media/quality-bars.tsx';
import { isSoundHeldBack, resumeSound } from '../media/remote-audio.tsx';
import { Avatar } from '../parts/avatar.tsx';
import { Button, IconButton } from '../parts/button.tsx';
import { Kbd } from '../parts/kbd.tsx';
import { tellHeight } from '../parts/height.ts';
import { useNow } from '../parts/now.ts';
import { useConsole } from '../shell/context.ts';
import { contactName, readablePhone } from '../words/phone.ts';
import { timer } from '../words/time.ts';
import { MicrophoneBlocked } from './microphone-blocked.tsx';
import { outcomeText } from './outcome.ts';

/** The current call, on every page. Gone when there is none. */
export function Dock(props: { class: string }) {
  const { desk } = useConsole();
  return (
    <Show when={desk.state().phase !== 'free'}>
      <section
        ref={(dock) => tellHeight(dock, '--dock-height')}
        aria-label={copy.call.panel}
        data-testid="oncall-panel"
        data-phase={desk.state().phase === 'talking' ? desk.call()?.phase : desk.state().phase}
        class={`on-panel animate-sheet bg-panel px-3 py-3 text-panel-ink max-md:border-b max-md:border-panel-line md:px-5 ${props.class}`}
      >
        <Switch fallback={<Active />}>
          <Match when={desk.state().phase === 'blocked'}>
            <MicrophoneBlocked />
          </Match>
          <Match when={desk.state().phase === 'over'}>
            <Over />
          </Match>
        </Switch>
      </section>
    </Show>
  );
}

/** Whom the panel is about: from the call, or from the conversation while it is being placed. */
function useParty() {
  const { desk, inbox } = useConsole();
  return () => {
    const call = desk.call();
    if (call) return { contact: call.contact, conversationId: call.conversationId, label: call.number.label };
    const state = desk.state();
    if (state.phase !== 'microphone' && state.phase !== 'joining') return undefined;
    const conversation = state.aim.kind === 'dial' ? inbox.byId(state.aim.conversationId) : undefined;
    return (
      conversation && {
        contact: conversation.contact,
        conversationId: conversation.id,
        label: conversation.number.label,
      }
    );
  };
}

function Party(props: { children: JSX.Element }) {
  const party = useParty();
  const name = () => contactName(party()?.contact ?? { name: '', phone: null }, copy.unknownContact);
  return (
    <div class="flex min-w-0 flex-1 items-center gap-3">
      <Avatar name={name()} seed={party()?.contact.id ?? ''} size="md" onPanel />
      <div class="min-w-0">
        <p
          class="truncate text-lg leading-5 font-semibold"
          title={party()?.contact.phone ? readablePhone(party()?.contact.phone ?? '') : ''}
        >
          <bdi>{name()}</bdi>
        </p>
        <p class="figures mt-0.5 flex items-center gap-1.5 truncate text-sm text-panel-soft" aria-live="polite">
          {props.children}
        </p>
      </div>
    </div>
  );
}

function Active() {
  const { desk, microphone } = useConsole();
  const party = useParty();
  const hasMicrophone = () => microphone.track() !== null;

  const onKey = (event: KeyboardEvent): void => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== 'KeyM' || !hasMicrophone()) return;
    event.preventDefault();
    desk.setMuted(!desk.muted());
  };
  addEventListener('keydown', onKey);
  onCleanup(() => removeEventListener('keydown', onKey));

  return (
    <div class="flex flex-wrap items-center gap-x-5 gap-y-3">
      <Party>
        <Status />
      </Party>
      <Show when={isSoundHeldBack()}>
        <Button
          look="brass"
          icon={Volume2}
          onClick={resumeSound}
          title={copy.call.resumeText}
          data-testid="resume-sound"
        >
          {copy.call.resume}
        </Button>
      </Show>
      <div class="flex items-center gap-4 max-md:order-1">
        <LevelMeter />
        <QualityBars />
      </div>
      <div class="flex items-center gap-1.5 max-md:order-2 max-md:w-full max-md:justify-between">
        <Button
          look={desk.muted() ? 'brass' : 'panel'}
          size="lg"
          icon={desk.muted() ? MicOff : Mic}
          disabled={!hasMicrophone()}
          aria-pressed={desk.muted()}
          aria-keyshortcuts="Alt+M"
          data-testid="mute"
          class="md:min-w-41"
          onClick={() => desk.setMuted(!desk.muted())}
        >
          {desk.muted() ? copy.call.unmute : copy.call.mute}
          <Kbd keys={copy.call.muteKey} />
        </Button>
        <DeviceMenu />
        <Show when={party()}>
          {(who) => (
            <A
              href={`/inbox/${who().conversationId}`}
              title={copy.call.openThread}
              aria-label={copy.call.openThread}
              class="inline-flex size-11 items-center justify-center rounded-lg text-panel-soft transition-colors hover:bg-panel-raised hover:text-panel-ink"
            >
              <MessageSquare size={20} aria-hidden />
            </A>
          )}
        </Show>
        <Button look="stop" size="lg" icon={PhoneOff} data-testid="hangup" onClick={() => desk.hangup()}>
          {copy.call.hangup}
        </Button>
      </div>
    </div>
  );
}

/** One line that says where the call is: switched on phases alone. */
function Status() {
  const { desk, media } = useConsole();
  const state = () => desk.state();
  const isRejoin = () => {
    const now = state();
    return (now.phase === 'joining' || now.phase === 'microphone') && now.aim.kind === 'rejoin';
  };
  const isDial = () => {
    const now = state();
    return now.phase === 'joining' && now.aim.kind === 'dial';
  };
  return (
    <Switch fallback={<InCall call={desk.call()} />}>
      <Match when={isRejoin()}>{copy.call.returning}</Match>
      <Match when={state().phase === 'microphone'}>{copy.call.microphone}</Match>
      <Match when={isDial()}>{copy.call.dialing}</Match>
      <Match when={state().phase === 'joining'}>{copy.call.connecting}</Match>
      <Match when={media.state() === 'failed'}>
        <span class="text-panel-stop">{copy.call.mediaFailed}</span>
      </Match>
      <Match when={media.state() === 'reconnecting'}>
        <span class="animate-pulse text-panel-brass">{copy.call.reconnecting}</span>
      </Match>
    </Switch>
  );
}

function InCall(props: { call: CallView | undefined }) {
  const { desk } = useConsole();
  return (
    <Switch fallback={copy.call.connecting}>
      <Match when={props.call?.phase === 'dialing'}>
        {props.call?.remoteRinging === true ? copy.call.remoteRinging : copy.call.dialing}
      </Match>
      <Match when={props.call?.phase === 'live' && props.call.answeredAt}>
        {(answeredAt) => (
          <>
            <span class="size-2 rounded-full bg-panel-go" aria-hidden="true" />
            <CallTimer since={answeredAt()} />
            <Show when={desk.muted()} fallback={<span class="truncate">· {props.call?.number.label}</span>}>
              <span class="font-medium text-panel-brass">· {copy.call.muted}</span>
            </Show>
          </>
        )}
      </Match>
    </Switch>
  );
}

function CallTimer(props: { since: string }) {
  const now = useNow(500);
  return (
    // Not read out every second: the panel's other words are.
    <span data-testid="call-timer" role="timer" aria-live="off" class="font-medium text-panel-ink">
      {timer((now() - Date.parse(props.since)) / 1000)}
    </span>
  );
}

function Over() {
  const { desk } = useConsole();
  return (
    <div class="flex items-center gap-3" data-testid="call-over">
      <Party>
        <Show when={desk.call()}>{(call) => outcomeText(call())}</Show>
      </Party>
      <IconButton icon={X} look="panel-quiet" label={copy.dismiss} onClick={() => desk.dismiss()} />
    </div>
  );
}
