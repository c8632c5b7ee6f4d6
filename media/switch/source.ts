import type { TakeRtp } from '../sfu/rtp-port.ts';

/**
 * Somebody who can speak to the customer: a desk's microphone; later the assistant, hold music. A source hands over
 * Opus packets of payload type 111, 20 ms, 48 kHz, with its own sequence numbers and timestamps, whenever it has them.
 */
export type RtpSource = {
  /** For logs. */
  readonly label: string;
  /** Begins to hand packets to `take`; each buffer is the taker's own. The returned function ends it. */
  start(take: TakeRtp): () => void;
};
