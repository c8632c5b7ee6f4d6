import { createHash } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { RedisStore, type RedisReply } from 'rate-limit-redis';
import { Fault } from '../../control/contract/fault.ts';
import type { Log } from '../../ops/runtime/log.ts';
import type { Redis } from '../../ops/runtime/redis.ts';
import { failure, within } from '../failure.ts';
import { sendFault } from '../http/faults.ts';

const windowMs = 15 * 60_000;
const redisTimeoutMs = 3000;
/** Failed sign-ins in that time. An office shares one address; an account is one person's. */
export const loginLimits = { address: 60, account: 10 } as const;

/** Failed sign-ins are counted by address and by account, over all gateways. A success counts nothing. */
export function loginRateLimits(redis: Redis, log: Log): RequestHandler[] {
  const limit = (what: keyof typeof loginLimits, keyGenerator: (request: Request) => string): RequestHandler =>
    rateLimit({
      windowMs,
      limit: loginLimits[what],
      keyGenerator,
      skipSuccessfulRequests: true,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      logger: {
        error: (error) => log.warn(failure(error), 'login limits'),
        warn: (error) => log.warn(failure(error), 'login limits'),
      },
      store: new RedisStore({
        prefix: `login-limit:${what}:`,
        sendCommand: (...args) => within(redisTimeoutMs, redis.sendCommand<RedisReply>(args), 'the login limits'),
      }),
      handler: (request, response) => {
        const resetTime = (request as Request & { rateLimit?: { resetTime?: Date } }).rateLimit?.resetTime;
        const retryAfterSeconds = Math.max(1, Math.ceil(((resetTime?.getTime() ?? 0) - Date.now()) / 1000));
        const minutes = Math.ceil(retryAfterSeconds / 60);
        const message = `Too many failed sign-ins. Please try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`;
        sendFault(response, new Fault('account/too-many-attempts', message, { details: { retryAfterSeconds } }));
      },
    });
  return [
    limit('address', (request) => ipKeyGenerator(request.ip ?? 'unknown')),
    // Hashed: an address of somebody does not belong in a key that tools list.
    limit('account', (request) => {
      const { email } = (request.body ?? {}) as { email?: unknown };
      const name = typeof email === 'string' ? email.trim().toLowerCase() : '';
      return createHash('sha256').update(name).digest('base64url');
    }),
  ];
}

/** A bucket of tokens: `burst` at once, `perSecond` for ever. */
export function createBucket(perSecond: number, burst: number, now: () => number = () => performance.now()) {
  let tokens = burst;
  let last = now();
  return (): boolean => {
    const at = now();
    tokens = Math.min(burst, tokens + ((at - last) / 1000) * perSecond);
    last = at;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
