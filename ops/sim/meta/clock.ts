/** Meta's calendar: real time, moved forward by tests that wait for a day or a week. */
export class SimClock {
  #aheadMs = 0;

  now(): number {
    return Date.now() + this.#aheadMs;
  }
  /** Whole seconds, as webhooks carry them. */
  seconds(): number {
    return Math.floor(this.now() / 1000);
  }
  /** Only what depends on the calendar moves (limits, permissions, windows); running timers do not. */
  advance(milliseconds: number): void {
    this.#aheadMs += milliseconds;
  }
}

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** How long Meta waits for things, milliseconds. */
export type Timing = {
  /** A ringing user-initiated call that nobody accepts; Meta says about 30 to 60 s. */
  answerTimeoutMs: number;
  /** A business-initiated call that the customer does not answer; not documented. */
  ringTimeoutMs: number;
  /** From the business's connect to the webhook with the answer. */
  connectDelayMs: number;
  /** From there to the status RINGING. */
  ringingDelayMs: number;
  /** No media after the call was accepted: 138021. */
  startWatchdogMs: number;
  /** Neither RTP nor RTCP in the middle of a call: 138021. */
  midWatchdogMs: number;
  /** A webhook that is not answered in this time has failed. */
  webhookTimeoutMs: number;
  /** Before each further attempt of a failed webhook; after the last one it is given up. */
  webhookRetriesMs: readonly number[];
};

export const metasTiming: Timing = {
  answerTimeoutMs: 45_000,
  ringTimeoutMs: 45_000,
  connectDelayMs: 700,
  ringingDelayMs: 200,
  startWatchdogMs: 20_000,
  midWatchdogMs: 30_000,
  webhookTimeoutMs: 20_000,
  webhookRetriesMs: [1000, 2000, 4000, 8000, 16_000, 32_000, minute, 2 * minute, 5 * minute],
};
