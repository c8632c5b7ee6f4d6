import type { SilenceCause } from '../../control/contract/media.ts';
import type { MetaLeg } from './meta-leg.ts';

type Direction = 'from-customer' | 'to-customer';

/** How long after the gate opened both directions must have sound. */
export const watchdogMs = 3000;
// Encoded silence is a few bytes of Opus; with RTP header and SRTP tag (16 with GCM) it stays below this, while even
// a quiet room is above. Meta negotiates no audio level, so the size is all that an encrypted packet tells.
const silentDatagramBytes = 40;

/**
 * Looks once, 3 s after the gate opened, whether sound passes in both directions, and says why not.
 * The returned function calls it off.
 */
export function watchForSilence(
  leg: MetaLeg,
  onMissing: (direction: Direction, cause: SilenceCause) => void,
): () => void {
  leg.traffic.fromMeta.largest = 0;
  const timer = setTimeout(() => {
    for (const direction of ['from-customer', 'to-customer'] as const) {
      const cause = causeOfSilence(leg, direction);
      if (cause) onMissing(direction, cause);
    }
  }, watchdogMs);
  return () => clearTimeout(timer);
}

function causeOfSilence(leg: MetaLeg, direction: Direction): SilenceCause | undefined {
  if (!leg.hasIce) return 'no-ice';
  if (leg.phase !== 'connected') return 'no-dtls';
  const { fromMeta, toMeta } = leg.traffic;
  if ((direction === 'from-customer' ? fromMeta : toMeta).packets === 0) return 'no-packets';
  return direction === 'from-customer' && fromMeta.largest <= silentDatagramBytes ? 'silence' : undefined;
}
