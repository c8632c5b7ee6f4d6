import { EventEmitter } from 'node:events';
import { createWorker } from 'mediasoup';
import type { Consumer, DirectTransport, Producer, Router, WebRtcTransport, Worker } from 'mediasoup/types';

const opus = {
  kind: 'audio' as const,
  mimeType: 'audio/opus',
  clockRate: 48_000,
  channels: 2,
  preferredPayloadType: 111,
  parameters: { useinbandfec: 1 },
};

export type Heard = { seq: number; ts: number; marker: boolean; ssrc: number; payload: Buffer; at: number };

/** The worker in which fake relays live, apart from the node's own. */
export async function relayWorker(): Promise<{ worker: Worker; router: Router }> {
  const bin = process.env['MEDIASOUP_WORKER_BIN'];
  const worker = await createWorker(bin === undefined ? {} : { workerBin: bin });
  return { worker, router: await worker.createRouter({ mediaCodecs: [opus] }) };
}

/**
 * Meta's relay as a leg meets it: ICE-lite (a mediasoup transport), descriptions of the shape of Meta's captures,
 * one Opus stream each way.
 */
export class FakeRelay extends EventEmitter<{ rtp: [Heard]; dtls: [string] }> {
  readonly transport: WebRtcTransport;
  readonly heard: Heard[] = [];
  readonly ssrc = Math.trunc(Math.random() * 0xffffffff);
  readonly #direct: DirectTransport;
  #voice: Producer | undefined;
  #toUs: Consumer | undefined;
  #seq = Math.trunc(Math.random() * 65_535);
  #ts = Math.trunc(Math.random() * 0xffffffff);
  #pacer: NodeJS.Timeout | undefined;
  #announced = 0;

  private constructor(transport: WebRtcTransport, direct: DirectTransport) {
    super();
    this.transport = transport;
    this.#direct = direct;
    transport.on('dtlsstatechange', (state) => this.emit('dtls', state));
  }

