import { For } from 'solid-js';
import { copy } from '../copy.ts';
import { useConsole } from '../shell/context.ts';
import { createLevel } from './level.ts';

const steps = Array.from({ length: 10 }, (_, i) => i);

/** Proof that the microphone hears something. */
export function LevelMeter() {
  const { microphone } = useConsole();
  const level = createLevel(microphone.track);
  const lit = (i: number): boolean => !microphone.muted() && level() * steps.length > i + 0.3;
  return (
    <div
      class="flex h-6 items-center gap-[3px]"
      role="meter"
      aria-label={copy.microphone.level}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(microphone.muted() ? 0 : level() * 100)}
      title={copy.microphone.level}
      data-testid="level-meter"
    >
      <For each={steps}>
        {(i) => (
          <span
            class={`w-[3px] rounded-full transition-colors duration-75 ${lit(i) ? (i > 7 ? 'bg-panel-brass' : 'bg-panel-go') : 'bg-panel-line'}`}
            style={{ height: `${8 + i * 1.2}px` }}
          />
        )}
      </For>
    </div>
  );
}
