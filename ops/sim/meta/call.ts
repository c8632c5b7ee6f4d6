import type { Heard } from '../audio/measure.ts';
import { Keypad } from '../audio/keypad.ts';
import { Player } from '../audio/player.ts';
import type { Pacer } from '../audio/pacer.ts';
import { Recording } from '../audio/recording.ts';
import { silence, type Sound } from '../audio/sound.ts';
import { Waiters } from '../waiters.ts';
import type { SimClock, Timing } from './clock.ts';
import { GraphError, type GraphCode } from './graph/errors.ts';
import {
  connectWebhook,
  mediaTimeout,
  statusWebhook,
  terminateWebhook,
  type CallCard,
  wireErrorOf,
  type WireError,
} from './payloads.ts';
import {
  endingOf,
  flagsOf,
  liveAtOf,
  noLegFacts,
  type CallFacts,
  type CallPhase,
  type CallState,
  type EndedBy,
} from './call-facts.ts';
import type { HeardListener, LegFacts, RelayLeg } from './relay/leg.ts';
import { preciseNow } from './relay/rtp-watch.ts';
import type { BusinessSdp } from './sdp/check.ts';
import { MediaWatchdog } from './watchdog.ts';
import type { Webhooks } from './webhooks.ts';

export type CallDeps = {
  clock: SimClock;
  timing: Timing;
  webhooks: Webhooks;
  pacer: Pacer;
  /** After every change of phase. */
  onChanged: (call: Call) => void;
  onPickedUp: (call: Call) => void;
  onUnanswered: (call: Call) => void;
};

