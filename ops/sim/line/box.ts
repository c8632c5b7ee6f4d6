import type { types } from 'mediasoup';
import type { Call } from '../meta/call.ts';
import { payloadOf, RtpLine } from '../meta/relay/rtp-line.ts';
import { opusCodec } from '../meta/relay/relay.ts';

/** What a browser needs for one of its two transports (mediasoup-client's options). */
export type TransportOptions = {
  id: string;
  iceParameters: types.IceParameters;
  iceCandidates: types.IceCandidate[];
  dtlsParameters: types.DtlsParameters;
};
export type Side = 'send' | 'receive';

/** The WebRTC of browsers that play a customer's phone: nothing that Meta has, so apart from its relay. */
export class PhoneBox {
  readonly #router: types.Router;
  readonly #server: types.WebRtcServer;

  private constructor(router: types.Router, server: types.WebRtcServer) {
    this.#router = router;
    this.#server = server;
  }

  static async start(worker: types.Worker, listenIp: string, announcedAddress: string): Promise<PhoneBox> {
    const address = { ip: listenIp, ...(announcedAddress !== listenIp && { announcedAddress }) };
    const [router, server] = await Promise.all([
      worker.createRouter({ mediaCodecs: [opusCodec(111)] }),
      worker.createWebRtcServer({
        listenInfos: [
          { protocol: 'udp', ...address },
          { protocol: 'tcp', ...address },
        ],
      }),
    ]);
    return new PhoneBox(router, server);
  }

  get rtpCapabilities(): types.RtpCapabilities {
    return this.#router.rtpCapabilities;
  }

  /** A browser's microphone and loudspeaker for one call. */
  async openHandset(call: Call): Promise<Handset> {
    const [send, receive, direct] = await Promise.all([
      this.#router.createWebRtcTransport({ webRtcServer: this.#server, preferUdp: true }),
      this.#router.createWebRtcTransport({ webRtcServer: this.#server, preferUdp: true }),
      this.#router.createDirectTransport(),
    ]);
    return new Handset(this.#router, { send, receive, direct }, call);
  }
}

type Transports = { send: types.WebRtcTransport; receive: types.WebRtcTransport; direct: types.DirectTransport };

/** Carries Opus packet by packet between a browser and a call; nothing is decoded. */
export class Handset {
  readonly call: Call;
  readonly #router: types.Router;
  readonly #transports: Transports;
  readonly #line = new RtpLine(111);
  #untap: (() => void) | undefined;
  #microphone: types.Producer | undefined;

  constructor(router: types.Router, transports: Transports, call: Call) {
    this.#router = router;
    this.#transports = transports;
    this.call = call;
  }

  options(side: Side): TransportOptions {
    const { id, iceParameters, iceCandidates, dtlsParameters } = this.#transports[side];
    return { id, iceParameters, iceCandidates, dtlsParameters };
  }

  async connect(side: Side, dtlsParameters: types.DtlsParameters): Promise<void> {
    await this.#transports[side].connect({ dtlsParameters });
  }

  /** From now on the customer speaks with this microphone. @returns the producer's id. */
  async speak(rtpParameters: types.RtpParameters): Promise<string> {
    const { send, direct } = this.#transports;
    this.#microphone?.close();
    this.#microphone = await send.produce({ kind: 'audio', rtpParameters });
    const tap = await direct.consume({
      producerId: this.#microphone.id,
      rtpCapabilities: this.#router.rtpCapabilities,
    });
    await this.call.play({ kind: 'nothing' });
    tap.on('rtp', (packet) => {
      const payload = payloadOf(packet);
      // A packet of padding alone has nothing to say.
      if (payload.length > 0) this.call.say(payload);
    });
    return this.#microphone.id;
  }

  /** Lets the browser hear the business. */
  async listen(
    rtpCapabilities: types.RtpCapabilities,
  ): Promise<Pick<types.Consumer, 'id' | 'producerId' | 'rtpParameters'>> {
    const { receive, direct } = this.#transports;
    const voice = await direct.produce({
      kind: 'audio',
      rtpParameters: {
        codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }],
        encodings: [{ ssrc: this.#line.ssrc }],
      },
    });
    const { id, producerId, rtpParameters } = await receive.consume({ producerId: voice.id, rtpCapabilities });
    let last: number | undefined;
    this.#untap = this.call.tap(({ payload, timestamp }) => {
      // What is missing on the way stays missing here, so that the browser conceals it in time.
      const missing = last === undefined ? 0 : ((timestamp - last) | 0) - 960;
      last = timestamp;
      voice.send(this.#line.audio(payload, 960, Math.max(0, missing)));
    });
    return { id, producerId, rtpParameters };
  }

  close(): void {
    this.#untap?.();
    for (const transport of Object.values(this.#transports)) transport.close();
  }
}
