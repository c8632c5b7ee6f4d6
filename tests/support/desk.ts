import { io, type Socket } from 'socket.io-client';
import { Fault, WireFault } from '../../control/contract/fault.ts';
import type { Ask, ControlToDesk, DeskToControl, Outcome, Reply, RequestName } from '../../control/contract/desk.ts';
import { createId, type DeskId } from '../../control/contract/ids.ts';
import {
  Login,
  routes,
  type RouteBody,
  type RouteName,
  type RouteParams,
  type RouteReply,
} from '../../control/contract/rest.ts';
import type { CallView } from '../../control/contract/views.ts';

type Waiter = { matches: (call: CallView) => boolean; found: (call: CallView) => void };
const answerWithinMs = 10_000;

/** An operator's console without the browser: its session, its line, and what control told it. */
export class Desk implements AsyncDisposable {
  readonly id: DeskId;
  readonly calls = new Map<string, CallView>();
  readonly #url: string;
  readonly #cookie: string;
  readonly #csrf: string;
  readonly #socket: Socket<ControlToDesk, DeskToControl>;
  readonly #waiters = new Set<Waiter>();

  private constructor(url: string, session: { cookie: string; csrf: string }, id: DeskId) {
    this.id = id;
    this.#url = url;
    this.#cookie = session.cookie;
    this.#csrf = session.csrf;
    this.#socket = io(url, {
      transports: ['websocket'],
      auth: { deskId: id },
      extraHeaders: { cookie: session.cookie, origin: url },
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
    });
    this.#socket.on('call:changed', ({ call }) => this.#see(call));
    this.#socket.on('connect', () => void this.#refresh());
  }

  /** Signs in and opens the line; resolves with the first snapshot taken. */
  static async open(
    url: string,
    who: { email: string; password: string },
    id: DeskId = createId('desk'),
  ): Promise<Desk> {
    const response = await fetch(url + Login.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url },
      body: JSON.stringify(who),
    });
    if (!response.ok) throw Fault.fromWire(WireFault.parse(await response.json()));
    const cookie = response.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const csrf = response.headers.get('x-csrf-token') ?? '';
    const desk = new Desk(url, { cookie, csrf }, id);
    await desk.ask('desk:snapshot', {});
    return desk;
  }

  /** Another desk of the same signed-in person: a second tab. */
  async another(): Promise<Desk> {
    const desk = new Desk(this.#url, { cookie: this.#cookie, csrf: this.#csrf }, createId('desk'));
    await desk.ask('desk:snapshot', {});
    return desk;
  }

  /** One request with its acknowledgement; a refusal is thrown as the `Fault` that it is. */
  async ask<N extends RequestName>(name: N, ask: Ask<N>): Promise<Reply<N>> {
    type Emit = (name: N, ask: Ask<N>) => Promise<Outcome<Reply<N>>>;
    const line = this.#socket.timeout(answerWithinMs);
    const outcome = await (line.emitWithAck.bind(line) as unknown as Emit)(name, ask);
    if (!outcome.ok) throw Fault.fromWire(outcome.fault);
    return outcome.value;
  }

  async rest<N extends RouteName>(
    name: N,
    ask: { params?: RouteParams<N>; query?: Record<string, string>; body?: RouteBody<N> } = {},
  ): Promise<RouteReply<N>> {
    const { method, path } = routes[name];
    const filled = Object.entries(ask.params ?? {}).reduce(
      (text, [key, value]) => text.replace(`:${key}`, String(value)),
      path as string,
    );
    const response = await fetch(`${this.#url}${filled}?${new URLSearchParams(ask.query).toString()}`, {
      method: method.toUpperCase(),
      headers: {
        'content-type': 'application/json',
        cookie: this.#cookie,
        'x-csrf-token': this.#csrf,
        origin: this.#url,
      },
      ...(method === 'get' ? {} : { body: JSON.stringify(ask.body ?? {}) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw Fault.fromWire(WireFault.parse(answer));
    return answer as RouteReply<N>;
  }

  /** The first view of a call, past or to come, that is as wanted. */
  async until(what: string, matches: (call: CallView) => boolean, withinMs = answerWithinMs): Promise<CallView> {
    const known = [...this.calls.values()].find(matches);
    if (known) return known;
    const waiter = Promise.withResolvers<CallView>();
    const entry: Waiter = { matches, found: waiter.resolve };
    this.#waiters.add(entry);
    const timer = setTimeout(() => {
      const seen = [...this.calls.values()].map((call) => `${call.direction} ${call.phase} ${call.disposition ?? ''}`);
      waiter.reject(new Error(`waited ${withinMs} ms until ${what}; calls are: ${seen.join(', ') || 'none'}`));
    }, withinMs);
    return waiter.promise.finally(() => {
      clearTimeout(timer);
      this.#waiters.delete(entry);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.disconnect();
  }

  async #refresh(): Promise<void> {
    const snapshot = await this.ask('desk:snapshot', {}).catch(() => undefined);
    for (const call of snapshot?.calls ?? []) this.#see(call);
  }

  #see(call: CallView): void {
    const known = this.calls.get(call.id);
    if (known && known.revision > call.revision) return;
    this.calls.set(call.id, call);
    for (const waiter of this.#waiters) if (waiter.matches(call)) waiter.found(call);
  }
}
