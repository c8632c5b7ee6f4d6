import type { types } from 'mediasoup';
import type { BusinessSdp } from '../sdp/check.ts';
import { IceLite, type IceFacts } from './ice-lite.ts';
import type { RelayOptions } from './relay.ts';
import { isRtcp, isRtpOrRtcp, payloadOf, RtpLine } from './rtp-line.ts';
import { preciseNow, RtpWatch, type RtpFacts } from './rtp-watch.ts';
import { SfuLink } from './sfu-link.ts';

/** An audio packet of the business, decrypted. `at` is its arrival at the relay's socket (`preciseNow()`). */
export type HeardPacket = { payload: Buffer; timestamp: number; sequence: number; at: number };
export type HeardListener = (packet: HeardPacket) => void;

export type LegOptions = {
  /** Opus's payload type: 111 in Meta's offers, the business's own in its offers. */
  payloadType?: number;
  /** The first packet of the business that decrypted: only then does the relay send (mode switch). */
  onFirstMedia?: () => void;
  /** RTP or RTCP came; cheap, called for every packet. */
  onAlive?: () => void;
};

export type LegFacts = {
  ice: IceFacts;
  dtls: { state: string; connectedAt: number | null };
  fromBusiness: RtpFacts;
  toBusiness: RtpFacts;
};

const arrivalsKept = 256;

// The sockets are opened before the leg exists and call it back; nobody else can.
const nominated = Symbol('nominated');
const fromBusiness = Symbol('fromBusiness');
const fromSfu = Symbol('fromSfu');

/** One call's media between the business and the customer, at Meta's relay. */
export class RelayLeg {
  /** The one SSRC that the relay sends, whatever the customer's phone uses. */
  readonly ssrc: number;
  readonly payloadType: number;
  readonly fingerprint: string;
  readonly ice: IceLite;
  readonly #transport: types.WebRtcTransport;
  readonly #direct: types.DirectTransport;
  readonly #mouth: types.Producer;
  readonly #link: SfuLink;
  readonly #options: LegOptions;
  readonly #fromBusiness: RtpWatch;
  readonly #toBusiness: RtpWatch;
  readonly #listeners = new Set<HeardListener>();
  readonly #onClosed: (() => void)[] = [];
  /** RTP timestamp -> arrival, so that a decrypted packet can be told when it arrived. */
  readonly #arrivals = new Map<number, number>();
  readonly #line: RtpLine;
  #applied = false;
  #producing: Promise<void> | undefined;
  #producedSsrc: number | undefined;
  readonly #held: Buffer[] = [];
  #ready = false;
  #heardFirst = false;
  #ear: types.Consumer | undefined;
  #dtlsAt: number | null = null;
  #dtlsState = 'new';
  #closed = false;

