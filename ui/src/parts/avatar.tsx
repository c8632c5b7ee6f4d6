import { Show } from 'solid-js';
import UserRound from 'lucide-solid/icons/user-round';
import { initials } from '../words/phone.ts';

/** Hues that keep apart from each other and from go, stop and brass. */
const hues = [222, 255, 295, 335, 15, 50, 110, 185] as const;

const hueOf = (seed: string): number => {
  let sum = 0;
  for (const char of seed) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 997;
  return hues[sum % hues.length] ?? hues[0];
};

const sizes = { sm: 'size-8 text-xs', md: 'size-10 text-sm', lg: 'size-12 text-lg', xl: 'size-14 text-xl' } as const;

/** A person's letters on a colour that stays theirs. Decoration: the name stands beside it. */
export function Avatar(props: { name: string; seed: string; size?: keyof typeof sizes; onPanel?: boolean }) {
  const letters = () => initials(props.name);
  return (
    <span
      aria-hidden="true"
      class={`inline-flex shrink-0 items-center justify-center rounded-full font-semibold tracking-wide select-none ${sizes[props.size ?? 'md']}`}
      style={
        props.onPanel === true
          ? { background: `oklch(0.43 0.07 ${hueOf(props.seed)})`, color: `oklch(0.95 0.03 ${hueOf(props.seed)})` }
          : {
              background: `light-dark(oklch(0.905 0.045 ${hueOf(props.seed)}), oklch(0.36 0.055 ${hueOf(props.seed)}))`,
              color: `light-dark(oklch(0.385 0.09 ${hueOf(props.seed)}), oklch(0.9 0.055 ${hueOf(props.seed)}))`,
            }
      }
    >
      <Show when={letters()} fallback={<UserRound size="48%" />}>
        {letters()}
      </Show>
    </span>
  );
}
