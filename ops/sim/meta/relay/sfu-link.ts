import type { Socket } from 'node:dgram';
import { bind } from './ice-lite.ts';
import { isStun, newTransactionId, parseStun, stunAttribute, stunType, uint32, writeStun } from './stun.ts';

export type SfuEnd = { ip: string; port: number; ufrag: string; password: string };

/**
 * The way from the relay's own ICE-lite end to the mediasoup transport behind it, on loopback. mediasoup
 * is ICE-lite too, so this side sends the one nominating check; after that every datagram passes as it is.
 */
export class SfuLink {
  readonly #socket: Socket;
  readonly #end: SfuEnd;
  readonly #waiting: Buffer[] = [];
  #state: 'idle' | 'checking' | 'up' = 'idle';
  #resend: NodeJS.Timeout | undefined;

  private constructor(socket: Socket, end: SfuEnd) {
    this.#socket = socket;
    this.#end = end;
  }

  static async open(end: SfuEnd, onData: (datagram: Buffer) => void): Promise<SfuLink> {
    const socket = await bind('udp4', '127.0.0.1', 0);
    const connected = new Promise<void>((resolve, reject) => {
      socket.connect(end.port, end.ip, (error?: Error) => (error ? reject(error) : resolve()));
    });
    await connected;
    const link = new SfuLink(socket, end);
    socket.on('message', (datagram) => {
      if (!isStun(datagram)) onData(datagram);
      else if (parseStun(datagram)?.type === stunType.success) link.#up();
    });
    socket.on('error', () => undefined);
    return link;
  }

  /** Nominates. Call it once DTLS parameters are set: mediasoup starts DTLS as soon as ICE is up. */
  start(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'checking';
    this.#check();
    // A datagram can be lost even on loopback when a buffer is full.
    this.#resend = setInterval(() => this.#check(), 50);
  }

  send(datagram: Buffer): void {
    if (this.#state === 'up') this.#socket.send(datagram);
    // DTLS that comes before the SDP is lost, as at Meta: the client repeats it after 1, 2, 4 s.
    else if (this.#state === 'checking' && this.#waiting.length < 20) this.#waiting.push(datagram);
  }

  close(): void {
    clearInterval(this.#resend);
    this.#socket.close();
  }

  #check(): void {
    const { ufrag, password } = this.#end;
    const attributes = [
      [stunAttribute.username, Buffer.from(`${ufrag}:sim`)],
      [stunAttribute.priority, uint32(0x7eff_ffff)],
      [stunAttribute.controlling, Buffer.alloc(8, 1)],
      [stunAttribute.useCandidate, Buffer.alloc(0)],
    ] as const;
    this.#socket.send(writeStun(stunType.request, newTransactionId(), attributes, password));
  }

  #up(): void {
    if (this.#state !== 'checking') return;
    this.#state = 'up';
    clearInterval(this.#resend);
    for (const datagram of this.#waiting.splice(0)) this.#socket.send(datagram);
  }
}