  private constructor(parts: {
    ice: IceLite;
    transport: types.WebRtcTransport;
    direct: types.DirectTransport;
    mouth: types.Producer;
    line: RtpLine;
    consumer: types.Consumer;
    link: SfuLink;
    options: LegOptions;
  }) {
    this.ice = parts.ice;
    this.#transport = parts.transport;
    this.#direct = parts.direct;
    this.#mouth = parts.mouth;
    this.#line = parts.line;
    this.#link = parts.link;
    this.#options = parts.options;
    this.payloadType = parts.options.payloadType ?? 111;
    this.#fromBusiness = new RtpWatch(this.payloadType);
    this.#toBusiness = new RtpWatch(this.payloadType);
    this.ssrc = parts.consumer.rtpParameters.encodings![0]!.ssrc!;
    const sha256 = parts.transport.dtlsParameters.fingerprints.find((print) => print.algorithm === 'sha-256');
    this.fingerprint = sha256!.value;
    this.#transport.on('dtlsstatechange', (state) => {
      this.#dtlsState = state;
      if (state === 'connected') this.#dtlsAt = preciseNow();
    });
  }

  static async open(
    router: types.Router,
    server: types.WebRtcServer,
    relay: RelayOptions,
    options: LegOptions,
  ): Promise<RelayLeg> {
    const payloadType = options.payloadType ?? 111;
    const [transport, direct] = await Promise.all([
      // The relay's own ICE end watches the path; mediasoup must not give up on the loopback behind it.
      router.createWebRtcTransport({ webRtcServer: server, enableUdp: true, iceConsentTimeout: 0 }),
      router.createDirectTransport(),
    ]);
    const line = new RtpLine(payloadType);
    const mouth = await direct.produce({ kind: 'audio', rtpParameters: rtpParametersOf(payloadType, line.ssrc) });
    const consumer = await transport.consume({
      producerId: mouth.id,
      rtpCapabilities: { codecs: router.rtpCapabilities.codecs ?? [], headerExtensions: [] },
    });
    const candidate = transport.iceCandidates[0]!;
    let leg: RelayLeg | undefined;
    const link = await SfuLink.open(
      {
        ip: candidate.ip,
        port: candidate.port,
        ufrag: transport.iceParameters.usernameFragment,
        password: transport.iceParameters.password,
      },
      (datagram) => leg?.[fromSfu](datagram),
    );
    const ice = await IceLite.open(relay.listenIp, relay.listenIp6, {
      onNominated: () => leg?.[nominated](),
      onData: (datagram, at) => leg?.[fromBusiness](datagram, at),
    });
    leg = new RelayLeg({ ice, transport, direct, mouth, line, consumer, link, options });
    return leg;
  }

  /** True once the business has sent a packet that decrypted. */
  get heardBusiness(): boolean {
    return this.#heardFirst;
  }
  get firstRtpAt(): number | null {
    return this.#fromBusiness.firstAt;
  }
  /** When the last RTP, or RTP or RTCP, came from the business. */
  get lastRtpAt(): number | null {
    return this.#fromBusiness.lastAt;
  }
  get lastAliveAt(): number | null {
    return this.#fromBusiness.lastAliveAt;
  }

  /**
   * The business's description, its offer or its answer. Until it is known DTLS cannot finish.
   * @param relaysSetup what the relay's own description says or will say in `a=setup`.
   */
  async apply(sdp: BusinessSdp, relaysSetup: 'actpass' | 'active' | 'passive'): Promise<void> {
    if (this.#applied) return;
    this.#applied = true;
    try {
      await this.#connect(sdp, relaysSetup);
    } catch (error) {
      // A call that ends in the middle of its set-up takes the transports away: that is its end, not a failure.
      if (!this.#closed) throw error;
    }
  }

  async #connect(sdp: BusinessSdp, relaysSetup: 'actpass' | 'active' | 'passive'): Promise<void> {
    this.ice.expect(sdp.ufrag);
    // An answer decides by itself; an offer of actpass leaves it to the relay (RFC 5763 §5).
    const relayIsClient = sdp.setup === 'actpass' ? relaysSetup === 'active' : sdp.setup === 'passive';
    await this.#transport.connect({
      dtlsParameters: {
        role: relayIsClient ? 'server' : 'client',
        fingerprints: [{ algorithm: 'sha-256', value: sdp.fingerprint }],
      },
    });
    if (sdp.ssrc !== undefined) await this.#produce(sdp.ssrc);
    this.#ready = true;
    if (this.ice.nominated) this.#link.start();
  }

  /** Sends one packet of Opus to the business. @returns when it was handed to the relay (`preciseNow()`). */
  say(payload: Uint8Array, ticks = 960): number {
    const at = preciseNow();
    if (!this.#closed) this.#mouth.send(this.#line.audio(payload, ticks));
    return at;
  }

  /** One packet of a key being held, on the audio's own SSRC; see `RtpLine.event`. */
  sayEvent(...event: Parameters<RtpLine['event']>): void {
    if (!this.#closed) this.#mouth.send(this.#line.event(...event));
  }

  /** Calls the listener with every decrypted packet of the business until the returned function is called. */
  hear(listener: HeardListener): () => void {
    this.#listeners.add(listener);
    this.#tuneEar();
    return () => {
      this.#listeners.delete(listener);
      this.#tuneEar();
    };
  }

  facts(): LegFacts {
    return {
      ice: this.ice.facts,
      dtls: { state: this.#dtlsState, connectedAt: this.#dtlsAt },
      fromBusiness: this.#fromBusiness.facts(),
      toBusiness: this.#toBusiness.facts(),
    };
  }

  onClosed(listener: () => void): void {
    this.#onClosed.push(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // mediasoup says close_notify to the business before its socket goes away.
    this.#transport.close();
    this.#direct.close();
    setTimeout(() => {
      this.#link.close();
      this.ice.close();
    }, 50);
    for (const listener of this.#onClosed) listener();
  }

  [nominated](): void {
    if (this.#ready) this.#link.start();
  }

  [fromBusiness](datagram: Buffer, at: number): void {
    if (this.#closed) return;
    if (isRtpOrRtcp(datagram)) {
      if (isRtcp(datagram)) {
        this.#fromBusiness.sawRtcp(at);
      } else {
        this.#fromBusiness.sawRtp(datagram, at);
        this.#remember(datagram.readUInt32BE(4), at);
        const ssrc = datagram.readUInt32BE(8);
        if (this.#producedSsrc === undefined) {
          this.#latch(ssrc, datagram);
          return;
        }
      }
      this.#options.onAlive?.();
    }
    this.#link.send(datagram);
  }

  [fromSfu](datagram: Buffer): void {
    if (isRtpOrRtcp(datagram) && !isRtcp(datagram)) this.#toBusiness.sawRtp(datagram, preciseNow());
    this.ice.send(datagram);
  }

  #remember(timestamp: number, at: number): void {
    if (this.#arrivals.size >= arrivalsKept) this.#arrivals.delete(this.#arrivals.keys().next().value!);
    this.#arrivals.set(timestamp, at);
  }

  /** No a=ssrc in the description: the first packet tells it. The few that come meanwhile wait. */
  #latch(ssrc: number, datagram: Buffer): void {
    if (this.#held.length < 10) this.#held.push(datagram);
    if (this.#producing || !this.#ready) return;
    void this.#produceHeld(ssrc);
  }

  async #produceHeld(ssrc: number): Promise<void> {
    try {
      await this.#produce(ssrc);
    } catch (error) {
      if (!this.#closed) throw error;
    }
    for (const packet of this.#held.splice(0)) this.#link.send(packet);
  }

  #produce(ssrc: number): Promise<void> {
    this.#producing ??= this.#open(ssrc);
    return this.#producing;
  }

  async #open(ssrc: number): Promise<void> {
    const rtpParameters = rtpParametersOf(this.payloadType, ssrc);
    const producer = await this.#transport.produce({ kind: 'audio', rtpParameters });
    const ear = await this.#direct.consume({
      producerId: producer.id,
      rtpCapabilities: {
        codecs: [
          {
            kind: 'audio',
            mimeType: 'audio/opus',
            clockRate: 48_000,
            channels: 2,
            preferredPayloadType: this.payloadType,
          },
        ],
        headerExtensions: [],
      },
    });
    ear.on('rtp', (packet) => this.#heard(packet));
    this.#ear = ear;
    this.#producedSsrc = ssrc;
  }

  /** Packets that nobody listens to need not come up from the worker, once the first has proved the media valid. */
  #tuneEar(): void {
    if (!this.#ear || !this.#heardFirst || this.#closed) return;
    const done = this.#listeners.size === 0 ? this.#ear.pause() : this.#ear.resume();
    // It fails when the leg is closed meanwhile, and then it does not matter.
    done.catch(() => undefined);
  }

  #heard(packet: Buffer): void {
    const timestamp = packet.readUInt32BE(4);
    if (!this.#heardFirst) {
      this.#heardFirst = true;
      this.#options.onFirstMedia?.();
      this.#tuneEar();
    }
    if (this.#listeners.size === 0) return;
    const heard: HeardPacket = {
      payload: payloadOf(packet),
      timestamp,
      sequence: packet.readUInt16BE(2),
      at: this.#arrivals.get(timestamp) ?? preciseNow(),
    };
    for (const listener of this.#listeners) listener(heard);
  }
}

/** Opus and events on one SSRC; no header extensions, as in Meta's descriptions. */
function rtpParametersOf(payloadType: number, ssrc: number): types.RtpParameters {
  return {
    codecs: [
      { mimeType: 'audio/opus', payloadType, clockRate: 48_000, channels: 2, parameters: { useinbandfec: 1 } },
      // Events; see the router's codecs for the name.
      { mimeType: 'audio/PCMA', payloadType: 126, clockRate: 8000 },
    ],
    headerExtensions: [],
    encodings: [{ ssrc }],
    rtcp: { cname: 'sim' },
  };
}
