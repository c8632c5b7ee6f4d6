import type { Timing } from './clock.ts';
import { preciseNow } from './relay/rtp-watch.ts';

type Heartbeat = { readonly firstRtpAt: number | null; readonly lastAliveAt: number | null };

/**
 * Meta's media watchdog: a call that never had RTP is given `startWatchdogMs` from its pick-up, one that had it
 * `midWatchdogMs` from its last sign of life, RTP or RTCP.
 */
export class MediaWatchdog {
  readonly #leg: Heartbeat;
  readonly #timing: Timing;
  readonly #since = preciseNow();
  readonly #onSilent: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(leg: Heartbeat, timing: Timing, onSilent: () => void) {
    this.#leg = leg;
    this.#timing = timing;
    this.#onSilent = onSilent;
    this.#look();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** One timer that looks when it is due, instead of one that every packet sets anew. */
  #look(): void {
    const { startWatchdogMs, midWatchdogMs } = this.#timing;
    const { firstRtpAt, lastAliveAt } = this.#leg;
    const due =
      firstRtpAt === null ? this.#since + startWatchdogMs : Math.max(lastAliveAt ?? 0, this.#since) + midWatchdogMs;
    const left = due - preciseNow();
    if (left <= 0) this.#onSilent();
    // The shorter of the two may begin to count while the longer one is waited for.
    else this.#timer = setTimeout(() => this.#look(), Math.min(left, startWatchdogMs, midWatchdogMs) + 1);
  }
}
