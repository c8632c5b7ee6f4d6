/** Lets a test wait for what it expects, and fail with words when it does not come. */
export type Signal = {
  /** Something happened: whoever waits looks again. */
  bump(): void;
  /** Resolves with what `look` finds, at once or after a bump. */
  until<T>(what: string, look: () => T | undefined | false | null | Promise<T | undefined | false | null>): Promise<T>;
};

/** Far more than it ever takes, also on a machine that does much else. */
const patienceMs = 20_000;

export function createSignal(): Signal {
  const waiting = new Set<() => void>();
  return {
    bump() {
      for (const wake of waiting) wake();
    },
    async until(what, look) {
      const deadline = performance.now() + patienceMs;
      for (;;) {
        const woken = Promise.withResolvers<void>();
        waiting.add(woken.resolve);
        const found = await look();
        if (found !== undefined && found !== false && found !== null) {
          waiting.delete(woken.resolve);
          return found;
        }
        const left = deadline - performance.now();
        if (left <= 0) throw new Error(`waited in vain: ${what}`);
        // A look at the database has no bump of its own.
        const timer = setTimeout(woken.resolve, Math.min(left, 20));
        await woken.promise;
        clearTimeout(timer);
        waiting.delete(woken.resolve);
      }
    },
  };
}
