import { DeskId, type UserId, createId } from '../../../control/contract/ids.ts';

/** What is needed of the browser; structural, so that tests can stand in for it. */
export type TabStorage = { getItem(key: string): string | null; setItem(key: string, value: string): void };
export type TabLocks = {
  request(name: string, options: { signal: AbortSignal }, hold: (lock: unknown) => Promise<unknown>): Promise<unknown>;
};

const keyOf = (userId: UserId): string => `switchboard.desk.${userId}`;
/** A reload's old document gives its lock back within moments; a duplicated tab's never does. */
const patienceMs = 1500;

/**
 * This tab's desk id. It lives in sessionStorage, so a reload keeps it and may return to its call.
 * A duplicated tab gets a copy of that storage: the lock tells who was first, and the copy takes a
 * new id. Whoever signs in behind somebody else in one tab has a desk of their own. Without locks (an insecure origin) the stored id is trusted.
 */
export async function claimDeskId(
  userId: UserId,
  storage: TabStorage,
  locks: TabLocks | undefined,
  patience = patienceMs,
): Promise<DeskId> {
  const key = keyOf(userId);
  const stored = DeskId.safeParse(storage.getItem(key));
  if (stored.success && (await hold(locks, stored.data, patience))) return stored.data;
  const fresh = createId('desk');
  await hold(locks, fresh, patience);
  storage.setItem(key, fresh);
  return fresh;
}

/** Takes the id's lock for as long as the document lives. False when another tab has it. */
function hold(locks: TabLocks | undefined, deskId: DeskId, patience: number): Promise<boolean> {
  if (!locks) return Promise.resolve(true);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const forever = new Promise<never>(() => {});
  const waiting = new AbortController();
  const giveUp = setTimeout(() => waiting.abort(), patience);
  locks
    .request(`switchboard.desk:${deskId}`, { signal: waiting.signal }, () => {
      clearTimeout(giveUp);
      resolve(true);
      return forever;
    })
    // Aborted: somebody else keeps it.
    .catch(() => resolve(false));
  return promise;
}
