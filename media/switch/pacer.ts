type Tick = (now: number) => void;

const frameMs = 20;

/**
 * One 20 ms beat for all calls of the process. It follows the clock and not its own timers, so it does not drift;
 * beats that a stalled process missed are left out, never made up for in a burst.
 */
export class Pacer {
  readonly #ticks = new Set<Tick>();
  /** How late a beat came, ms: the process's own share of jitter. */
  readonly #onBeat: (lateMs: number) => void;
  readonly #onError: (error: unknown) => void;
  #due = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param onError takes what a call's tick threw: the other calls go on. */
  constructor(onBeat: (lateMs: number) => void = nothing, onError: (error: unknown) => void = nothing) {
    this.#onBeat = onBeat;
    this.#onError = onError;
  }

  /** Calls `tick` on every beat until the returned function is called. The pacer rests while nobody listens. */
  add(tick: Tick): () => void {
    this.#ticks.add(tick);
    if (!this.#timer) {
      this.#due = performance.now() + frameMs;
      this.#timer = setTimeout(this.#beat, frameMs);
    }
    return () => {
      this.#ticks.delete(tick);
      if (this.#ticks.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  readonly #beat = (): void => {
    const now = performance.now();
    const late = now - this.#due;
    this.#onBeat(Math.max(0, late));
    for (const tick of this.#ticks) {
      try {
        tick(now);
      } catch (error) {
        this.#onError(error);
      }
    }
    if (this.#ticks.size === 0) return;
    // Node fires timers up to a millisecond early; the next beat is counted from when this one was due.
    this.#due += frameMs * (1 + Math.max(0, Math.floor(late / frameMs)));
    this.#timer = setTimeout(this.#beat, Math.max(1, this.#due - performance.now()));
  };
}

const nothing = (): void => undefined;
