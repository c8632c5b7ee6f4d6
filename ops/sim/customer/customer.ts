import type { Sound } from '../audio/sound.ts';
import { silence } from '../audio/sound.ts';
import type { Call } from '../meta/call.ts';
import type { Calls, PlaceOptions } from '../meta/calls.ts';
import type { Chat, ChatEntry, PermissionAnswer } from '../meta/chat.ts';
import type { SimClock } from '../meta/clock.ts';
import { newMessageId, type Business, type CustomerCard, type Directory } from '../meta/directory.ts';
import { messageWebhook } from '../meta/payloads.ts';
import type { Grant, PermissionBook } from '../meta/permissions.ts';
import type { Webhooks } from '../meta/webhooks.ts';

/** What a customer does when the business calls. */
export type IncomingPolicy =
  | { do: 'ignore' }
  | { do: 'answer'; afterMs?: number; play?: Sound }
  | { do: 'decline'; afterMs?: number };

export type CustomerDeps = {
  calls: Calls;
  chat: Chat;
  clock: SimClock;
  directory: Directory;
  permissions: PermissionBook;
  webhooks: Webhooks;
};

/** A person with a phone, driven by a test, a bench, or the phone page. */
export class Customer {
  readonly card: CustomerCard;
  readonly #deps: CustomerDeps;
  readonly #waiting: ((call: Call) => void)[] = [];
  #policy: IncomingPolicy = { do: 'ignore' };

  constructor(card: CustomerCard, deps: CustomerDeps) {
    this.card = card;
    this.#deps = deps;
  }

  /** Calls a number. The phone plays `play` (silence unless told) as soon as the business is heard. */
  async call(phoneNumberId: string, options: PlaceOptions & { play?: Sound; record?: boolean } = {}): Promise<Call> {
    const call = await this.#deps.calls.place(this.card, this.#business(phoneNumberId), options);
    await call.play(options.play ?? silence);
    if (options.record === false) call.recordNothing();
    return call;
  }

  /** From now on calls of the business are answered, after `afterMs` of ringing. */
  answers(options: { afterMs?: number; play?: Sound } = {}): void {
    this.#policy = { do: 'answer', ...options };
  }
  declines(options: { afterMs?: number } = {}): void {
    this.#policy = { do: 'decline', ...options };
  }
  /** Lets it ring; so is every customer at first. A test may still answer by hand. */
  ignores(): void {
    this.#policy = { do: 'ignore' };
  }
  set policy(policy: IncomingPolicy) {
    this.#policy = policy;
  }

  /** The call of the business that rings next, or rings now. */
  async incoming(timeoutMs = 10_000): Promise<Call> {
    const ringing = this.#deps.calls.all.find((call) => call.rings && call.card.customer === this.card);
    if (ringing) return ringing;
    const next = Promise.withResolvers<Call>();
    this.#waiting.push(next.resolve);
    const timer = setTimeout(() => next.reject(new Error(`no call came in ${timeoutMs} ms`)), timeoutMs);
    return next.promise.finally(() => clearTimeout(timer));
  }

  /** Told by the sim when this customer's phone starts to ring. */
  rang(call: Call): void {
    for (const resolve of this.#waiting.splice(0)) resolve(call);
    const policy = this.#policy;
    if (policy.do === 'ignore') return;
    setTimeout(() => {
      if (!call.rings) return;
      if (policy.do === 'decline') call.decline();
      else void call.play(policy.play ?? silence).then(() => call.rings && call.answer());
    }, policy.afterMs ?? 0);
  }

  /** Writes a text. @returns its id. */
  text(phoneNumberId: string, text: string): string {
    const { chat, clock, permissions, webhooks } = this.#deps;
    const business = this.#business(phoneNumberId);
    const id = newMessageId();
    permissions.touch(phoneNumberId, this.card.waId);
    const about = { id, phoneNumberId, waId: this.card.waId, at: clock.now() };
    chat.add({ ...about, from: 'customer', content: { kind: 'text', text } });
    const body = { type: 'text', text: { body: text } };
    webhooks.post(messageWebhook(business, this.card, { id, kind: 'text', seconds: clock.seconds(), body }));
    return id;
  }

  /** Answers the newest permission request. */
  answerRequest(phoneNumberId: string, answer: PermissionAnswer): Grant {
    const request = this.chat(phoneNumberId).findLast((entry) => entry.content.kind === 'permission-request');
    if (!request) throw new Error('this business has not asked');
    return this.answerRequestOf(request, answer);
  }

  answerRequestOf(request: ChatEntry, answer: PermissionAnswer): Grant {
    if (request.content.kind !== 'permission-request') throw new Error('not a permission request');
    request.content.answer = answer;
    this.#deps.chat.changed(request);
    const { phoneNumberId } = request;
    this.#deps.permissions.touch(phoneNumberId, this.card.waId);
    return answer === 'decline'
      ? this.#reply(phoneNumberId, 'none', 'user_action', request.id)
      : this.#reply(phoneNumberId, answer === 'accept-always' ? 'permanent' : 'temporary', 'user_action', request.id);
  }

  /** Grants without having been asked: in the business's profile (permanent), or as a test's short cut. */
  grants(phoneNumberId: string, kind: 'temporary' | 'permanent' = 'permanent'): Grant {
    return this.#reply(phoneNumberId, kind, 'user_action', undefined);
  }

  /** Takes the permission back. Whether Meta tells of it is not known; `tell` decides. */
  revokes(phoneNumberId: string, tell = true): void {
    if (tell) this.#reply(phoneNumberId, 'none', 'user_action', undefined);
    else this.#deps.permissions.revoke(phoneNumberId, this.card.waId);
  }

  /** What Meta does by itself: the callback permission, the revocation. */
  automatic(phoneNumberId: string, kind: 'temporary' | 'none', contextId: string | undefined): void {
    this.#reply(phoneNumberId, kind, 'automatic', contextId);
  }

  /** The chat with a number, oldest first. */
  chat(phoneNumberId: string): readonly ChatEntry[] {
    return this.#deps.chat.with(phoneNumberId, this.card.waId);
  }

  #reply(
    phoneNumberId: string,
    kind: Grant['kind'],
    source: 'user_action' | 'automatic',
    contextId: string | undefined,
  ): Grant {
    const { clock, permissions, webhooks } = this.#deps;
    const business = this.#business(phoneNumberId);
    let grant: Grant = { kind: 'none' };
    if (kind === 'none') permissions.revoke(phoneNumberId, this.card.waId);
    else grant = permissions.grant(phoneNumberId, this.card.waId, kind);
    const body = {
      ...(contextId !== undefined && { context: { from: business.displayNumber, id: contextId } }),
      type: 'interactive',
      interactive: {
        type: 'call_permission_reply',
        call_permission_reply: {
          response: grant.kind === 'none' ? 'reject' : 'accept',
          ...(grant.kind !== 'none' && { is_permanent: grant.kind === 'permanent' }),
          ...(grant.kind === 'temporary' && { expiration_timestamp: String(Math.floor(grant.until / 1000)) }),
          response_source: source,
        },
      },
    };
    const message = { id: newMessageId(), kind: 'call_permission_reply', seconds: clock.seconds(), body };
    webhooks.post(messageWebhook(business, this.card, message));
    return grant;
  }

  #business(phoneNumberId: string): Business {
    const business = this.#deps.directory.number(phoneNumberId);
    if (!business) throw new Error(`the sim has no number ${phoneNumberId}`);
    return business;
  }
}
