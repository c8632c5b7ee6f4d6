import { createSocket, type Socket } from 'node:dgram';
import type { Consumer, PlainTransport, Producer, Router } from 'mediasoup/types';
import { isRtp } from '../leg/relay.ts';
import { bareOpusReceiver, bareOpusStream } from './codecs.ts';

/** Takes a packet; the buffer is the taker's own and may be written to. */
export type TakeRtp = (packet: Buffer) => void;

/** A stream that this process sends into a router. */
export type OutgoingRtp = { readonly producer: Producer; send(packet: Buffer): void };

/**
 * Where RTP passes between one router and this process: one PlainTransport and one UDP socket on loopback for all
 * calls of a worker, told apart by SSRC. About half the price of mediasoup's DirectTransport, whose packets pass
 * through a serialised channel (media/README.md has the numbers).
 */
export class RtpPort {
  readonly #transport: PlainTransport;
  readonly #socket: Socket;
  readonly #takers = new Map<number, TakeRtp>();
  #closed = false;

  private constructor(transport: PlainTransport, socket: Socket) {
    this.#transport = transport;
    this.#socket = socket;
    socket.on('message', (packet) => {
      if (isRtp(packet)) this.#takers.get(packet.readUInt32BE(8))?.(packet);
    });
  }

  static async open(router: Router, ports: { min: number; max: number }): Promise<RtpPort> {
    const transport = await router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1', portRange: ports },
      rtcpMux: true,
      comedia: false,
    });
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20, sendBufferSize: 1 << 20 });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ port: 0, address: '127.0.0.1', exclusive: true }, resolve);
    });
    socket.on('error', () => undefined); // ICMP from a dead worker; the pool reports the death.
    // Both ends know each other, so that nothing else on this machine can slip a packet in.
    await new Promise<void>((resolve) => {
      socket.connect(transport.tuple.localPort, '127.0.0.1', () => resolve());
    });
    await transport.connect({ ip: '127.0.0.1', port: socket.address().port });
    return new RtpPort(transport, socket);
  }

  /** Opens a stream from this process into the router. */
  async produce(ssrc: number): Promise<OutgoingRtp> {
    const producer = await this.#transport.produce({ kind: 'audio', rtpParameters: bareOpusStream(ssrc) });
    return {
      producer,
      send: (packet) => {
        // A dead worker's port may be written to for a moment, until its calls are told.
        if (!this.#closed) this.#socket.send(packet);
      },
    };
  }

  /** Brings a producer's packets into this process, until the consumer is closed. */
  async consume(producerId: string, take: TakeRtp): Promise<Consumer> {
    const consumer = await this.#transport.consume({ producerId, rtpCapabilities: bareOpusReceiver, paused: true });
    const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc ?? 0;
    this.#takers.set(ssrc, take);
    consumer.observer.once('close', () => this.#takers.delete(ssrc));
    await consumer.resume();
    return consumer;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#takers.clear();
    this.#socket.close();
  }
}
