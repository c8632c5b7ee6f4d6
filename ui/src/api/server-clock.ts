/** Below this a difference may be the answer's way and the header's whole seconds. */
const toleranceMs = 2000;
let skewMs = 0;

/** Learns from an answer's `Date` header how wrong this machine's clock is. */
export function learnServerTime(dateHeader: string | null, now: number = Date.now()): void {
  const told = dateHeader === null ? Number.NaN : Date.parse(dateHeader);
  if (Number.isNaN(told)) return;
  // The header cuts the fraction off: on average half a second has passed.
  const difference = told + 500 - now;
  skewMs = Math.abs(difference) > toleranceMs ? difference : 0;
}

/** Milliseconds since the epoch by the server's clock: countdowns and timers are about its instants. */
export const serverNow = (): number => Date.now() + skewMs;
