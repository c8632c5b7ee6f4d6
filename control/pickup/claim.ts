import Redlock from 'redlock';
import type { Log } from '../../ops/runtime/log.ts';
import type { Redis } from '../../ops/runtime/redis.ts';
import type { CallId } from '../contract/ids.ts';
import type { Database } from '../store/database.ts';
import { redlockClient } from './redlock-client.ts';

/** A winner that dies before its step is committed loses the claim after this time. */
const claimTtlMs = 3000;
/** Redis answers in a millisecond; one that does not is as good as away. */
const redisTimeoutMs = 500;

export type Claims = {
  /**
   * Runs `win` for the one who gets the right to this call, with a fence number higher than that of
   * every claim before it.
   * @throws RaceLost for everybody else
   */
  claim<T>(callId: CallId, win: (fence: number) => Promise<T>): Promise<T>;
};

/** Somebody else has the lock at this moment: most likely they win, and the call's state will say so. */
export class RaceLost extends Error {}

/**
 * The right to answer a call. Redlock on `call:<id>:claim` sorts those who click at once, quickly and away
 * from Postgres; what decides is the machine's step under the call's revision, together with the fence.
 *
 * The fence is a Postgres sequence, so it also goes up when Redis lost its data. It is drawn while the
 * lock is surely still held, so claims are numbered in the order in which they were held: a winner that
 * slept past its lock has a smaller number than its successor, and the machine refuses it.
 *
 * The lock is held until the step is committed. From then on the call's phase is the claim: Meta's refusal
 * turns it back to `ringing`, and the next click wins. While Redis is away Postgres alone decides.
 */
export function createClaims({ redis, database, log }: { redis: Redis; database: Database; log: Log }): Claims {
  let redisErrors = 0;
  const redlock = new Redlock([redlockClient(redis, () => (redisErrors += 1))], { retryCount: 0 });
  redlock.on('clientError', () => undefined); // counted in the client

  /** The lock, undefined while Redis is away. @throws RaceLost */
  async function lock(callId: CallId): Promise<Redlock.Lock | undefined> {
    if (!redis.isReady) return undefined;
    const errorsBefore = redisErrors;
    try {
      return await within(redisTimeoutMs, Promise.resolve(redlock.lock(`call:${callId}:claim`, claimTtlMs)));
    } catch (error) {
      if (error instanceof Redlock.LockError && errorsBefore === redisErrors) throw new RaceLost();
      log.warn({ callId, error: String(error) }, 'claim without redis');
      return undefined;
    }
  }

  async function drawFence(): Promise<number> {
    const { rows } = await database.pool.query<{ fence: number }>(`SELECT nextval('claim_fences') AS fence`);
    const fence = rows[0]?.fence;
    if (fence === undefined) throw new Error('the sequence gave no fence');
    return fence;
  }

  return {
    async claim(callId, win) {
      const held = await lock(callId);
      try {
        const fence = await drawFence();
        // Slept through the lock's time: somebody else may hold it by now, with a smaller number.
        if (held && held.expiration <= Date.now()) throw new RaceLost();
        return await win(fence);
      } finally {
        if (held) await Promise.resolve(held.unlock()).catch(() => undefined); // it expires by itself
      }
    },
  };
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