/** One call at Meta, between a business number and a customer's phone. */
export class Call {
  readonly card: CallCard;
  readonly recording = new Recording();
  readonly #deps: CallDeps;
  readonly #player: Player;
  readonly #createdAt = preciseNow();
  readonly #waiters = new Waiters();
  readonly #keypad = new Keypad((event, duration, place) => {
    if (this.#speaking) this.leg.sayEvent(event, duration, place);
  });
  #leg: RelayLeg | undefined;
  #state: CallState = { phase: 'ringing' };
  #preAccepted: BusinessSdp | undefined;
  #business: BusinessSdp | undefined;
  #preAcceptReplied: number | null = null;
  #acceptReplied: number | null = null;
  #finalFacts: LegFacts | undefined;
  #timer: NodeJS.Timeout | undefined;
  #watchdog: MediaWatchdog | undefined;
  #stopRecording: (() => void) | undefined;
  #speaking = false;

  constructor(card: CallCard, deps: CallDeps) {
    this.card = card;
    this.#deps = deps;
    this.#player = new Player(deps.pacer, (packet) => this.#leg?.say(packet));
    void this.#player.play(silence);
  }

  get id(): string {
    return this.card.id;
  }
  get phase(): CallPhase {
    return this.#state.phase;
  }
  get leg(): RelayLeg {
    if (!this.#leg) throw new Error('the call has no leg yet');
    return this.#leg;
  }

  // ---- What Meta does. ----

  /** The customer calls: Meta's offer goes out and somebody has `answerTimeoutMs` to accept. */
  offer(leg: RelayLeg, sdp: string): void {
    this.#take(leg);
    const { webhooks, clock, timing } = this.#deps;
    webhooks.post(connectWebhook(this.card, sdp, clock.seconds()));
    this.#after(timing.answerTimeoutMs, () => this.#end('timeout', 'COMPLETED'));
    this.#changed();
  }

  /** The business calls: its offer is applied, Meta's answer goes out, the customer's phone rings. */
  dial(leg: RelayLeg, offer: BusinessSdp, answer: { sdp: string; setup: 'actpass' | 'active' | 'passive' }): void {
    this.#take(leg);
    this.#business = offer;
    const { webhooks, clock, timing } = this.#deps;
    leg.apply(offer, answer.setup === 'actpass' ? 'passive' : answer.setup).catch(() => this.fail(138020));
    this.#after(timing.connectDelayMs, () => {
      webhooks.post(connectWebhook(this.card, answer.sdp, clock.seconds()));
      this.#after(timing.ringingDelayMs, () => {
        webhooks.post(statusWebhook(this.card, 'RINGING', clock.seconds()));
        this.#rings = true;
        this.#after(timing.ringTimeoutMs, () => {
          this.#end('timeout', 'COMPLETED');
          this.#deps.onUnanswered(this);
        });
        this.#changed();
      });
    });
  }

  /** Ends the call as Meta does when something breaks on its side, e.g. 138019, 138020, 138022, 138023. */
  fail(code: GraphCode): void {
    if (this.#state.phase !== 'ended') this.#end('relay', 'FAILED', wireErrorOf(code));
  }

  /** A business-initiated call has reached the customer's phone. */
  get rings(): boolean {
    return this.#rings && this.#state.phase === 'ringing';
  }
  #rings = false;

  // ---- What the business asks, by Graph. ----

  async preAccept(sdp: BusinessSdp): Promise<void> {
    this.#mustRing('pre_accept');
    if (this.#preAccepted && this.#preAccepted.text !== sdp.text) throw differentSdp();
    this.#preAccepted = sdp;
    await this.#apply(sdp);
  }

  async accept(sdp: BusinessSdp, opaque: string | undefined): Promise<void> {
    this.#mustRing('accept');
    if (this.#preAccepted && this.#preAccepted.text !== sdp.text) throw differentSdp();
    // Before the await: of two accepts at the same moment the second one is refused.
    this.card.opaque = opaque ?? this.card.opaque;
    this.#pickUp();
    await this.#apply(sdp);
  }

  /** The moment before the 200 is written: from here on media may flow. */
  replied(action: 'pre_accept' | 'accept'): void {
    if (action === 'accept') this.#acceptReplied ??= preciseNow();
    else this.#preAcceptReplied ??= preciseNow();
    this.#changed();
  }

  reject(): void {
    if (this.card.direction === 'BUSINESS_INITIATED') {
      throw new GraphError(100, 'reject is not allowed for a business-initiated call.');
    }
    this.#mustRing('reject');
    this.#end('business', 'COMPLETED');
  }

  terminate(): void {
    if (this.#state.phase === 'ended') throw new GraphError(100, 'The call has already ended.');
    const missed = this.rings;
    this.#end('business', 'COMPLETED');
    if (missed) this.#deps.onUnanswered(this);
  }

  // ---- What the customer does. ----

  /** Picks up a call of the business. */
  answer(): void {
    if (!this.rings) throw new Error('this call does not ring at the customer');
    this.#pickUp();
    this.#deps.webhooks.post(statusWebhook(this.card, 'ACCEPTED', this.#deps.clock.seconds()));
  }

  /** Refuses a call of the business. */
  decline(): void {
    if (!this.rings) throw new Error('this call does not ring at the customer');
    this.#deps.webhooks.post(statusWebhook(this.card, 'REJECTED', this.#deps.clock.seconds()));
    this.#end('customer', 'COMPLETED');
    this.#deps.onUnanswered(this);
  }

  /** Ends the call, or gives up while it rings. */
  hangUp(): void {
    if (this.rings) this.decline();
    else if (this.#state.phase !== 'ended') this.#end('customer', 'COMPLETED');
  }

  /** What the customer's phone plays from now on; `nothing` stops its packets. */
  async play(sound: Sound): Promise<void> {
    await this.#player.play(sound);
  }
  /** Resolves when the file that plays has been sent to its end. */
  get played(): Promise<void> {
    return this.#player.ended;
  }

  /** A live microphone in place of sounds: packets of Opus, 20 ms each. Dropped while Meta would not send. */
  say(packet: Uint8Array, ticks = 960): number | undefined {
    return this.#speaking ? this.leg.say(packet, ticks) : undefined;
  }

  /** Presses keys, 100 ms each with 100 ms between, as RFC 4733 events. */
  pressKeys(keys: string): void {
    this.#keypad.press(keys);
  }

  /** From now on the call keeps no sound: load tests need neither the memory nor the packets. */
  recordNothing(): void {
    this.#stopRecording?.();
  }

  // ---- What watchers ask. ----

  /** What the customer heard, measured: all of it, or its last part. */
  heard(piece: { lastMs?: number } = {}): Promise<Heard & { packets: number }> {
    return this.recording.measure(piece);
  }

  /** Every packet of the business, decrypted, with its arrival at the relay; until the returned function is called. */
  tap(listener: HeardListener): () => void {
    return this.leg.hear(listener);
  }

  /** Resolves when the call is in this phase, or past it. */
  async until(phase: 'live' | 'ended', timeoutMs = 10_000): Promise<void> {
    const reached = (): CallPhase | undefined =>
      this.phase === phase || this.phase === 'ended' ? this.phase : undefined;
    const now = await this.#waiters.until(reached, timeoutMs, () => `the call did not get ${phase}`);
    if (now !== phase) throw new Error(`the call ended before it was ${phase}`);
  }

  /** Resolves when so many milliseconds of the business's sound have come. */
  async untilHeard(milliseconds: number, timeoutMs = 10_000): Promise<void> {
    const target = this.recording.milliseconds + milliseconds;
    const reached = (): true | undefined => (this.recording.milliseconds >= target ? true : undefined);
    await this.#waiters.until(reached, timeoutMs, () => 'the customer did not hear enough');
  }

  facts(): CallFacts {
    const state = this.#state;
    const media = this.#finalFacts ?? this.#leg?.facts() ?? noLegFacts;
    return {
      id: this.id,
      direction: this.card.direction,
      phoneNumberId: this.card.business.phoneNumberId,
      customer: this.card.customer.waId,
      phase: state.phase,
      flags: flagsOf(media, {
        direction: this.card.direction,
        sdp: this.#business,
        acceptReplied: this.#acceptReplied,
      }),
      times: {
        created: this.#createdAt,
        preAcceptReplied: this.#preAcceptReplied,
        acceptReplied: this.#acceptReplied,
        live: liveAtOf(state),
        iceNominated: media.ice.nominatedAt,
        dtlsConnected: media.dtls.connectedAt,
        firstRtp: media.fromBusiness.firstAt,
        ended: state.phase === 'ended' ? state.at : null,
      },
      ending: endingOf(state),
      media,
      heardPackets: this.recording.packets,
    };
  }

  /** Ends without a word, when the sim stops. */
  drop(): void {
    if (this.#state.phase !== 'ended') this.#release();
  }

  // ---- Inside. ----

  #take(leg: RelayLeg): void {
    this.#leg = leg;
    this.#stopRecording = leg.hear((packet) => {
      this.recording.add(packet);
      if (this.#waiters.any) this.#waiters.wake();
    });
  }

  async #apply(sdp: BusinessSdp): Promise<void> {
    this.#business = sdp;
    await this.leg.apply(sdp, 'actpass');
  }

  #pickUp(): void {
    const { clock } = this.#deps;
    this.#state = { phase: 'live', at: preciseNow(), startTime: clock.seconds() };
    clearTimeout(this.#timer);
    this.#watchdog = new MediaWatchdog(this.leg, this.#deps.timing, () => {
      this.#end('media-watchdog', 'FAILED', mediaTimeout);
    });
    this.speakIfAllowed();
    this.#deps.onPickedUp(this);
    this.#changed();
  }

  /** Meta sends nothing before it has had valid media of the business (and an accepted call). */
  speakIfAllowed(): void {
    if (this.#state.phase !== 'live' || !this.leg.heardBusiness) return;
    this.#speaking = true;
    this.#player.start();
  }

  #end(by: EndedBy, status: 'COMPLETED' | 'FAILED', error?: WireError): void {
    const { clock, webhooks } = this.#deps;
    const before = this.#state;
    const startTime = before.phase === 'live' ? before.startTime : undefined;
    const endTime = clock.seconds();
    this.#release();
    this.#state = {
      phase: 'ended',
      at: preciseNow(),
      by,
      status,
      liveAt: before.phase === 'live' ? before.at : null,
      duration: startTime === undefined ? null : endTime - startTime,
      error,
    };
    webhooks.post(terminateWebhook(this.card, { status, startTime, endTime, error }, endTime));
    this.#changed();
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#watchdog?.stop();
    this.#keypad.close();
    this.#speaking = false;
    this.#player.stop();
    this.#finalFacts = this.#leg?.facts();
    this.#leg?.close();
  }

  #mustRing(action: string): void {
    if (this.card.direction === 'BUSINESS_INITIATED') {
      throw new GraphError(100, `${action} is not allowed for a business-initiated call.`);
    }
    if (this.#state.phase === 'live') throw new GraphError(100, 'The call is already in progress.');
    if (this.#state.phase === 'ringing') return;
    if (this.#state.by === 'timeout') throw new GraphError(138007, 'The call was not accepted in time.');
    throw new GraphError(100, `The call has already ended (${this.#state.status.toLowerCase()}).`);
  }

  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#state.phase !== 'ended') then();
    }, ms);
  }

  #changed(): void {
    this.#waiters.wake();
    this.#deps.onChanged(this);
  }
}

const differentSdp = (): GraphError =>
  new GraphError(100, 'The SDP of accept differs from the SDP of pre_accept for this call.');
