import { Router, type RequestHandler } from 'express';
import { routes, type RouteName } from '../../control/contract/rest.ts';
import type { Caller, Control } from '../../control/control.ts';
import { awaited, parseAs } from '../http/faults.ts';
import { asRoute } from '../http/requests.ts';
import type { Sessions } from './session.ts';
import { signedIn, userOf } from './signed-in.ts';

/** The API of the console, mounted from its table: for those who are signed in, and for their own pages. */
export function restRoutes(control: Pick<Control, 'rest' | 'account'>, sessions: Sessions): Router {
  const router = Router();
  const guards = [signedIn(control, sessions), sessions.protect];
  for (const name of Object.keys(routes) as RouteName[]) {
    const { method, path } = routes[name];
    router[method](path, asRoute(path), ...guards, answerRoute(name, control, sessions));
  }
  return router;
}

// The one place where the link between a route's name and its types is beyond the compiler: the
// schemas that stand in the table beside the name have just checked every value.
type AnyAnswer = (caller: Caller, ask: { params: unknown; query: unknown; body: unknown }) => Promise<unknown>;

function answerRoute(name: RouteName, control: Pick<Control, 'rest'>, sessions: Sessions): RequestHandler {
  const { params, query, body, reply } = routes[name];
  const answer = control.rest[name] as unknown as AnyAnswer;
  return awaited(async (request, response) => {
    const ask = {
      params: parseAs(params, request.params),
      query: parseAs(query, request.query),
      body: parseAs(body, request.body ?? {}),
    };
    const value = await answer({ user: userOf(request, response) }, ask);
    response.setHeader('cache-control', 'no-store');
    if (name === 'me') sessions.sendCsrfToken(request, response);
    // Parsed as well: what the contract does not name does not leave.
    const parsed = reply.safeParse(value);
    if (!parsed.success) throw new Error(`${name} answers against its contract: ${parsed.error.message}`);
    response.json(parsed.data);
  });
}
