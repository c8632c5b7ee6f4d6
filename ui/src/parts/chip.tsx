import type { JSX } from 'solid-js';

const tones = {
  plain: 'bg-sunken text-soft',
  accent: 'bg-accent-soft text-accent-text',
  brass: 'bg-brass-soft text-brass-text',
  go: 'bg-go-soft text-go-text',
  stop: 'bg-stop-soft text-stop-text',
} as const;
export type ChipTone = keyof typeof tones;

/** A small state in words. */
export function Chip(props: {
  tone: ChipTone;
  children: JSX.Element;
  title?: string;
  'data-testid'?: string;
  class?: string;
}) {
  return (
    <span
      title={props.title}
      data-testid={props['data-testid']}
      class={`inline-flex h-6 shrink-0 items-center gap-1.5 rounded-full px-2.5 text-xs font-medium whitespace-nowrap ${tones[props.tone]} ${props.class ?? ''}`}
    >
      {props.children}
    </span>
  );
}
