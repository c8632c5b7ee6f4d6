/** Whoever waits until something is so: asked again after every `wake`, never by polling. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  get any(): boolean {
    return this.#waiting.size > 0;
  }

  wake(): void {
    for (const resolve of this.#waiting) resolve();
  }

  /** @returns what `probe` finds, as soon as it finds something. Throws `complaint` after `timeoutMs`. */
  async until<T>(probe: () => T | undefined, timeoutMs: number, complaint: () => string): Promise<T> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const found = probe();
      if (found !== undefined) return found;
      const left = end - performance.now();
      if (left <= 0) throw new Error(`${complaint()} (waited ${timeoutMs} ms)`);
      const woken = Promise.withResolvers<void>();
      this.#waiting.add(woken.resolve);
      const timer = setTimeout(woken.resolve, left);
      await woken.promise;
      clearTimeout(timer);
      this.#waiting.delete(woken.resolve);
    }
  }
}
