import { type Accessor, createRoot, createSignal, onCleanup } from 'solid-js';
import { serverNow } from '../api/server-clock.ts';

/** One ticking clock for the whole console; it stands still while nobody looks. */
const clocks = new Map<number, { now: Accessor<number>; users: number; stop: () => void }>();

/**
 * The server's time, renewed every `everyMs`.
 * @example const now = useNow(1000); <span>{timer((now() - since) / 1000)}</span>
 */
export function useNow(everyMs = 1000): Accessor<number> {
  let clock = clocks.get(everyMs);
  if (!clock) {
    clock = createRoot(() => {
      const [now, setNow] = createSignal(serverNow());
      const interval = setInterval(() => setNow(serverNow()), everyMs);
      return { now, users: 0, stop: () => clearInterval(interval) };
    });
    clocks.set(everyMs, clock);
  }
  const used = clock;
  used.users += 1;
  onCleanup(() => {
    used.users -= 1;
    if (used.users > 0) return;
    used.stop();
    clocks.delete(everyMs);
  });
  return used.now;
}
