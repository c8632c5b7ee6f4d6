/** Opus RTP runs at 48 kHz whatever the audio's own rate (RFC 7587 §4.1). */
const ticksPerMs = 48;
/** One packet of 20 ms. */
export const frameTicks = 960;

// A jump this far inside one source is no loss but a new start of its numbering.
const maxGap = 50;
// A process that stood still for longer than this many frames does not make up for them; the line jumps to the clock.
const maxOwed = 8;
const maxStepTicks = (maxGap + 1) * 3 * frameTicks;
// Speech that arrives later than this against the source's own pace is not played late but left out: a
// conversation that keeps its delay is worth more than the words of a network that stood still.
const maxLateTicks = 100 * ticksPerMs;
// The source's pace is the smallest transit of the last one or two windows, so that two clocks may drift apart.
const windowTicks = 10_000 * ticksPerMs;
// A network that wakes up delivers what it held back all at once. Who is still late after this time is not late but
// has another clock (a browser's timestamps may stand still while it is muted).
const maxLatePeriodMs = 60;

/**
 * The one RTP line that leaves towards the customer (RFC 3550 §5.1), fed by sources that take turns and by comfort
 * noise. Numbers only: no clock of its own, no packets. Rules:
 *
 * - A *run* is a stretch of one source. Inside it the source's gaps and reordering pass through, since the far
 *   decoder conceals losses best when it sees them.
 * - A new run, and comfort noise, go on at the next sequence number and the next frame, marked. Whoever drives the line
 *   asks `owed` and fills with comfort noise up to the clock first, so that silence leaves no hole and adds no delay.
 * - No number is used twice: what belongs before the present run is refused.
 *
 * `accept` and `comfort` leave their result in `seq`, `ts` and `marker`: nothing is allocated for a packet.
 */
export class Timeline {
  seq = 0;
  ts = 0;
  marker = false;

  readonly #startTs: number;
  // The head is the newest packet sent; both numbers are unwrapped (they never overflow within 2^53).
  #headSeq: number;
  #headTs: number;
  #startedAt = Number.NaN;
  /** Bit i says that the number `head - i` was sent. */
  #sent = 0;

  #inRun = false;
  #isComfort = false;
  #knowsSource = false;
  // The newest packet of the source, unwrapped, and how its numbers become ours in the present run.
  #srcSeq = 0;
  #srcTs = 0;
  #seqOffset = 0;
  #tsOffset = 0;
  #runFirstSeq = 0;
  // Transit is arrival minus timestamp; its smallest value is the source's own pace.
  #minTransit = Infinity;
  #earlierMinTransit = Infinity;
  #windowEnd = -Infinity;
  #lateSince = Number.NaN;

  constructor(startSeq: number, startTs: number) {
    this.#headSeq = startSeq - 1;
    this.#headTs = startTs - frameTicks;
    this.#startTs = startTs;
  }

  /** Another source takes over: its next packet starts a run, whatever its numbers. */
  cut(): void {
    this.#inRun = false;
    this.#knowsSource = false;
  }

