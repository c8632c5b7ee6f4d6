import type { z } from 'zod';
import { Fault, WireFault } from '../../../control/contract/fault.ts';
import { Login, type RouteName, type RouteReply, logoutPath, routes } from '../../../control/contract/rest.ts';
import type { UserView } from '../../../control/contract/views.ts';
import { Unreachable } from '../line/faults.ts';
import { learnServerTime } from './server-clock.ts';

type Routes = typeof routes;
/** A part of a request may be left out when nothing in it is required. */
type Part<K extends string, T> = Partial<T> extends T ? { [P in K]?: T } : { [P in K]: T };
/** What a route is asked with, as the caller writes it (before the schemas' defaults). */
export type AskOf<N extends RouteName> = Part<'params', z.input<Routes[N]['params']>> &
  Part<'query', z.input<Routes[N]['query']>> &
  Part<'body', z.input<Routes[N]['body']>>;

/** The console's REST client, derived from the contract's table of routes. */
export type Rest = {
  /** @throws Fault what the server refused with; Unreachable when it did not answer. */
  call<N extends RouteName>(name: N, ask: AskOf<N>): Promise<RouteReply<N>>;
  signIn(email: string, password: string): Promise<UserView>;
  signOut(): Promise<void>;
};

type Parts = {
  params?: Record<string, string>;
  query?: Record<string, unknown>;
  body?: unknown;
};

const answerWithinMs = 20_000;

export function createRest(fetchIt: typeof fetch = (...ask) => fetch(...ask)): Rest {
  // Comes with every answer of /api/me and /api/login; whatever is not a GET sends it back.
  let csrfToken: string | null = null;

  const send = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (method !== 'get' && csrfToken !== null) headers['x-csrf-token'] = csrfToken;
    if (method !== 'get') headers['content-type'] = 'application/json';
    const response = await fetchIt(path, {
      method: method.toUpperCase(),
      headers,
      credentials: 'same-origin',
      signal: AbortSignal.timeout(answerWithinMs),
      ...(method === 'get' ? {} : { body: JSON.stringify(body ?? {}) }),
    }).catch(() => {
      throw new Unreachable();
    });
    csrfToken = response.headers.get('x-csrf-token') ?? csrfToken;
    learnServerTime(response.headers.get('date'));
    const text = await response.text();
    const json = parseJson(text);
    if (response.ok) return json;
    throw faultOf(response.status, json);
  };

  return {
    call: async (name, ask) => {
      const route = routes[name];
      const { params, query, body } = ask as Parts;
      return route.reply.parse(await send(route.method, pathOf(route.path, params, query), body)) as never;
    },
    signIn: async (email, password) => Login.reply.parse(await send('post', Login.path, { email, password })).user,
    signOut: async () => {
      await send('post', logoutPath);
      csrfToken = null;
    },
  };
}

function pathOf(path: string, params: Record<string, string> = {}, query: Record<string, unknown> = {}): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (typeof value === 'string' || typeof value === 'number') search.set(name, String(value));
  }
  return search.size > 0 ? `${filled}?${search}` : filled;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A proxy's error page, or nothing at all: the status says enough.
    return undefined;
  }
}

function faultOf(status: number, json: unknown): Error {
  const wire = WireFault.safeParse(json);
  if (wire.success) return Fault.fromWire(wire.data);
  // A gateway that is away is answered for by the proxy before it.
  return status >= 502 && status <= 504 ? new Unreachable() : Fault.fromWire(Fault.toWire(undefined));
}
