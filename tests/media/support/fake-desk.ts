import { EventEmitter } from 'node:events';
import type { Consumer, DirectTransport, DtlsParameters, Producer, Router, WebRtcTransport } from 'mediasoup/types';
import type { CallId, DeskId } from '../../../control/contract/ids.ts';
import type { MediaReply } from '../../../control/contract/media.ts';
import { openLoopbackPath } from '../../../media/leg/loopback-path.ts';
import type { MediaCommands } from '../../../media/media-node.ts';

type Offered = MediaReply<'desk:open'>['send'];
type Line = { transport: WebRtcTransport; cut: () => void };

const codec = {
  kind: 'audio' as const,
  mimeType: 'audio/opus',
  clockRate: 48_000,
  channels: 2,
  preferredPayloadType: 111,
  rtcpFeedback: [],
};
const capabilities = { codecs: [codec], headerExtensions: [] };

/**
 * A console as the node meets it: DTLS client, one transport each way, driven by the commands alone. In place of
 * the browser's stack stands a mediasoup transport, with the ICE check made by hand since it is lite.
 */
export class FakeDesk extends EventEmitter<{ rtp: [Buffer] }> {
  readonly id: DeskId;
  readonly heard: Buffer[] = [];
  readonly #commands: MediaCommands;
  readonly #router: Router;
  readonly #direct: DirectTransport;
  #send: Line | undefined;
  #receive: Line | undefined;
  #voice: Producer | undefined;
  #seq = Math.trunc(Math.random() * 65_535);
  #ts = Math.trunc(Math.random() * 0xffffffff);
  #pacer: NodeJS.Timeout | undefined;

  private constructor(id: DeskId, commands: MediaCommands, router: Router, direct: DirectTransport) {
    super();
    this.id = id;
    this.#commands = commands;
    this.#router = router;
    this.#direct = direct;
  }

  /** Opens the console: both transports, connected. */
  static async open(commands: MediaCommands, router: Router, deskId: DeskId): Promise<FakeDesk> {
    const desk = new FakeDesk(deskId, commands, router, await router.createDirectTransport());
    const { send, receive } = await commands['desk:open']({ deskId });
    desk.#send = await desk.#connect('send', send);
    desk.#receive = await desk.#connect('receive', receive);
    return desk;
  }

  /** Allows the microphone. */
  async produce(): Promise<void> {
    const ssrc = Math.trunc(Math.random() * 0xffffffff);
    const codecs = [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }];
    this.#voice = await this.#direct.produce({ kind: 'audio', rtpParameters: { codecs, encodings: [{ ssrc }] } });
    const out: Consumer = await this.#send!.transport.consume({
      producerId: this.#voice.id,
      rtpCapabilities: capabilities,
    });
    const { encodings } = out.rtpParameters;
    await this.#commands['desk:produce']({
      deskId: this.id,
      rtpParameters: { codecs, encodings, rtcp: { cname: 'desk' } },
    });
  }

  /** Hears the customer of a call. */
  async listen(callId: CallId): Promise<void> {
    const { rtpParameters } = await this.#commands['desk:listen']({
      deskId: this.id,
      callId,
      rtpCapabilities: capabilities,
    });
    const customer = await this.#receive!.transport.produce({ kind: 'audio', rtpParameters: rtpParameters as never });
    const ear = await this.#direct.consume({ producerId: customer.id, rtpCapabilities: capabilities });
    ear.on('rtp', (packet) => {
      const payload = packet.subarray(12 + ((packet[0] ?? 0) & 0x10 ? 4 + packet.readUInt16BE(14) * 4 : 0));
      this.heard.push(payload);
      this.emit('rtp', payload);
    });
  }

  /** Sends one packet of the microphone; `skip` packets before it are lost. */
  say(payload: Buffer, skip = 0): void {
    const header = Buffer.alloc(12);
    header[0] = 0x80;
    header[1] = 111;
    this.#seq = (this.#seq + 1 + skip) & 0xffff;
    this.#ts = (this.#ts + 960 * (1 + skip)) >>> 0;
    header.writeUInt16BE(this.#seq, 2);
    header.writeUInt32BE(this.#ts, 4);
    header.writeUInt32BE(this.#voice?.rtpParameters.encodings?.[0]?.ssrc ?? 0, 8);
    this.#voice?.send(Buffer.concat([header, payload]));
  }

  talk(payload: () => Buffer): void {
    this.hush();
    this.#pacer = setInterval(() => this.say(payload()), 20);
  }

  hush(): void {
    clearInterval(this.#pacer);
  }

  /** The tab crashes or the network goes: nothing leaves any more, and nobody says goodbye. */
  vanish(): void {
    this.hush();
    this.#send?.cut();
    this.#receive?.cut();
  }

  /** The tab closes: DTLS says goodbye. */
  leave(): void {
    this.hush();
    this.#send?.transport.close();
    this.#receive?.transport.close();
    this.#direct.close();
    // The goodbye passes through these sockets first.
    for (const line of [this.#send, this.#receive]) setTimeout(() => line?.cut(), 100);
  }

  async #connect(side: 'send' | 'receive', offered: Offered): Promise<Line> {
    const transport = await this.#router.createWebRtcTransport({
      listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
      iceConsentTimeout: 0,
    });
    await transport.connect({ dtlsParameters: { ...(offered.dtlsParameters as DtlsParameters), role: 'server' } });
    await this.#commands['desk:connect']({
      deskId: this.id,
      side,
      dtlsParameters: { ...transport.dtlsParameters, role: 'client' },
    });
    const towardsNode = await openLoopbackPath(offered as unknown as WebRtcTransport);
    const connected = new Promise<void>((resolve) => {
      transport.on('dtlsstatechange', (state) => state === 'connected' && resolve());
    });
    const towardsUs = await openLoopbackPath(transport);
    towardsNode.onMedia = (datagram) => towardsUs.send(datagram);
    towardsUs.onMedia = (datagram) => towardsNode.send(datagram);
    await connected;
    return {
      transport,
      cut: () => {
        towardsNode.close();
        towardsUs.close();
      },
    };
  }
}
