import type { ClockPort } from './ports.ts';

/** Asks once and remembers the answer for a while; those who ask meanwhile share it. A failure is not remembered. */
export function remember<T>(clock: ClockPort, ms: number, ask: () => Promise<T>): () => Promise<T> {
  let memory: { readonly answer: Promise<T>; readonly until: number } | undefined;
  return () => {
    const now = clock.now();
    if (memory && memory.until > now) return memory.answer;
    const answer = ask();
    const fresh = { answer, until: now + ms };
    memory = fresh;
    answer.catch(() => {
      if (memory === fresh) memory = undefined;
    });
    return answer;
  };
}
