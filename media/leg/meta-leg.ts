import { randomInt } from 'node:crypto';
import type { Consumer, Producer, WebRtcTransport } from 'mediasoup/types';
import type { LegLostCause } from '../../control/contract/media.ts';
import { Fault } from '../../control/contract/fault.ts';
import type { Log } from '../../ops/runtime/log.ts';
import { bareOpusReceiver, bareOpusStream, createSsrc } from '../sfu/codecs.ts';
import type { OutgoingRtp } from '../sfu/rtp-port.ts';
import type { SfuWorker } from '../sfu/sfu-worker.ts';
import { IceAgent, type IceAgentOptions, type MediaPath } from './ice-agent.ts';
import { openLoopbackPath } from './loopback-path.ts';
import { announce } from './announce.ts';
import { isLoopback } from './host-addresses.ts';
import { Relay, type Traffic } from './relay.ts';
import { parseRemote, writeLocal, type LocalDescription, type RemoteDescription } from './sdp.ts';

/**
 * A leg's way through its life; `closed` can be reached from everywhere.
 *
 *   offered ──answer applied──▶ checking ──ICE──▶ securing ──DTLS──▶ connected
 *   (we call)                      ▲
 *   a customer calls ──────────────┘
 */
export type LegPhase = 'offered' | 'checking' | 'securing' | 'connected' | 'closed';

export type LegHooks = {
  onConnected(times: { iceMs: number; dtlsMs: number }): void;
  /** Reported once, when nobody asked for the end; the leg is closed then. */
  onLost(cause: LegLostCause): void;
  onRtpStarted(direction: 'from-customer' | 'to-customer'): void;
};

export type MetaLegOptions = {
  readonly sfu: SfuWorker;
  readonly ice: Omit<IceAgentOptions, 'log'>;
  readonly announcedAddress: string;
  readonly hooks: LegHooks;
  readonly log: Log;
};

// ICE may have to wait for Meta until the customer's call is accepted, and phones ring for about a minute.
const iceMs = 75_000;
// Once the call is accepted nothing is left to wait for, and Meta itself gives up after 20 s without media.
const iceAfterGateMs = 15_000;
// A DTLS handshake takes some round trips; retransmissions come after 1, 2 and 4 s (RFC 6347 §4.2.4). Before the gate
// opens it is given as long as ICE: Meta may answer checks without having our description, but no handshake.
const dtlsMs = iceMs;
const dtlsAfterGateMs = 15_000;
// Control ends a call that nobody takes after about a minute; this is for the end that never reached us.
const answerMs = 150_000;

/** The leg to Meta: our ICE agent in front of a mediasoup transport (design: "The Meta leg"). */
export class MetaLeg {
  readonly sfu: SfuWorker;
  readonly relay: Relay;
  /** What the switch feeds. */
  readonly outgoing: OutgoingRtp;
  readonly #options: MetaLegOptions;
  readonly #agent: IceAgent;
  readonly #transport: WebRtcTransport;
  readonly #consumer: Consumer;
  readonly #startedAt = performance.now();
  #customer = createTrack();
  #phase: LegPhase = 'offered';
  #deadline: NodeJS.Timeout | undefined;
  #worker: (MediaPath & { close(): void }) | undefined;
  #remote: RemoteDescription | undefined;
  #iceMs = 0;
  #local = '';
  readonly #startedEarly: ('from-customer' | 'to-customer')[] = [];
  #notDying: () => void;

  private constructor(options: MetaLegOptions, parts: Parts) {
    this.sfu = options.sfu;
    this.#options = options;
    this.#agent = parts.agent;
    this.#transport = parts.transport;
    this.#consumer = parts.consumer;
    this.outgoing = parts.outgoing;
    this.sfu.load += 1;
    this.relay = new Relay({
      onFirstRtpFromMeta: (ssrc) => {
        const announced = this.#remote?.ssrc;
        if (announced === undefined) this.#openCustomerTrack(ssrc);
        else if (announced !== ssrc) this.#replaceCustomerTrack(ssrc);
        this.#onRtp('from-customer');
      },
      onFirstRtpToMeta: () => this.#onRtp('to-customer'),
    });
    this.#agent.onLost = () => this.#lose('ice-lost');
    this.#transport.on('dtlsstatechange', (state) => this.#onDtls(state));
    this.#notDying = this.sfu.onDeath(() => this.#lose('worker-died'));
  }

