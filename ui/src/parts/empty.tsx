import { type JSX, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import type { Icon } from './button.tsx';

/** A place with nothing in it says what will be there, and how it gets there. */
export function Empty(props: { icon: Icon; title: string; text?: string; children?: JSX.Element }) {
  return (
    <div class="flex h-full flex-col items-center justify-center px-8 py-12 text-center">
      <span class="mb-4 inline-flex size-12 items-center justify-center rounded-full bg-sunken text-faint">
        <Dynamic component={props.icon} size={22} stroke-width={1.75} aria-hidden />
      </span>
      <h2 class="text-lg font-semibold text-balance">{props.title}</h2>
      <Show when={props.text}>
        <p class="mt-1.5 max-w-80 text-base text-pretty text-soft">{props.text}</p>
      </Show>
      <Show when={props.children}>
        <div class="mt-5">{props.children}</div>
      </Show>
    </div>
  );
}

/** Grey rows in the place of a list that is on its way. */
export function Skeleton(props: { rows: number }) {
  return (
    <div class="animate-pulse space-y-1 p-2" aria-hidden="true">
      {Array.from({ length: props.rows }, (_, i) => (
        <div class="flex items-center gap-3 p-3">
          <div class="size-10 shrink-0 rounded-full bg-sunken" />
          <div class="flex-1 space-y-2">
            <div class="h-3 rounded-sm bg-sunken" style={{ width: `${45 + ((i * 17) % 35)}%` }} />
            <div class="h-2.5 rounded-sm bg-sunken" style={{ width: `${60 + ((i * 23) % 35)}%` }} />
          </div>
        </div>
      ))}
    </div>
  );
}
