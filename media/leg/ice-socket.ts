import type { RemoteInfo, Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { StunProtocol } from 'werift';
import type { Nominee } from './nominee.ts';

type Receive = (datagram: Buffer) => void;

/**
 * A UDP socket that we own, plugged into werift's ICE: werift sees STUN and nothing else. Datagrams of the
 * media path (DTLS, SRTP, SRTCP) go straight to `onMedia`, without an event, a promise or a copy.
 * Told apart by the first byte (RFC 7983 §7).
 */
export class IceSocket {
  readonly protocol: StunProtocol;
  readonly family: 4 | 6;
  /** What the media path receives; replaced when the path is up. */
  onMedia: Receive = drop;
  readonly #socket: Socket;
  readonly #stun: StunTransport;

  /** @param nominee is asked before a check with USE-CANDIDATE leaves; without one each may. */
  constructor(socket: Socket, family: 4 | 6, nominee?: Nominee) {
    this.protocol = new PatientStun(nominee);
    this.#socket = socket;
    this.family = family;
    this.#stun = new StunTransport(socket, family, () => this.close());
    // werift's class makes its own socket and has a private constructor; StunTransport is as much of it as is used.
    this.protocol.transport = this.#stun as unknown as StunProtocol['transport'];
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
      // Node reports what goes wrong here to this listener alone.
      this.#socket.connect(port, host, (error?: Error) => {
        if (error) {
          reject(error);
          return;
        }
        this.#stun.isConnected = true;
        resolve();
      });
    });
  }

  /** Sends on the media path. Only after `connect`. */
  send(datagram: Buffer): void {
    if (!this.#stun.closed) this.#socket.send(datagram);
  }

  close(): void {
    if (this.#stun.closed) return;
    this.#stun.closed = true;
    this.onMedia = drop;
    this.#socket.close();
  }
}

/** What werift's StunProtocol needs of its transport (common/src/transport of werift 0.25). */
class StunTransport {
  readonly type = 'udp';
  readonly addressFamily: 4 | 6;
  readonly onData = drop;
  closed = false;
  isConnected = false;
  readonly #socket: Socket;
  readonly #close: () => void;

  constructor(socket: Socket, family: 4 | 6, close: () => void) {
    this.#socket = socket;
    this.addressFamily = family;
    this.#close = close;
  }

  get address(): AddressInfo {
    return this.#socket.address();
  }

  async send(data: Buffer, to?: readonly [string, number]): Promise<void> {
    if (this.closed) return;
    if (this.isConnected) this.#socket.send(data);
    else if (to) this.#socket.send(data, to[1], to[0]);
  }

  async close(): Promise<void> {
    this.#close();
  }
}

// werift repeats a check at once when it is refused (401 before the far end knows us, 487 for the role), which would
// be as fast as the network allows.
const refusedMs = 200;

class PatientStun extends StunProtocol {
  readonly #nominee: Nominee | undefined;

  constructor(nominee: Nominee | undefined) {
    super();
    this.#nominee = nominee;
  }

  override async request(
    ...args: Parameters<StunProtocol['request']>
  ): Promise<Awaited<ReturnType<StunProtocol['request']>>> {
    const [request, to] = args;
    const nominates = request.attributesKeys.includes('USE-CANDIDATE');
    if (nominates && this.#nominee?.claim(this, to) === false) throw new Error('another pair is nominated');
    try {
      return await super.request(...args);
    } catch (error) {
      if (nominates) this.#nominee?.release();
      if ((error as { response?: unknown }).response !== undefined) {
        await new Promise((resolve) => {
          setTimeout(resolve, refusedMs);
        });
      }
      throw error;
    }
  }
}

const drop = (): void => undefined;
const withoutZone = (address: string): string => address.split('%', 1)[0] ?? address;
