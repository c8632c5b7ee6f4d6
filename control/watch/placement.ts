import { Fault } from '../contract/fault.ts';
import type { NodeId } from '../contract/ids.ts';
import { mediaNodeBeatMs, type NodeCard } from '../contract/media.ts';
import type { ClockPort, MediaPort } from '../ports.ts';

export type Placement = {
  /** The media node with the most room; null when none has any. */
  place(not?: NodeId): Promise<NodeId | null>;
};

/** So long the cards read last are good enough. A node that is gone by then refuses, and another one is tried. */
const rememberMs = 60_000;

/** Which media node takes a call. */
export function createPlacement(media: Pick<MediaPort, 'nodes'>, clock: ClockPort): Placement {
  // A node's card is up to one beat old: what was placed since then is not on it yet.
  const recent: { readonly nodeId: NodeId; readonly at: number }[] = [];
  let known: { readonly cards: readonly NodeCard[]; readonly at: number } | undefined;

  /**
   * While the registry cannot be read, or has forgotten everybody (a Redis that came back without its data), nodes are
   * as they were: a caller cannot wait for it.
   */
  async function read(): Promise<readonly NodeCard[]> {
    const now = clock.now();
    try {
      const cards = await media.nodes();
      if (cards.length > 0 || !known || known.at < now - rememberMs) known = { cards, at: now };
    } catch (error) {
      if (!known || known.at < now - rememberMs) throw error;
    }
    return known.cards;
  }

  const roomOf = ({ nodeId, capacity, legs }: NodeCard): number =>
    capacity - legs - recent.filter((placed) => placed.nodeId === nodeId).length;

  return {
    async place(not) {
      const cards = await read();
      const now = clock.now();
      while (recent[0] && recent[0].at < (known?.at ?? now) - mediaNodeBeatMs) recent.shift();
      const [best] = cards
        .filter((card) => !card.draining && card.nodeId !== not && roomOf(card) > 0)
        .toSorted((a, b) => roomOf(b) - roomOf(a));
      if (!best) return null;
      recent.push({ nodeId: best.nodeId, at: now });
      return best.nodeId;
    },
  };
}

export const noCapacity = (): Fault =>
  new Fault('media/no-capacity', 'No media server has room for another call. Please try again in a moment.', {
    retryable: true,
  });
