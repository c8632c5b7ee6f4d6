import { Dynamic } from 'solid-js/web';
import { type Component, type JSX, Show, splitProps } from 'solid-js';
import LoaderCircle from 'lucide-solid/icons/loader-circle';

export type Icon = Component<{
  size?: number | string;
  class?: string;
  'stroke-width'?: number | string;
  'aria-hidden'?: boolean;
}>;

const looks = {
  primary: 'bg-accent text-on-accent hover:bg-accent-hover shadow-1',
  quiet: 'text-soft hover:bg-hover hover:text-ink',
  outline: 'border border-line-strong bg-raised text-ink hover:bg-hover shadow-1',
  go: 'bg-go text-on-signal hover:bg-go-hover',
  stop: 'bg-stop text-on-signal hover:bg-stop-hover',
  panel: 'bg-panel-raised text-panel-ink hover:bg-panel-hover',
  'panel-quiet': 'text-panel-soft hover:bg-panel-raised hover:text-panel-ink',
  brass: 'bg-brass-soft text-brass-text hover:bg-brass-line/60',
} as const;

const sizes = {
  sm: 'h-8 px-3 text-sm gap-1.5 rounded-md',
  md: 'h-9 px-3.5 text-base gap-2 rounded-md',
  lg: 'h-11 px-5 text-base gap-2 rounded-lg',
} as const;

type ButtonProps = JSX.ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: keyof typeof looks;
  size?: keyof typeof sizes;
  icon?: Icon;
  /** Shows that it works; it can't be pressed meanwhile. */
  working?: boolean;
};

/** A button with words. */
export function Button(props: ButtonProps) {
  const [own, rest] = splitProps(props, ['look', 'size', 'icon', 'working', 'class', 'children', 'disabled']);
  return (
    <button
      type="button"
      {...rest}
      disabled={own.disabled === true || own.working === true}
      aria-busy={own.working}
      class={`inline-flex shrink-0 items-center justify-center font-medium whitespace-nowrap transition-colors duration-150 select-none disabled:opacity-55 ${looks[own.look ?? 'outline']} ${sizes[own.size ?? 'md']} ${own.class ?? ''}`}
    >
      <Show when={own.working} fallback={<Glyph icon={own.icon} />}>
        <LoaderCircle size={16} class="animate-spin" aria-hidden />
      </Show>
      {own.children}
    </button>
  );
}

function Glyph(props: { icon: Icon | undefined }) {
  return <Show when={props.icon}>{(icon) => <Dynamic component={icon()} size={16} aria-hidden />}</Show>;
}

type IconButtonProps = JSX.ButtonHTMLAttributes<HTMLButtonElement> & {
  icon: Icon;
  /** What a screen reader says, and the tooltip. */
  label: string;
  look?: keyof typeof looks;
  size?: 'sm' | 'md' | 'lg';
};

const squares = { sm: 'size-8 rounded-md', md: 'size-9 rounded-md', lg: 'size-11 rounded-lg' } as const;
const glyphs = { sm: 16, md: 18, lg: 20 } as const;

/** A button with a sign alone. */
export function IconButton(props: IconButtonProps) {
  const [own, rest] = splitProps(props, ['icon', 'label', 'look', 'size', 'class']);
  return (
    <button
      type="button"
      title={own.label}
      aria-label={own.label}
      {...rest}
      class={`inline-flex shrink-0 items-center justify-center transition-colors duration-150 disabled:opacity-50 ${looks[own.look ?? 'quiet']} ${squares[own.size ?? 'md']} ${own.class ?? ''}`}
    >
      <Dynamic component={own.icon} size={glyphs[own.size ?? 'md']} aria-hidden />
    </button>
  );
}
