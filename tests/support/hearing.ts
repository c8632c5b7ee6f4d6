import type { Call } from '../../ops/sim/meta/call.ts';

/**
 * Listens on the customer's phone until the tone is there.
 * @returns what the last 500 ms were. @throws when it does not come in time, with what came instead.
 */
export async function customerHears(
  call: Call,
  hertz: number,
  withinMs = 10_000,
): Promise<{ levelDbfs: number; purity: number }> {
  const until = performance.now() + withinMs;
  let heardMs = call.recording.milliseconds;
  for (;;) {
    heardMs += 500;
    await call.untilHeard(heardMs, Math.max(1, until - performance.now()));
    const { dominantHz, levelDbfs, purity } = await call.recording.measure({ lastMs: 500 });
    if (dominantHz !== null && Math.abs(dominantHz - hertz) < 10 && levelDbfs > -45) return { levelDbfs, purity };
    if (performance.now() > until) {
      throw new Error(
        `waited ${withinMs} ms for ${hertz} Hz; the customer hears ${dominantHz} Hz at ${levelDbfs.toFixed(0)} dBFS`,
      );
    }
  }
}

/** Listens until nothing but comfort noise is left: packets still come, and they are quiet. */
export async function customerHearsQuiet(call: Call, withinMs = 10_000): Promise<number> {
  const until = performance.now() + withinMs;
  let heardMs = call.recording.milliseconds;
  for (;;) {
    heardMs += 500;
    await call.untilHeard(heardMs, Math.max(1, until - performance.now()));
    const { levelDbfs } = await call.recording.measure({ lastMs: 400 });
    if (levelDbfs < -50) return levelDbfs;
    if (performance.now() > until) throw new Error(`the customer still hears ${levelDbfs.toFixed(0)} dBFS`);
  }
}