  /**
   * Places a packet of the present source.
   * @param srcSeq 16 bits as received. @param srcTs 32 bits as received. @param now monotonic, ms.
   * @returns false when the packet must not be sent: a duplicate, older than the run, or too late to be heard.
   */
  accept(srcSeq: number, srcTs: number, now: number): boolean {
    if (!this.#knowsSource) {
      this.#knowsSource = true;
      this.#srcSeq = srcSeq;
      this.#srcTs = srcTs;
      this.#forgetPace();
      return this.#startRun(now);
    }
    const step = int16(srcSeq - this.#srcSeq);
    const ticks = (srcTs - this.#srcTs) | 0;
    const isNear = step <= maxGap && step >= -maxGap;
    if (this.#inRun && isNear && (step <= 0 || (ticks > 0 && ticks < maxStepTicks))) {
      return this.#goOn(step, ticks, now);
    }
    if (!this.#inRun && isNear && step <= 0) return false;
    if (!this.#inRun && this.#isTooLate(this.#srcTs + ticks, now)) return false;
    this.#srcSeq += step;
    this.#srcTs += ticks;
    return this.#startRun(now);
  }

  /** Is a source in the middle of its run, so that its next packet goes on where the last one was? */
  get inRun(): boolean {
    return this.#inRun;
  }

  /**
   * How many frames the line lacks to be where the clock is; to be asked once a beat. Neither a beat that comes a little
   * early nor one that comes a little late changes the answer from one frame a beat.
   */
  owed(now: number): number {
    const frames = this.#lack(now);
    return frames > maxOwed ? 1 : frames;
  }

  /** Places one frame of comfort noise. */
  comfort(now: number): void {
    const first = !this.#isComfort;
    this.#inRun = false;
    this.#isComfort = true;
    this.#advance(now);
    this.#emit(this.#headSeq, this.#headTs, first);
  }

  #startRun(now: number): boolean {
    this.#advance(now);
    this.#inRun = true;
    this.#isComfort = false;
    this.#runFirstSeq = this.#headSeq;
    this.#seqOffset = this.#headSeq - this.#srcSeq;
    this.#tsOffset = this.#headTs - this.#srcTs;
    this.#watchPace(now);
    this.#emit(this.#headSeq, this.#headTs, true);
    return true;
  }

  #goOn(step: number, ticks: number, now: number): boolean {
    const seq = this.#srcSeq + step + this.#seqOffset;
    const ts = this.#srcTs + ticks + this.#tsOffset;
    if (step > 0) {
      this.#srcSeq += step;
      this.#srcTs += ticks;
      this.#sent = step > 31 ? 1 : (this.#sent << step) | 1;
      this.#headSeq = seq;
      this.#headTs = ts;
      this.#watchPace(now);
    } else {
      const bit = 1 << -step;
      if (seq < this.#runFirstSeq || step < -31 || (this.#sent & bit) !== 0) return false;
      this.#sent |= bit;
    }
    this.#emit(seq, ts, false);
    return true;
  }

  #lack(now: number): number {
    if (Number.isNaN(this.#startedAt)) return 1;
    const clock = this.#startTs + (now - this.#startedAt) * ticksPerMs;
    const frames = (clock - this.#headTs) / frameTicks;
    return frames < 0.25 ? 0 : Math.max(1, Math.floor(frames + 0.25));
  }

  /** Moves the head to the next number and the next frame. */
  #advance(now: number): void {
    const lack = this.#lack(now);
    if (Number.isNaN(this.#startedAt)) this.#startedAt = now;
    this.#headSeq += 1;
    this.#headTs += (lack > maxOwed ? lack : 1) * frameTicks;
    this.#sent = (this.#sent << 1) | 1;
  }

  #isTooLate(srcTs: number, now: number): boolean {
    const transit = now * ticksPerMs - srcTs;
    if (transit - Math.min(this.#minTransit, this.#earlierMinTransit) <= maxLateTicks) {
      this.#lateSince = Number.NaN;
      return false;
    }
    if (Number.isNaN(this.#lateSince)) this.#lateSince = now;
    if (now - this.#lateSince < maxLatePeriodMs) return true;
    this.#forgetPace();
    return false;
  }

  #watchPace(now: number): void {
    const at = now * ticksPerMs;
    if (at > this.#windowEnd) {
      this.#earlierMinTransit = this.#minTransit;
      this.#minTransit = Infinity;
      this.#windowEnd = at + windowTicks;
    }
    const transit = at - this.#srcTs;
    if (transit < this.#minTransit) this.#minTransit = transit;
  }

  #forgetPace(): void {
    this.#minTransit = Infinity;
    this.#earlierMinTransit = Infinity;
    this.#windowEnd = -Infinity;
    this.#lateSince = Number.NaN;
  }

  #emit(seq: number, ts: number, marker: boolean): void {
    this.seq = seq & 0xffff;
    // 2^53 leaves room for millennia; only the lowest 32 bits travel.
    this.ts = ts % 0x1_0000_0000;
    this.marker = marker;
  }
}

const int16 = (n: number): number => (n << 16) >> 16;
