import { RedisStore } from 'connect-redis';
import { csrfSync } from 'csrf-sync';
import type { Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import type { SetOptions } from 'redis';
import { Fault } from '../../control/contract/fault.ts';
import type { Redis } from '../../ops/runtime/redis.ts';
import { within } from '../failure.ts';

declare module 'express-session' {
  interface SessionData {
    userId?: string;
  }
}

/** Signed out after a week without a visit. */
const sessionMs = 7 * 24 * 3_600_000;
/** A page load should say that it cannot sign anybody in rather than hang while Redis is away. */
const redisTimeoutMs = 3000;

export const csrfHeader = 'x-csrf-token';
export const sessionKeyPrefix = 'session:';

export type Sessions = ReturnType<typeof createSessions>;

/** Server-side sessions in Redis; the browser has but a signed id that scripts cannot read. */
export function createSessions(options: { redis: Redis; secret: string; publicUrl: string }) {
  const isHttps = options.publicUrl.startsWith('https:');
  // The prefix makes browsers refuse the cookie from a sibling domain or without TLS (RFC 6265bis §4.1.3).
  const cookieName = isHttps ? '__Host-switchboard' : 'switchboard';
  const store = new RedisStore({ client: impatient(options.redis), prefix: sessionKeyPrefix, ttl: sessionMs / 1000 });
  const handle = session({
    name: cookieName,
    secret: options.secret,
    store,
    resave: false,
    saveUninitialized: false,
    rolling: true,
    proxy: true,
    cookie: { httpOnly: true, sameSite: 'lax', secure: isHttps, path: '/', maxAge: sessionMs },
  });
  const csrf = csrfSync({ size: 32, getTokenFromRequest: (request) => request.get(csrfHeader) });

  return {
    /** Attaches `request.session`. */
    handle: ((request, response, next) => {
      // express-session sends a Secure cookie only where it sees TLS. The public address says that
      // TLS is in front of us, also when the proxy there forgets to.
      if (isHttps) request.headers['x-forwarded-proto'] = 'https';
      handle(request, response, (error?: unknown) => {
        // Told when the session could not be kept behind an answer that is on its way already: the answer is well,
        // and an error now would cut its connection.
        if (error !== undefined && response.headersSent) return;
        next(error === undefined ? undefined : unavailable(error));
      });
    }) satisfies RequestHandler,

    /** Refuses whatever changes something without the token that only our own page can read. */
    protect: ((request, _response, next) => {
      csrf.csrfSynchronisedProtection(request, _response, (error?: unknown) => {
        next(error === undefined ? undefined : new Fault('request/forged', 'Please reload the page and try again.'));
      });
    }) satisfies RequestHandler,

    sendCsrfToken(request: Request, response: Response): void {
      response.setHeader(csrfHeader, csrf.generateToken(request));
    },

    /** A new id at every sign-in: one that was planted before is worth nothing (session fixation). */
    async signIn(request: Request, userId: string): Promise<void> {
      await settled((done) => request.session.regenerate(done));
      request.session.userId = userId;
    },

    async signOut(request: Request, response: Response): Promise<void> {
      await settled((done) => request.session.destroy(done));
      response.clearCookie(cookieName, { path: '/', httpOnly: true, sameSite: 'lax', secure: isHttps });
    },

    /** Undefined: signed out, or expired. */
    async userIdOf(sessionId: string): Promise<string | undefined> {
      const data = (await store.get(sessionId)) as { userId?: string } | null;
      return data?.userId;
    },
  };
}

const soon = <T>(command: Promise<T>): Promise<T> => within(redisTimeoutMs, command, 'the session store');

/** Redis as the store uses it; its own timeout ends with the sending, and a frozen server never answers. */
function impatient(redis: Redis) {
  return {
    get: (key: string) => soon(redis.get(key)),
    set: (key: string, value: string, options: SetOptions) => soon(redis.set(key, value, options)),
    expire: (key: string, seconds: number) => soon(redis.expire(key, seconds)),
    del: (keys: string[]) => soon(redis.del(keys)),
  };
}

const unavailable = (cause: unknown): Fault =>
  new Fault('server/unavailable', 'Sessions cannot be read at the moment. Please try again.', {
    cause,
    retryable: true,
  });

function settled(start: (done: (error?: unknown) => void) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  start((error) => (error ? reject(unavailable(error)) : resolve()));
  return promise;
}
