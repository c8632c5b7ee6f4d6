import { Router, type RequestHandler } from 'express';
import { Fault } from '../../control/contract/fault.ts';
import { Login, logoutPath } from '../../control/contract/rest.ts';
import type { Control } from '../../control/control.ts';
import type { Log } from '../../ops/runtime/log.ts';
import type { Redis } from '../../ops/runtime/redis.ts';
import { awaited, parseAs } from '../http/faults.ts';
import { isOwnOrigin } from '../http/origin.ts';
import { asRoute } from '../http/requests.ts';
import { loginRateLimits } from './limits.ts';
import type { Sessions } from './session.ts';

type Parts = {
  control: Pick<Control, 'account'>;
  sessions: Sessions;
  redis: Redis;
  log: Log;
  publicUrl: string;
  /** Called with the id of a session that has just ended. */
  onSignedOut: (sessionId: string) => void;
};

/** Signing in and out; everything else of the API needs what this makes. */
export function loginRoutes({ control, sessions, redis, log, publicUrl, onSignedOut }: Parts): Router {
  const router = Router();

  router.post(
    Login.path,
    asRoute(Login.path),
    // Before there is a session there is no token: here the origin says whose page it is.
    ownOriginOnly(publicUrl),
    ...loginRateLimits(redis, log),
    awaited(async (request, response) => {
      const { email, password } = parseAs(Login.body, request.body);
      const user = await control.account.signIn(email.trim(), password);
      await sessions.signIn(request, user.id);
      sessions.sendCsrfToken(request, response);
      log.info({ userId: user.id, requestId: response.locals['requestId'] as unknown }, 'signed in');
      response.json(Login.reply.parse({ user }));
    }),
  );

  router.post(logoutPath, asRoute(logoutPath), ownOriginOnly(publicUrl), (request, response, next) => {
    // Who is not signed in (any more) has nothing to protect, and is where they want to be.
    if (request.session.userId === undefined) response.json({});
    else sessions.protect(request, response, next);
  });
  router.post(
    logoutPath,
    awaited(async (request, response) => {
      const { id } = request.session;
      await sessions.signOut(request, response);
      onSignedOut(id);
      response.json({});
    }),
  );
  return router;
}

export const ownOriginOnly =
  (publicUrl: string): RequestHandler =>
  (request, _response, next) => {
    next(
      isOwnOrigin(request, publicUrl) ? undefined : new Fault('request/forged', 'This request came from another site.'),
    );
  };
