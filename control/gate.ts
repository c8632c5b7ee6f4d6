/** Lets so many through at a time; of those who wait, the urgent ones go first. */
export type Gate = { through<T>(urgent: boolean, run: () => Promise<T>): Promise<T> };

/** @param forOthers how many of the places those may take who are not urgent, so that the loop stays free for more. */
export function createGate(places: number, forOthers: number = places): Gate {
  const inside = { urgent: 0, others: 0 };
  const waiting = { urgent: [] as (() => void)[], others: [] as (() => void)[] };
  const hasRoom = (lane: keyof typeof inside): boolean =>
    inside.urgent + inside.others < places && (lane === 'urgent' || inside.others < forOthers);
  const admit = (): void => {
    for (const lane of ['urgent', 'others'] as const) {
      for (let next = waiting[lane][0]; next && hasRoom(lane); next = waiting[lane][0]) {
        waiting[lane].shift();
        inside[lane] += 1;
        next();
      }
    }
  };
  return {
    async through(urgent, run) {
      const lane = urgent ? 'urgent' : 'others';
      const turn = Promise.withResolvers<void>();
      waiting[lane].push(turn.resolve);
      admit();
      await turn.promise;
      try {
        return await run();
      } finally {
        inside[lane] -= 1;
        admit();
      }
    },
  };
}
