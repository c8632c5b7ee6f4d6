import type { ClockPort } from '../../../control/ports.ts';

/** Time that stands still until a test turns it. */
export class FakeClock implements ClockPort {
  #now: number;
  readonly #waiting = new Map<() => void, number>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  at(at: number, run: () => void): () => void {
    const entry = (): void => run();
    this.#waiting.set(entry, at);
    return () => this.#waiting.delete(entry);
  }

  /** Turns it forward; what was due on the way runs in its order. */
  pass(ms: number): void {
    this.#now += ms;
    const due = [...this.#waiting].filter(([, at]) => at <= this.#now).toSorted(([, a], [, b]) => a - b);
    for (const [run] of due) {
      this.#waiting.delete(run);
      run();
    }
  }
}
