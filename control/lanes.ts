/** Runs what has the same key one after the other, and the rest side by side. */
export type Lanes<K> = {
  /** Resolves as `run` does; one that fails does not hold the next one up. */
  run<T>(key: K, run: () => Promise<T>): Promise<T>;
  readonly size: number;
  /** Waits until every lane is empty, also of what is added meanwhile. */
  settle(): Promise<void>;
};

export function createLanes<K>(): Lanes<K> {
  const tails = new Map<K, Promise<void>>();
  const sweep = (key: K, tail: Promise<void>): void => {
    if (tails.get(key) === tail) tails.delete(key);
  };
  return {
    run(key, run) {
      const turn = (tails.get(key) ?? Promise.resolve()).then(run);
      const tail: Promise<void> = turn.then(
        () => sweep(key, tail),
        () => sweep(key, tail),
      );
      tails.set(key, tail);
      return turn;
    },
    get size() {
      return tails.size;
    },
    async settle() {
      while (tails.size > 0) await Promise.all(tails.values());
    },
  };
}
