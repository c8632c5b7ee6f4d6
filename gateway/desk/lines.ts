import type { DeskId, UserId } from '../../control/contract/ids.ts';
import type { Log } from '../../ops/runtime/log.ts';
import type { Redis } from '../../ops/runtime/redis.ts';
import { failure, within } from '../failure.ts';

/** A gateway that died frees its lines after this time. */
const lineTtlMs = 15_000;
// Less than control waits before it counts a desk as lost, so that a Redis that forgot its keys loses nobody.
const renewEveryMs = 1500;
/** A desk id is its user's for so long after it was last seen: longer than any shift. */
const ownerTtlMs = 24 * 3_600_000;
const redisTimeoutMs = 1000;
const keyOf = (deskId: string): string => `desk:line:${deskId}`;
const ownerKeyOf = (deskId: string): string => `desk:owner:${deskId}`;

const renewScript = `
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;
const closeScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1`;

const ownScript = `
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

export type Lines = ReturnType<typeof createLines>;

/**
 * Which line is a desk's line. The last one that was opened counts, on whichever gateway; Redis
 * decides that by being written last. While Redis is away each gateway goes by what it sees itself.
 */
export function createLines({
  redis,
  log,
  onTaken,
}: {
  redis: Redis;
  log: Log;
  onTaken: (deskId: DeskId, lineId: string) => void;
}) {
  const local = new Map<DeskId, string>();
  const owners = new Map<DeskId, UserId>();
  const run = (script: string, deskId: DeskId, args: string[]): Promise<unknown> =>
    ask(redis, () => redis.eval(script, { keys: [keyOf(deskId)], arguments: args }));

  const renew = async (): Promise<void> => {
    if (!redis.isReady) return;
    const lines = [...local];
    const kept = await Promise.all(lines.map(([deskId, id]) => run(renewScript, deskId, [id, String(lineTtlMs)])));
    lines.forEach(([deskId, lineId], index) => {
      if (kept[index] === 0) onTaken(deskId, lineId);
    });
  };
  const timer = setInterval(() => {
    renew().catch((error: unknown) => log.warn(failure(error), 'desk lines not renewed'));
  }, renewEveryMs);

  return {
    /**
     * Is this desk id this user's? It is of the first who comes with it: everybody sees the ids of the desks
     * that handle calls, and with another's id one could speak in their call. While Redis is away, the ids
     * that this gateway knows.
     */
    async isOwn(deskId: DeskId, userId: UserId): Promise<boolean> {
      const known = owners.get(deskId);
      if (known !== undefined && known !== userId) return false;
      const asked = ask(redis, () =>
        redis.eval(ownScript, { keys: [ownerKeyOf(deskId)], arguments: [userId, String(ownerTtlMs)] }),
      );
      const isOwn = await asked.then(
        (answer) => answer === 1,
        (error: unknown) => {
          log.warn(failure(error), 'desk owner not looked up');
          return true;
        },
      );
      if (isOwn) owners.set(deskId, userId);
      return isOwn;
    },

    /** Returns the line that this one takes the place of, wherever it is. */
    async open(deskId: DeskId, lineId: string): Promise<string | undefined> {
      const here = local.get(deskId);
      local.set(deskId, lineId);
      try {
        const options = { GET: true, expiration: { type: 'PX', value: lineTtlMs } } as const;
        const before = await ask(redis, () => redis.set(keyOf(deskId), lineId, options));
        return before ?? here;
      } catch (error) {
        log.warn(failure(error), 'desk line not entered');
        return here;
      }
    },

    /** True: the desk has no line now. False: another one has taken this one's place. */
    async close(deskId: DeskId, lineId: string): Promise<boolean> {
      const isLast = local.get(deskId) === lineId;
      if (isLast) {
        local.delete(deskId);
        owners.delete(deskId);
      }
      try {
        return (await run(closeScript, deskId, [lineId])) === 1;
      } catch (error) {
        log.warn(failure(error), 'desk line not removed');
        return isLast;
      }
    },

    /** On any gateway. While Redis is away a desk of another gateway counts as there: no call must end by that. */
    async isOpen(deskId: DeskId): Promise<boolean> {
      if (local.has(deskId)) return true;
      try {
        return (await ask(redis, () => redis.exists(keyOf(deskId)))) === 1;
      } catch (error) {
        log.warn(failure(error), 'desk line not looked up');
        return true;
      }
    },

    count: () => local.size,
    stop: () => clearInterval(timer),
  };
}

async function ask<T>(redis: Redis, command: () => Promise<T>): Promise<T> {
  if (!redis.isReady) throw new Error('redis is away');
  return within(redisTimeoutMs, command(), 'redis');
}
