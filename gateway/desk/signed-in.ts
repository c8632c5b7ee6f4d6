import type { Request, RequestHandler, Response } from 'express';
import { Fault } from '../../control/contract/fault.ts';
import type { Control } from '../../control/control.ts';
import type { UserView } from '../../control/contract/views.ts';
import type { Sessions } from './session.ts';

export const notSignedIn = (): Fault => new Fault('account/not-signed-in', 'Please sign in.');

/** The session's user as stored now: one who was removed is out with the next request. */
export function signedIn(control: Pick<Control, 'account'>, sessions: Sessions): RequestHandler {
  const check = async (request: Request, response: Response): Promise<void> => {
    const { userId } = request.session;
    if (userId === undefined) throw notSignedIn();
    const user = await control.account.userOf(userId);
    if (!user) {
      await sessions.signOut(request, response);
      throw notSignedIn();
    }
    response.locals['user'] = user;
  };
  return (request, response, next) => {
    const run = async (): Promise<void> => {
      try {
        await check(request, response);
      } catch (error) {
        next(error);
        return;
      }
      next();
    };
    void run();
  };
}

export const userOf = (_request: Request, response: Response): UserView => response.locals['user'] as UserView;

/** Who a user is, at most a few seconds old: for lines, where every request asks. */
export function createUserCache(control: Pick<Control, 'account'>, ttlMs: number = 3000) {
  const known = new Map<string, { until: number; user: Promise<UserView | undefined> }>();
  return (userId: string): Promise<UserView | undefined> => {
    const now = Date.now();
    const entry = known.get(userId);
    if (entry && entry.until > now) return entry.user;
    for (const [id, { until }] of known) if (until <= now) known.delete(id);
    const user = control.account.userOf(userId);
    known.set(userId, { until: now + ttlMs, user });
    user.catch(() => known.delete(userId));
    return user;
  };
}
