import { Call, type CallDeps } from './call.ts';
import { day } from './clock.ts';
import { newCallId, type Business, type CustomerCard, type Directory } from './directory.ts';
import { GraphError } from './graph/errors.ts';
import { isOpen } from './settings.ts';
import type { PermissionBook } from './permissions.ts';
import type { CallCard } from './payloads.ts';
import type { Relay } from './relay/relay.ts';
import type { RelayLeg } from './relay/leg.ts';
import { checkSession, type BusinessSdp } from './sdp/check.ts';
import { writeAnswer, writeOffer, type RelayEnd } from './sdp/write.ts';

/** Numbers that cannot call their customers, by the number's country. */
const noOutbound = new Set(['US', 'CA', 'EG', 'VN', 'NG']);

const kept = 2000;

export type CallLimits = { concurrent: number; newPerDay: number };

export type CallsOptions = {
  deps: CallDeps;
  relay: Relay;
  directory: Directory;
  permissions: PermissionBook;
  limits: CallLimits;
  /** What the relay's SDP announces: addresses that the business can reach, or a second one that it cannot. */
  announced: { address: string; address6: string | undefined };
};

export type PlaceOptions = { deeplinkPayload?: string | undefined; ctaPayload?: string | undefined };

/** Why a customer's phone would not even start the call; Meta tells the business nothing. */
export class NotPlaced extends Error {
  override readonly name = 'NotPlaced';
}

/** All calls of the sim. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #calls = new Map<string, Call>();
  /** Those that were not over when last looked at. */
  readonly #open = new Set<Call>();
  readonly #started = new Map<string, number[]>();
  /** What Meta's next answers say about DTLS; `actpass` is the unlawful one that has been seen. */
  answerSetup: 'passive' | 'active' | 'actpass' = 'passive';

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  get all(): Call[] {
    return [...this.#calls.values()];
  }
  get(id: string): Call | undefined {
    return this.#calls.get(id);
  }

  /** The call that a customer and a number have with each other now. */
  ongoing(phoneNumberId: string, waId: string): Call | undefined {
    return this.#ongoingOf(phoneNumberId).find((call) => call.card.customer.waId === waId);
  }

  /** A customer calls. @throws NotPlaced. */
  async place(customer: CustomerCard, business: Business, options: PlaceOptions = {}): Promise<Call> {
    const { deps, permissions, relay, limits } = this.#options;
    const { phoneNumberId } = business;
    if (!isOpen(business.settings, deps.clock.now())) throw new NotPlaced('this business does not take calls now');
    if (this.ongoing(phoneNumberId, customer.waId)) throw new NotPlaced('there is a call between the two already');
    if (this.#ongoingOf(phoneNumberId).length >= limits.concurrent)
      throw new NotPlaced('this business has too many calls');
    const call = this.#add({
      id: newCallId(),
      direction: 'USER_INITIATED',
      business,
      customer,
      opaque: undefined,
      deeplinkPayload: options.deeplinkPayload,
      ctaPayload: options.ctaPayload,
    });
    permissions.touch(phoneNumberId, customer.waId);
    try {
      const leg = await relay.openLeg({ onFirstMedia: () => call.speakIfAllowed() });
      call.offer(leg, writeOffer(this.#endOf(leg), deps.clock.now()));
    } catch (error) {
      this.#calls.delete(call.id);
      this.#open.delete(call);
      throw error;
    }
    return call;
  }

  /** Graph's `connect`. @throws GraphError. */
  async connect(business: Business, customer: CustomerCard | undefined, ask: ConnectAsk): Promise<Call> {
    const { permissions, relay, limits } = this.#options;
    const { phoneNumberId, settings } = business;
    if (settings.status !== 'ENABLED') throw new GraphError(138000, 'Calling is not enabled for this phone number.');
    if (business.restricted) throw new GraphError(138014, 'Calling is disabled for this number: low quality.');
    if (noOutbound.has(business.country)) {
      throw new GraphError(138013, 'Business-initiated calling is not available in the country of this number.');
    }
    const sdp = checkSession(ask.session, 'offer');
    if (!customer?.callable) throw new GraphError(138001, 'The receiver cannot be called.');
    if (this.ongoing(phoneNumberId, customer.waId)) {
      throw new GraphError(138003, 'There is an ongoing call with this receiver.');
    }
    if (this.#ongoingOf(phoneNumberId).length >= limits.concurrent) {
      throw new GraphError(138002, `The number has ${limits.concurrent} concurrent calls.`);
    }
    permissions.checkCall(phoneNumberId, customer.waId);
    this.#countNew(phoneNumberId, limits.newPerDay);
    const call = this.#add({
      id: newCallId(),
      direction: 'BUSINESS_INITIATED',
      business,
      customer,
      opaque: ask.opaque,
      deeplinkPayload: undefined,
      ctaPayload: undefined,
    });
    try {
      const leg = await relay.openLeg({
        payloadType: sdp.payloadType,
        onFirstMedia: () => call.speakIfAllowed(),
      });
      call.dial(leg, sdp, this.#answer(leg, sdp));
    } catch (error) {
      this.#calls.delete(call.id);
      this.#open.delete(call);
      throw error;
    }
    return call;
  }

  close(): void {
    for (const call of this.#calls.values()) call.drop();
  }

  #answer(leg: RelayLeg, offer: BusinessSdp): { sdp: string; setup: 'actpass' | 'active' | 'passive' } {
    // What the offer has decided is not the answerer's to choose (RFC 4145 §4.1).
    const forced = offer.setup === 'active' ? 'passive' : offer.setup === 'passive' ? 'active' : undefined;
    const setup = forced ?? this.answerSetup;
    return { sdp: writeAnswer(this.#endOf(leg), offer, { at: this.#options.deps.clock.now(), setup }), setup };
  }

  #add(card: CallCard): Call {
    const call = new Call(card, this.#options.deps);
    this.#calls.set(call.id, call);
    this.#open.add(call);
    this.#forget();
    return call;
  }

  #endOf(leg: RelayLeg): RelayEnd {
    return {
      ...this.#options.announced,
      port: leg.ice.port,
      ufrag: leg.ice.ufrag,
      password: leg.ice.password,
      fingerprint: leg.fingerprint,
      ssrc: leg.ssrc,
    };
  }

  #ongoingOf(phoneNumberId: string): Call[] {
    for (const call of this.#open) if (call.phase === 'ended') this.#open.delete(call);
    return [...this.#open].filter((call) => call.card.business.phoneNumberId === phoneNumberId);
  }

  /** Calls that are over are kept for a while, to be asked about. */
  #forget(): void {
    for (const [id, call] of this.#calls) {
      if (this.#calls.size <= kept) return;
      if (call.phase === 'ended') this.#calls.delete(id);
    }
  }

  #countNew(phoneNumberId: string, allowed: number): void {
    const now = this.#options.deps.clock.now();
    const recent = (this.#started.get(phoneNumberId) ?? []).filter((time) => time > now - day);
    if (recent.length >= allowed) throw new GraphError(138005, `Limit of ${allowed} new calls in 24 hours reached.`);
    recent.push(now);
    this.#started.set(phoneNumberId, recent);
  }
}

export type ConnectAsk = { session: unknown; opaque: string | undefined };
