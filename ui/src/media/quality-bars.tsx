import { For, createSignal, onCleanup } from 'solid-js';
import { copy } from '../copy.ts';
import { Tip } from '../parts/tip.tsx';
import { useConsole } from '../shell/context.ts';
import { type LineSample, type Quality, qualityOf } from './quality.ts';

const everyMs = 2000;
/** Half a minute of a poor line is worth a line in the call's history. */
const poorSamples = 15;
const unknown: Quality = { bars: 0, worst: 'none' };

const colours = ['bg-panel-line', 'bg-panel-stop', 'bg-panel-stop', 'bg-panel-brass', 'bg-panel-go'] as const;

/** The line between this browser and the media node, read every two seconds. */
export function QualityBars() {
  const { media, desk } = useConsole();
  const [quality, setQuality] = createSignal(unknown);
  const [sample, setSample] = createSignal<LineSample>();
  let poorInARow = 0;
  let isReported = false;

  const read = async (): Promise<void> => {
    const now = await media.sample().catch(() => undefined);
    setSample(now);
    const isKnown = now !== undefined && (now.lossIn !== null || now.roundTripMs !== null);
    const judged = isKnown ? qualityOf(now) : unknown;
    setQuality(judged);
    poorInARow = isKnown && judged.bars <= 2 ? poorInARow + 1 : 0;
    if (poorInARow < poorSamples || isReported) return;
    isReported = true;
    desk.report('poor-network');
  };
  const interval = setInterval(() => void read(), everyMs);
  onCleanup(() => clearInterval(interval));

  const words = (): string => {
    const { bars, worst } = quality();
    const now = sample();
    const name = `${copy.quality.label}: ${copy.quality.names[bars]}.`;
    if (bars === 0 || !now) return name;
    const loss = Math.max(now.lossIn ?? 0, now.lossOut ?? 0);
    const figures = copy.quality.figures(`${(loss * 100).toFixed(1)} %`, ms(now.jitterMs), ms(now.roundTripMs));
    return `${name} ${copy.quality.why[worst]} ${figures}`;
  };

  return (
    <Tip text={words()} focusable>
      <span
        class="flex h-5 items-end gap-[3px]"
        role="img"
        aria-label={words()}
        data-testid="quality"
        data-bars={quality().bars}
      >
        <For each={[1, 2, 3, 4]}>
          {(bar) => (
            <span
              class={`w-1 rounded-full ${bar <= quality().bars ? colours[quality().bars] : 'bg-panel-line'}`}
              style={{ height: `${4 + bar * 3.5}px` }}
            />
          )}
        </For>
      </span>
    </Tip>
  );
}

const ms = (value: number | null): string => (value === null ? copy.quality.unknown : `${Math.round(value)} ms`);
