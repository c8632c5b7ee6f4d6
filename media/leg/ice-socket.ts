import type { RemoteInfo, Socket } from 'node:dgram';
import { StunProtocol } from 'werift';

type Receive = (datagram: Buffer) => void;
type StunTransport = StunProtocol['transport'];

/**
 * A UDP socket that we own, plugged into werift's ICE: werift sees STUN and nothing else. Datagrams of the
 * media path (DTLS, SRTP, SRTCP) go straight to `onMedia`, without an event, a promise or a copy.
 * Told apart by the first byte (RFC 7983 §7).
 */
export class IceSocket {
  readonly protocol: StunProtocol = new StunProtocol();
  readonly family: 4 | 6;
  /** What the media path receives; replaced when the path is up. */
  onMedia: Receive = drop;
  readonly #socket: Socket;
  #connected = false;
  #closed = false;

  constructor(socket: Socket, family: 4 | 6) {
    this.#socket = socket;
    this.family = family;
    this.protocol.transport = this.#asTransport();
    const receiveStun = (datagram: Buffer, from: RemoteInfo): void =>
      this.protocol['datagramReceived'](datagram, [withoutZone(from.address), from.port]);
    socket.on('message', (datagram, from) => {
      const first = datagram[0];
      if (first === undefined) return;
      if (first > 127 ? first < 192 : first > 19 && first < 64) this.onMedia(datagram);
      else if (first < 4) receiveStun(datagram, from);
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /**
   * Ties the socket to one far end: the kernel then drops what anybody else sends, and a packet leaves
   * without the address look-up that Node does for each packet of an unconnected socket.
   */
  connect(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.connect(port, host, (error?: Error) => {
        if (error) return reject(error);
        this.#connected = true;
        resolve();
      });
    });
  }

  /** Sends on the media path. Only after `connect`. */
  send(datagram: Buffer): void {
    if (!this.#closed) this.#socket.send(datagram);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onMedia = drop;
    this.#socket.close();
  }

  /** What werift's StunProtocol needs of its transport (common/src/transport of werift 0.25). */
  #asTransport(): StunTransport {
    const self = this;
    const transport = {
      type: 'udp' as const,
      addressFamily: this.family,
      onData: drop,
      get closed() {
        return self.#closed;
      },
      get address() {
        return self.#socket.address();
      },
      send: async (data: Buffer, to?: readonly [string, number]): Promise<void> => {
        if (self.#closed) return;
        if (self.#connected) self.#socket.send(data);
        else if (to) self.#socket.send(data, to[1], to[0]);
      },
      close: async (): Promise<void> => self.close(),
    };
    // werift's class has a private constructor that makes its own socket; only this much of it is used.
    return transport as unknown as StunTransport;
  }
}

const drop = (): void => undefined;
const withoutZone = (address: string): string => address.split('%', 1)[0] ?? address;