  /** A customer calls: Meta's offer in, our answer in `localSdp`; ICE starts at once. */
  static async answer(options: MetaLegOptions, offer: string): Promise<MetaLeg> {
    const remote = parseRemote(offer, 'offer');
    const leg = await MetaLeg.#create(options);
    try {
      // Meta advises the business to be the DTLS client, unless it insists on the part itself.
      const setup = remote.dtlsRole === 'client' ? 'passive' : 'active';
      leg.#local = leg.#describe(
        remote.mid,
        setup,
        remote.ice.candidates.some((c) => isLoopback(c.address)),
      );
      await leg.#connect(remote);
    } catch (error) {
      await leg.close();
      throw error;
    }
    return leg;
  }

  /** We call: our offer in `localSdp`; Meta's answer follows by `applyAnswer`. */
  static async offer(options: MetaLegOptions): Promise<MetaLeg> {
    const leg = await MetaLeg.#create(options);
    leg.#local = leg.#describe('0', 'actpass', true);
    leg.#within(answerMs, 'ice-failed');
    return leg;
  }

  static async #create(options: MetaLegOptions): Promise<MetaLeg> {
    const outgoing = await options.sfu.rtp.produce(createSsrc());
    const opening = IceAgent.open({ ...options.ice, log: options.log });
    let transport: WebRtcTransport | undefined;
    try {
      transport = await options.sfu.createLegTransport();
      // Made now, since its SSRC stands in our description; paused until the gate opens.
      const consumer = await transport.consume({
        producerId: outgoing.producer.id,
        rtpCapabilities: bareOpusReceiver,
        paused: true,
      });
      return new MetaLeg(options, { agent: await opening, transport, consumer, outgoing });
    } catch (error) {
      outgoing.producer.close();
      transport?.close();
      opening.then((agent) => agent.close()).catch(() => undefined);
      throw error;
    }
  }

  get phase(): LegPhase {
    return this.#phase;
  }

  get localSdp(): string {
    return this.#local;
  }

  get iceState(): string {
    return this.#agent.isConnected ? 'connected' : this.#agent.state === 'failed' ? 'failed' : 'checking';
  }

  get dtlsState(): string {
    return this.#transport.dtlsState;
  }

  get hasIce(): boolean {
    return this.#phase === 'securing' || this.#phase === 'connected';
  }

  get traffic(): { fromMeta: Traffic; toMeta: Traffic } {
    return { fromMeta: this.relay.fromMeta, toMeta: this.relay.toMeta };
  }

  /** The customer's voice in the router; waits for the first packet when Meta named no SSRC. */
  get customer(): Promise<Producer> {
    return this.#customer.promise;
  }

  /** @throws Fault `media/bad-sdp`. The leg stays as it was, another answer may follow. */
  async applyAnswer(answer: string): Promise<void> {
    if (this.#phase !== 'offered') return;
    await this.#connect(parseRemote(answer, 'answer'));
  }

  /** Lets RTP out. Whoever feeds the leg starts after this. */
  async openGate(): Promise<void> {
    if (this.relay.isGateOpen || this.#phase === 'closed') return;
    this.relay.openGate();
    await this.#consumer.resume();
    if (this.#phase === 'checking') this.#within(iceAfterGateMs, 'ice-failed');
    else if (this.#phase === 'securing') this.#within(dtlsAfterGateMs, 'dtls-failed');
  }

  async close(): Promise<void> {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    clearTimeout(this.#deadline);
    this.#notDying();
    this.sfu.load -= 1;
    this.#customer.reject(new Fault('media/not-found', 'The call has ended.'));
    // Reverse order of making: first what produces packets, then what carries them.
    this.outgoing.producer.close();
    this.#transport.close();
    this.#worker?.close();
    await this.#agent.close();
  }

  #describe(mid: string | undefined, setup: LocalDescription['setup'], withLoopback: boolean): string {
    const fingerprint = this.#transport.dtlsParameters.fingerprints.find(({ algorithm }) => algorithm === 'sha-256');
    const encoding = this.#consumer.rtpParameters.encodings?.[0];
    if (fingerprint === undefined || encoding?.ssrc === undefined)
      throw new Error('transport without fingerprint or ssrc');
    return writeLocal({
      sessionId: String(randomInt(2 ** 47)),
      mid,
      ufrag: this.#agent.ufrag,
      pwd: this.#agent.pwd,
      candidates: announce(this.#agent.candidates, this.#options.announcedAddress, withLoopback),
      fingerprint: fingerprint.value.toUpperCase(),
      setup,
      ssrc: encoding.ssrc,
      cname: this.#consumer.rtpParameters.rtcp?.cname ?? 'switchboard',
    });
  }

  async #connect(remote: RemoteDescription): Promise<void> {
    this.#remote = remote;
    this.#phase = 'checking';
    // The role must be known before ICE is up: with `auto` mediasoup would then start DTLS as server by itself.
    await this.#transport.connect({
      dtlsParameters: {
        role: remote.dtlsRole === 'client' ? 'client' : 'server',
        fingerprints: [{ algorithm: 'sha-256', value: remote.fingerprint }],
      },
    });
    if (remote.ssrc !== undefined) this.#openCustomerTrack(remote.ssrc);
    this.#within(this.relay.isGateOpen ? iceAfterGateMs : iceMs, 'ice-failed');
    this.#checkPath(remote).catch((error: unknown) => {
      if (this.#phase === 'closed') return;
      this.#options.log.warn({ error: String(error) }, 'ice failed');
      this.#lose('ice-failed');
    });
  }

  async #checkPath(remote: RemoteDescription): Promise<void> {
    const meta = await this.#agent.connect(remote.ice);
    if (this.#phase !== 'checking') return;
    this.#iceMs = this.#elapsed();
    this.#phase = 'securing';
    this.#within(this.relay.isGateOpen ? dtlsAfterGateMs : dtlsMs, 'dtls-failed');
    await this.relay.join(meta, async () => {
      this.#worker = await openLoopbackPath(this.#transport);
      if (this.#isClosed) this.#worker.close();
      return this.#worker;
    });
  }

  get #isClosed(): boolean {
    return this.#phase === 'closed';
  }

  #openCustomerTrack(ssrc: number): void {
    const { resolve, reject } = this.#customer;
    this.#transport
      .produce({ kind: 'audio', rtpParameters: bareOpusStream(ssrc, this.#remote?.cname) })
      .then(resolve, reject);
  }

  // A desk that listened already must ask again: its consumer closes with the track that nothing came in.
  #replaceCustomerTrack(ssrc: number): void {
    this.#options.log.error('the customer’s packets have another ssrc than announced');
    this.#customer.promise.then((announced) => announced.close()).catch(() => undefined);
    this.#customer = createTrack();
    this.#openCustomerTrack(ssrc);
  }

  #onDtls(state: string): void {
    if (state === 'connected' && this.#phase === 'securing') {
      this.#phase = 'connected';
      clearTimeout(this.#deadline);
      this.#options.hooks.onConnected({ iceMs: this.#iceMs, dtlsMs: this.#elapsed() });
      for (const direction of this.#startedEarly.splice(0)) this.#options.hooks.onRtpStarted(direction);
    } else if (state === 'failed') this.#lose('dtls-failed');
    else if (state === 'closed') this.#lose('dtls-closed');
  }

  // A packet may overtake the worker's word that DTLS is up; events are told in the order of what they mean.
  #onRtp(direction: 'from-customer' | 'to-customer'): void {
    if (this.#phase === 'connected') this.#options.hooks.onRtpStarted(direction);
    else this.#startedEarly.push(direction);
  }

  #lose(cause: LegLostCause): void {
    if (this.#phase === 'closed') return;
    this.#options.hooks.onLost(cause);
    void this.close();
  }

  #within(ms: number, otherwise: LegLostCause): void {
    clearTimeout(this.#deadline);
    if (this.#isClosed) return;
    this.#deadline = setTimeout(() => this.#lose(otherwise), ms);
  }

  #elapsed(): number {
    return Math.round(performance.now() - this.#startedAt);
  }
}

function createTrack(): PromiseWithResolvers<Producer> {
  const track = Promise.withResolvers<Producer>();
  // Nobody may ever ask for the customer's track; that alone is no unhandled error.
  track.promise.catch(() => undefined);
  return track;
}

type Parts = { agent: IceAgent; transport: WebRtcTransport; consumer: Consumer; outgoing: OutgoingRtp };
