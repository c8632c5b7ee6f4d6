import type { SilenceCause } from '../../control/contract/media.ts';
import type { MetaLeg } from './meta-leg.ts';

type Direction = 'from-customer' | 'to-customer';

/** How long after the customer came on the line both directions must have sound. */
export const watchdogMs = 3000;
// Encoded silence is a few bytes of Opus; with RTP header and SRTP tag (16 with GCM) it stays below this, while even
// a quiet room is above. Meta negotiates no audio level, so the size is all that an encrypted packet tells.
const silentDatagramBytes = 40;

/**
 * Looks once, 3 s from now, whether sound has passed in both directions since, and says why not.
 * `packetsOfDesk` says how many packets the desk sent whose turn it has been all the time; undefined if nobody's, as
 * while muted. The line itself tells nothing of the desk: where it is silent, comfort noise goes to the customer.
 * The returned function calls it off.
 */
export function watchForSilence(
  leg: MetaLeg,
  packetsOfDesk: () => number | undefined,
  onMissing: (direction: Direction, cause: SilenceCause) => void,
): () => void {
  const { fromMeta, toMeta } = leg.traffic;
  fromMeta.largest = 0;
  const before = { 'from-customer': fromMeta.packets, 'to-customer': toMeta.packets };
  const timer = setTimeout(() => {
    for (const direction of ['from-customer', 'to-customer'] as const) {
      const cause = causeOfSilence(leg, direction, before[direction]) ?? deskSilence(direction, packetsOfDesk());
      if (cause) onMissing(direction, cause);
    }
  }, watchdogMs);
  return () => clearTimeout(timer);
}

function causeOfSilence(leg: MetaLeg, direction: Direction, before: number): SilenceCause | undefined {
  if (!leg.hasIce) return 'no-ice';
  if (leg.phase !== 'connected') return 'no-dtls';
  const { fromMeta, toMeta } = leg.traffic;
  if ((direction === 'from-customer' ? fromMeta : toMeta).packets === before) return 'no-packets';
  return direction === 'from-customer' && fromMeta.largest <= silentDatagramBytes ? 'silence' : undefined;
}

const deskSilence = (direction: Direction, packets: number | undefined): SilenceCause | undefined =>
  direction === 'to-customer' && packets === 0 ? 'no-packets' : undefined;
