type Beat = () => void;

const phases = 4;
const periodMs = 20;

/**
 * One clock for every call that plays: each is called every 20 ms. The calls are spread over four
 * phases of 5 ms, so that a hundred of them do not send in one burst.
 */
export class Pacer {
  readonly #phases: Set<Beat>[] = Array.from({ length: phases }, () => new Set());
  #timer: NodeJS.Timeout | undefined;
  #started = 0;
  #turn = 0;

  /** @returns stops the calling. */
  every20ms(beat: Beat): () => void {
    const phase = this.#phases.reduce((least, set) => (set.size < least.size ? set : least));
    phase.add(beat);
    if (!this.#timer) {
      this.#started = performance.now();
      this.#turn = 0;
      this.#next();
    }
    return () => {
      phase.delete(beat);
      if (this.#phases.every((set) => set.size === 0)) this.close();
    };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #next(): void {
    const due = this.#started + this.#turn * (periodMs / phases);
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, due - performance.now()));
  }

  #tick(): void {
    // A late timer catches up turn by turn, so that the average rate stays 50 packets a second; after a
    // long stop (a debugger, a suspended machine) it starts anew instead of flooding.
    const due = Math.floor((performance.now() - this.#started) / (periodMs / phases));
    if (due - this.#turn > 50 * phases) this.#turn = due;
    for (; this.#turn <= due; this.#turn += 1) {
      for (const beat of this.#phases[this.#turn % phases]!) beat();
    }
    this.#next();
  }
}
