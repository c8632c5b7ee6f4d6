import Grid3x3 from 'lucide-solid/icons/grid-3x3';
import Mic from 'lucide-solid/icons/mic';
import MicOff from 'lucide-solid/icons/mic-off';
import Phone from 'lucide-solid/icons/phone';
import PhoneOff from 'lucide-solid/icons/phone-off';
import { createEffect, createSignal, For, onCleanup, Show, type JSX } from 'solid-js';
import type { Handset } from './handset.ts';
import { pageId, type CallView, type Line } from './line.ts';
import { Avatar, RoundButton, StatusBar } from './parts.tsx';
import { startRinger } from './ringer.ts';
import { durationOf } from './words.ts';

const waitingWords = { dialling: 'Calling…', 'ringing-there': 'Ringing…', 'ringing-here': 'is calling you' } as const;

/** Everything about a call, over the whole screen. */
export function CallScreen(props: {
  call: CallView;
  name: string;
  line: Line;
  handset: Handset | undefined;
  trouble: string | undefined;
  onAnswer: () => void;
}): JSX.Element {
  const [muted, setMuted] = createSignal(false);
  const [keys, setKeys] = createSignal(false);
  const [now, setNow] = createSignal(Date.now());
  const [level, setLevel] = createSignal(0);
  const timer = setInterval(() => setNow(Date.now()), 250);
  const frames = setInterval(() => setLevel(props.handset?.level() ?? 0), 60);
  onCleanup(() => {
    clearInterval(timer);
    clearInterval(frames);
  });
  createEffect(() => {
    const { state } = props.call;
    if (state === 'live' || state === 'dialling') return;
    const ringer = startRinger(state === 'ringing-here' ? 'ringing' : 'ringback');
    onCleanup(() => ringer.stop());
  });
  createEffect(() => props.handset?.mute(muted()));
  const elsewhere = (): boolean =>
    props.call.state === 'live' && props.call.heldBy !== null && props.call.heldBy !== pageId;
  const status = (): string => {
    if (props.call.state !== 'live') return waitingWords[props.call.state];
    return durationOf(now() - (props.call.liveSince ?? now()));
  };
  const hangUp = (): void => void props.line.ask('hang-up');

  return (
    <section
      class="call-sky absolute inset-0 z-10 flex animate-rise flex-col items-center px-6 pt-20 pb-12"
      aria-label={`Call with ${props.name}`}
      data-testid="call-screen"
      data-state={props.call.state}
      data-level={level().toFixed(2)}
    >
      <StatusBar class="text-white" />
      <div class="relative mt-8">
        <Show when={props.call.state !== 'live'}>
          <For each={[0, 0.7, 1.4]}>
            {(delay) => (
              <span
                class="absolute inset-0 animate-ripple rounded-full bg-white/25"
                style={{ 'animation-delay': `${delay}s` }}
              />
            )}
          </For>
        </Show>
        <span
          class="absolute inset-0 rounded-full bg-white/25 transition-transform duration-100"
          style={{ transform: `scale(${1 + level() * 0.55})` }}
        />
        <Avatar name={props.name} class="relative size-32 text-4xl shadow-2xl" />
      </div>
      <h1 class="mt-9 text-center text-3xl font-bold text-balance">{props.name}</h1>
      <p class="figures mt-2 text-lg text-white/80" role="status" data-testid="call-status">
        {status()}
      </p>
      <Show when={props.trouble}>
        <p role="alert" class="mt-4 rounded-xl bg-white/15 px-4 py-2 text-center text-sm">
          {props.trouble}
        </p>
      </Show>
      <Show when={elsewhere()}>
        <button type="button" class="mt-4 rounded-full bg-white/15 px-4 py-2 text-sm" onClick={() => props.onAnswer()}>
          This call is in another tab. Take it here
        </button>
      </Show>
      <Show when={keys()}>
        <div class="mt-auto grid grid-cols-3 gap-3 pt-6">
          <For each={Array.from('123456789*0#')}>
            {(key) => (
              <button
                type="button"
                class="grid size-14 place-items-center rounded-full bg-white/12 text-xl font-semibold active:bg-white/30"
                onClick={() => void props.line.ask('keys', { keys: key })}
              >
                {key}
              </button>
            )}
          </For>
        </div>
      </Show>
      <div class="mt-auto flex w-full justify-evenly pt-6">
        <Show
          when={props.call.state === 'ringing-here'}
          fallback={
            <>
              <RoundButton
                label={muted() ? 'Unmute' : 'Mute'}
                look={muted() ? 'lit' : 'glass'}
                testId="mute"
                onClick={() => setMuted(!muted())}
              >
                <Show when={muted()} fallback={<Mic class="size-7" />}>
                  <MicOff class="size-7" />
                </Show>
              </RoundButton>
              <RoundButton label="Keys" look={keys() ? 'lit' : 'glass'} onClick={() => setKeys(!keys())}>
                <Grid3x3 class="size-7" />
              </RoundButton>
              <RoundButton label="Hang up" look="stop" testId="hang-up" onClick={hangUp}>
                <PhoneOff class="size-7" />
              </RoundButton>
            </>
          }
        >
          <RoundButton label="Decline" look="stop" testId="decline" onClick={() => void props.line.ask('decline')}>
            <PhoneOff class="size-7" />
          </RoundButton>
          <RoundButton label="Accept" look="go" testId="accept-call" onClick={() => props.onAnswer()}>
            <Phone class="size-7" />
          </RoundButton>
        </Show>
      </div>
    </section>
  );
}
