import type { ClockPort } from './ports.ts';

/**
 * Asks once a key and remembers the answer for a while; those who ask meanwhile share it. A failure is
 * not remembered.
 */
export function remember<K, T>(clock: ClockPort, ms: number, ask: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const memories = new Map<K, { readonly answer: Promise<T>; readonly until: number }>();
  return (key) => {
    const now = clock.now();
    const known = memories.get(key);
    if (known && known.until > now) return known.answer;
    const fresh = { answer: ask(key), until: now + ms };
    memories.set(key, fresh);
    fresh.answer.catch(() => {
      if (memories.get(key) === fresh) memories.delete(key);
    });
    return fresh.answer;
  };
}
