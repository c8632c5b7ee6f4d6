/** Lets so many through at a time; of those who wait, the urgent ones go first. */
export type Gate = { through<T>(urgent: boolean, run: () => Promise<T>): Promise<T> };

export function createGate(places: number): Gate {
  let free = places;
  const urgents: (() => void)[] = [];
  const others: (() => void)[] = [];
  const leave = (): void => {
    const next = urgents.shift() ?? others.shift();
    if (next) next();
    else free += 1;
  };
  return {
    async through(urgent, run) {
      if (free > 0) free -= 1;
      else {
        const turn = Promise.withResolvers<void>();
        (urgent ? urgents : others).push(turn.resolve);
        await turn.promise;
      }
      try {
        return await run();
      } finally {
        leave();
      }
    },
  };
}
