import Redlock from 'redlock';
import type { Log } from '../../ops/runtime/log.ts';
import type { Redis } from '../../ops/runtime/redis.ts';
import { Fault } from '../contract/fault.ts';
import type { CallId } from '../contract/ids.ts';
import type { Database } from '../store/database.ts';
import { redlockClient } from './redlock-client.ts';

/** A winner that dies before its step is committed loses the claim after this time. */
const claimTtlMs = 3000;
/** Redis answers in a millisecond; one that does not is as good as away. */
const redisTimeoutMs = 500;
const nameTtlMs = 10_000;

const keyOf = (callId: CallId): string => `call:${callId}:claim`;

export type Claims = {
  /**
   * Runs `win` for the one who gets the right to this call, with a fence number higher than that of
   * every claim before it.
   * @throws Fault `call/already-claimed` for everybody else, with the winner's name.
   */
  claim<T>(callId: CallId, name: string, win: (fence: number) => Promise<T>): Promise<T>;
};

export const alreadyClaimed = (name: string | null): Fault =>
  new Fault('call/already-claimed', name ? `Already accepted by ${name}.` : 'Already accepted by another teammate.', {
    ...(name && { details: { name } }),
  });

/**
 * The race for a call. Redlock on `call:<id>:claim` sorts the many who click at once, quickly and away
 * from Postgres; what decides is the machine's step under the row's lock, together with the fence.
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

  /** The lock, undefined while Redis is away. @throws Fault `call/already-claimed` */
  async function lock(callId: CallId): Promise<Redlock.Lock | undefined> {
    if (!redis.isReady) return undefined;
    const errorsBefore = redisErrors;
    try {
      return await within(redisTimeoutMs, Promise.resolve(redlock.lock(keyOf(callId), claimTtlMs)));
    } catch (error) {
      const lost = error instanceof Redlock.LockError && errorsBefore === redisErrors;
      if (lost) throw alreadyClaimed(await nameOfWinner(callId));
      log.warn({ callId, error: String(error) }, 'claim without redis');
      return undefined;
    }
  }

  const publish = (callId: CallId, name: string): void => {
    redis.set(`${keyOf(callId)}:name`, name, { expiration: { type: 'PX', value: nameTtlMs } }).catch(() => undefined);
  };

  // The many who lose at once ask once.
  const asking = new Map<CallId, Promise<string | null>>();
  function nameOfWinner(callId: CallId): Promise<string | null> {
    const answer = asking.get(callId) ?? askName(callId).finally(() => asking.delete(callId));
    asking.set(callId, answer);
    return answer;
  }
  /** The winner writes its name right behind the lock: the second look at the latest finds it. */
  async function askName(callId: CallId): Promise<string | null> {
    for (let look = 0; look < 5; look += 1) {
      const name = await redis.get(`${keyOf(callId)}:name`).catch(() => null);
      if (name !== null) return name;
    }
    return null;
  }

  async function drawFence(): Promise<number> {
    const { rows } = await database.pool.query<{ fence: number }>(`SELECT nextval('claim_fences') AS fence`);
    const fence = rows[0]?.fence;
    if (fence === undefined) throw new Error('the sequence gave no fence');
    return fence;
  }

  /** Who wins the claim that this process is taking part in, as soon as that is known; null without a lock. */
  const races = new Map<CallId, Promise<string | null>>();

  async function run<T>(
    callId: CallId,
    held: Redlock.Lock | undefined,
    win: (fence: number) => Promise<T>,
  ): Promise<T> {
    try {
      const fence = await drawFence();
      // Slept through the lock's time: somebody else may hold it by now, with a smaller number.
      if (held && held.expiration <= Date.now()) throw alreadyClaimed(null);
      return await win(fence);
    } finally {
      // The name goes first: whoever loses to the next winner must not hear this one's.
      if (held) {
        redis.del(`${keyOf(callId)}:name`).catch(() => undefined);
        await Promise.resolve(held.unlock()).catch(() => undefined); // it expires by itself
      }
    }
  }

  return {
    async claim(callId, name, win) {
      // Whoever comes while somebody else of this process races cannot win any more, and need not ask Redis.
      const before = races.get(callId);
      const ahead = before && (await before);
      if (ahead) throw alreadyClaimed(ahead);
      const locked = lock(callId);
      const race = locked.then((held) => (held ? name : null), winnerIn);
      races.set(callId, race);
      try {
        const held = await locked;
        if (held) publish(callId, name);
        return await run(callId, held, win);
      } finally {
        if (races.get(callId) === race) races.delete(callId);
      }
    },
  };
}

/** The winner's name, where a refusal tells it. */
const winnerIn = (error: unknown): string | null =>
  error instanceof Fault && typeof error.details?.['name'] === 'string' ? error.details['name'] : null;

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
