import Bell from 'lucide-solid/icons/bell';
import Volume2 from 'lucide-solid/icons/volume-2';
import WifiOff from 'lucide-solid/icons/wifi-off';
import X from 'lucide-solid/icons/x';
import { type JSX, Match, Switch, createEffect, createSignal, onCleanup, onMount } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { copy } from '../copy.ts';
import { audioContext, isSoundReady, unlockSound } from '../media/audio.ts';
import { Button, type Icon, IconButton } from '../parts/button.tsx';
import { useConsole } from './context.ts';

const laterKey = 'switchboard.notify-later';
/** A connection that comes back at once is not worth a word. */
const graceMs = 1500;

/** One line above the page, for the one thing that most stands in the way of hearing a call. */
export function Hints() {
  const { line, desk, calls } = useConsole();
  const [isLost, setLost] = createSignal(false);
  const [canAsk, setCanAsk] = createSignal(false);
  onMount(() => {
    audioContext();
    setCanAsk(
      'Notification' in window && Notification.permission === 'default' && localStorage.getItem(laterKey) === null,
    );
  });
  createEffect(() => {
    if (line.status() !== 'lost') {
      setLost(false);
      return;
    }
    const timer = setTimeout(() => setLost(true), graceMs);
    onCleanup(() => clearTimeout(timer));
  });
  const later = (): void => {
    localStorage.setItem(laterKey, new Date().toISOString());
    setCanAsk(false);
  };
  const ask = async (): Promise<void> => {
    await Notification.requestPermission();
    setCanAsk(false);
  };

  return (
    <Switch>
      <Match when={isLost()}>
        <Strip
          icon={WifiOff}
          tone="brass"
          testid="line-lost"
          title={desk.busy() ? copy.line.lostOnCall : copy.line.lost}
        />
      </Match>
      <Match when={!isSoundReady()}>
        <Strip
          icon={Volume2}
          tone="brass"
          testid="sound-hint"
          title={copy.hints.soundTitle}
          text={copy.hints.soundText}
        >
          <Button size="sm" look="outline" onClick={() => void unlockSound()} data-testid="unlock-sound">
            {copy.hints.soundAction}
          </Button>
        </Strip>
      </Match>
      {/* Asked once there was a click and nothing rings: not at the door, not in the middle of work. */}
      <Match when={canAsk() && calls.running().length === 0}>
        <Strip
          icon={Bell}
          tone="accent"
          testid="notify-hint"
          title={copy.hints.notifyTitle}
          text={copy.hints.notifyText}
        >
          <Button size="sm" look="outline" onClick={() => void ask()}>
            {copy.hints.notifyAction}
          </Button>
          <IconButton icon={X} size="sm" label={copy.hints.later} onClick={later} />
        </Strip>
      </Match>
    </Switch>
  );
}

function Strip(props: {
  icon: Icon;
  tone: 'brass' | 'accent';
  title: string;
  text?: string;
  testid: string;
  children?: JSX.Element;
}) {
  return (
    <div
      role="status"
      data-testid={props.testid}
      class={`flex min-h-12 shrink-0 items-center gap-3 border-b px-4 py-2 text-sm ${props.tone === 'brass' ? 'border-brass-line bg-brass-soft text-brass-text' : 'border-line bg-accent-soft text-accent-text'}`}
    >
      <Dynamic component={props.icon} size={17} class="shrink-0" aria-hidden />
      <p class="min-w-0 flex-1">
        <span class="font-semibold">{props.title}</span>
        <span class="ms-2 hidden lg:inline">{props.text}</span>
      </p>
      {props.children}
    </div>
  );
}
