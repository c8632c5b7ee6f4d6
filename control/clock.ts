import type { ClockPort } from './ports.ts';

/** The machine's own clock. Its timers keep no process alive. */
export const systemClock: ClockPort = {
  now: () => Date.now(),
  at(at, run) {
    const timer = setTimeout(run, Math.max(0, at - Date.now()));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Runs again and again, `ms` after the last run ended, until the returned function is called; that waits for a run under way. */
export function every(clock: ClockPort, ms: number, run: () => Promise<void>): () => Promise<void> {
  let stopped = false;
  let cancel: (() => void) | undefined;
  let running = Promise.resolve();
  const arm = (): void => {
    if (stopped) return;
    cancel = clock.at(clock.now() + ms, () => {
      running = run().finally(arm);
    });
  };
  arm();
  return async () => {
    stopped = true;
    cancel?.();
    await running;
  };
}
