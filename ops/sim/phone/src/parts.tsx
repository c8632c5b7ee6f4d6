import { createSignal, onCleanup, type JSX } from 'solid-js';
import { hueOf, initialsOf, timeOf } from './words.ts';

/** A face for somebody without a picture. */
export function Avatar(props: { name: string; class?: string }): JSX.Element {
  const hue = (): number => hueOf(props.name);
  return (
    <span
      aria-hidden="true"
      class={`grid shrink-0 place-items-center rounded-full font-semibold text-white ${props.class ?? 'size-12'}`}
      style={{
        background: `linear-gradient(140deg, oklch(0.68 0.15 ${hue()}), oklch(0.5 0.17 ${(hue() + 50) % 360}))`,
      }}
    >
      {initialsOf(props.name)}
    </span>
  );
}

/** The device around the page; on a real phone there is one already. */
export function Device(props: { children: JSX.Element }): JSX.Element {
  return (
    <div class="grid h-full place-items-center sm:p-4">
      <main class="relative isolate flex size-full flex-col overflow-hidden bg-paper sm:h-[min(844px,100%)] sm:w-[390px] sm:rounded-[2.75rem] sm:shadow-2xl sm:ring-8 sm:ring-[oklch(0.2_0.03_300)]">
        {props.children}
      </main>
    </div>
  );
}

export function RoundButton(props: {
  label: string;
  look: 'go' | 'stop' | 'glass' | 'lit';
  onClick: () => void;
  children: JSX.Element;
  testId?: string;
}): JSX.Element {
  const looks = {
    go: 'bg-go text-white',
    stop: 'bg-stop text-white',
    glass: 'bg-white/15 text-white backdrop-blur',
    lit: 'bg-white text-[oklch(0.25_0.08_298)]',
  };
  return (
    <button
      type="button"
      class="flex flex-col items-center gap-2 text-xs font-medium text-white/85"
      data-testid={props.testId}
      onClick={() => props.onClick()}
    >
      <span
        class={`grid size-16 place-items-center rounded-full shadow-lg transition active:scale-95 ${looks[props.look]}`}
      >
        {props.children}
      </span>
      {props.label}
    </button>
  );
}

/** The top of a phone's screen; a real phone has its own. */
export function StatusBar(props: { class: string }): JSX.Element {
  const [now, setNow] = createSignal(Date.now());
  const timer = setInterval(() => setNow(Date.now()), 5000);
  onCleanup(() => clearInterval(timer));
  return (
    <div
      aria-hidden="true"
      class={`figures pointer-events-none absolute inset-x-0 top-0 z-[1] hidden justify-between px-8 pt-3 text-sm font-semibold sm:flex ${props.class}`}
    >
      <span>{timeOf(now())}</span>
      <span>5G</span>
    </div>
  );
}