  static async open(router: Router, ip = '127.0.0.1'): Promise<FakeRelay> {
    const transport = await router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip }] });
    const relay = new FakeRelay(transport, await router.createDirectTransport());
    await relay.#prepare();
    return relay;
  }

  /** An offer like S2 of Meta's captures; `alter` may change lines. */
  offer(alter: (sdp: string) => string = (sdp) => sdp): string {
    return alter(this.#describe('actpass', 'audio'));
  }

  /** Takes the business's answer: its DTLS role decides ours. */
  async takeAnswer(answer: string): Promise<void> {
    const setup = /a=setup:(\w+)/.exec(answer)?.[1];
    await this.#connect(answer, setup === 'active' ? 'client' : 'server');
  }

  /** Takes the business's offer and answers it in the given role. */
  async answerTo(offer: string, setup: 'active' | 'passive' | 'actpass'): Promise<string> {
    await this.#connect(offer, setup === 'active' ? 'server' : 'client');
    return this.#describe(setup, '0');
  }

  /** Sends one Opus packet as the customer's phone would. */
  say(payload: Buffer): void {
    if (!this.#voice || this.#voice.closed) return;
    const header = Buffer.alloc(12);
    header[0] = 0x80;
    header[1] = 111;
    header.writeUInt16BE((this.#seq = (this.#seq + 1) & 0xffff), 2);
    header.writeUInt32BE((this.#ts = (this.#ts + 960) >>> 0), 4);
    header.writeUInt32BE(this.ssrc, 8);
    this.#voice.send(Buffer.concat([header, payload]));
  }

  /** Talks 50 packets a second until `hush`. */
  talk(payload: () => Buffer): void {
    this.#pacer = setInterval(() => this.say(payload()), 20);
  }

  hush(): void {
    clearInterval(this.#pacer);
  }

  close(): void {
    this.hush();
    this.transport.close();
    this.#direct.close();
  }

  async #connect(sdp: string, remoteRole: 'client' | 'server'): Promise<void> {
    const value = /a=fingerprint:sha-256 (\S+)/.exec(sdp)?.[1] ?? '';
    const theirSsrc = Number(/a=ssrc:(\d+)/.exec(sdp)?.[1]);
    await this.transport.connect({
      dtlsParameters: { role: remoteRole, fingerprints: [{ algorithm: 'sha-256', value }] },
    });
    const rtpParameters = (ssrc: number) => ({
      codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }],
      encodings: [{ ssrc }],
    });
    const business = await this.transport.produce({ kind: 'audio', rtpParameters: rtpParameters(theirSsrc) });
    this.#toUs = await this.#direct.consume({
      producerId: business.id,
      rtpCapabilities: { codecs: [{ ...opus, rtcpFeedback: [] }], headerExtensions: [] },
    });
    this.#toUs.on('rtp', (packet) => this.#hear(packet));
  }

  /** Makes the stream towards the business first: its SSRC stands in every description. */
  async #prepare(): Promise<void> {
    const codecs = [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }];
    const rtpParameters = { codecs, encodings: [{ ssrc: this.ssrc }] };
    this.#voice = await this.#direct.produce({ kind: 'audio', rtpParameters });
    const consumer = await this.transport.consume({
      producerId: this.#voice.id,
      rtpCapabilities: { codecs: [{ ...opus, rtcpFeedback: [] }], headerExtensions: [] },
    });
    this.#announced = consumer.rtpParameters.encodings?.[0]?.ssrc ?? 0;
  }

  #hear(packet: Buffer): void {
    const extension = (packet[0] ?? 0) & 0x10 ? 4 + packet.readUInt16BE(14) * 4 : 0;
    const heard: Heard = {
      seq: packet.readUInt16BE(2),
      ts: packet.readUInt32BE(4),
      marker: ((packet[1] ?? 0) & 0x80) !== 0,
      ssrc: packet.readUInt32BE(8),
      payload: packet.subarray(12 + extension),
      at: performance.now(),
    };
    this.heard.push(heard);
    this.emit('rtp', heard);
  }

  #describe(setup: string, mid: string): string {
    const { iceParameters, iceCandidates, dtlsParameters } = this.transport;
    const candidate = iceCandidates[0];
    const fingerprint = dtlsParameters.fingerprints.find((f) => f.algorithm === 'sha-256')?.value;
    const where = `${candidate?.address} ${candidate?.port}`;
    const lines = [
      'v=0',
      `o=- ${Date.now()} 2 IN IP4 127.0.0.1`,
      's=-',
      't=0 0',
      `a=group:BUNDLE ${mid}`,
      'a=msid-semantic: WMS 5a3a0aa5-0001-4d6e-9d4b-000000000000',
      'a=ice-lite',
      `m=audio ${candidate?.port} UDP/TLS/RTP/SAVPF 111 126`,
      `c=IN IP${candidate?.address.includes(':') ? 6 : 4} ${candidate?.address}`,
      'a=rtcp:9 IN IP4 0.0.0.0',
      `a=candidate:1 1 udp 2122260223 ${where} typ host generation 0 network-cost 50`,
      `a=ice-ufrag:${iceParameters.usernameFragment}`,
      `a=ice-pwd:${iceParameters.password}`,
      `a=fingerprint:sha-256 ${fingerprint}`,
      `a=setup:${setup}`,
      `a=mid:${mid}`,
      'a=sendrecv',
      'a=msid:5a3a0aa5-0001-4d6e-9d4b-000000000000 WhatsAppTrack1',
      'a=rtcp-mux',
      'a=rtpmap:111 opus/48000/2',
      'a=rtcp-fb:111 transport-cc',
      'a=fmtp:111 maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;useinbandfec=1',
      'a=rtpmap:126 telephone-event/8000',
      'a=maxptime:20',
      'a=ptime:20',
      `a=ssrc:${this.#announced} cname:WhatsAppAudioStream1`,
    ];
    return lines.map((line) => `${line}\r\n`).join('');
  }
}
