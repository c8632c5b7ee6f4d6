import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { preciseNow } from './rtp-watch.ts';
import {
  errorCode,
  hasIntegrity,
  isStun,
  parseStun,
  stunAttribute,
  stunType,
  writeStun,
  xorMappedAddress,
} from './stun.ts';

export type IceLiteEvents = {
  /** The first check with USE-CANDIDATE and a right password: from now on there is a path. */
  onNominated: () => void;
  /** Whatever is not STUN and came over a nominated pair. `at` is `preciseNow()`. */
  onData: (datagram: Buffer, at: number) => void;
};

/** What the far side's checks were like. */
export type IceFacts = {
  checks: number;
  nominatedAt: number | null;
  /** How many pairs were nominated; a strict client nominates one. */
  nominatedPairs: number;
  /** Checks that claimed the role of the lite end, answered 487 (RFC 8445 §7.3.1.1). */
  roleConflicts: number;
  refusedChecks: number;
  /** DTLS or RTP from an address without a nominated pair, dropped. */
  strayDatagrams: number;
};

type Socket4or6 = { socket: Socket; address: string };

/**
 * One end of ICE-lite as Meta's relay behaves: one IPv4 and one IPv6 candidate on the same port, never a
 * check of its own, always controlled; answers authenticated checks from any address (peer-reflexive).
 */
export class IceLite {
  readonly ufrag = randomBytes(12).toString('base64');
  /** Base64 with its padding, as Meta's are, though `=` is outside of RFC 8839's ice-char. */
  readonly password = randomBytes(16).toString('base64');
  readonly port: number;
  readonly #sockets: readonly Socket4or6[];
  readonly #events: IceLiteEvents;
  readonly #nominated = new Map<string, { socket: Socket; remote: RemoteInfo }>();
  #selected: { socket: Socket; remote: RemoteInfo } | undefined;
  #lastData = '';
  #remoteUfrag: string | undefined;
  readonly #facts: IceFacts = {
    checks: 0,
    nominatedAt: null,
    nominatedPairs: 0,
    roleConflicts: 0,
    refusedChecks: 0,
    strayDatagrams: 0,
  };

  private constructor(port: number, sockets: readonly Socket4or6[], events: IceLiteEvents) {
    this.port = port;
    this.#sockets = sockets;
    this.#events = events;
    for (const { socket } of sockets) {
      socket.on('message', (datagram, remote) => this.#received(socket, datagram, remote));
      // A full buffer or an unreachable port is packet loss, as on any network.
      socket.on('error', () => undefined);
    }
  }

  /** Binds `listenIp` and, where the machine has it, `listenIp6`, on one port. */
  static async open(listenIp: string, listenIp6: string | undefined, events: IceLiteEvents): Promise<IceLite> {
    for (let attempt = 0; ; attempt += 1) {
      const four = await bind('udp4', listenIp, 0);
      const { port } = four.address();
      const sockets = [{ socket: four, address: listenIp }];
      if (!listenIp6) return new IceLite(port, sockets, events);
      try {
        sockets.push({ socket: await bind('udp6', listenIp6, port), address: listenIp6 });
        return new IceLite(port, sockets, events);
      } catch (error) {
        four.close();
        if (attempt >= 9) throw error;
      }
    }
  }

  get facts(): IceFacts {
    return { ...this.#facts };
  }
  get nominated(): boolean {
    return this.#selected !== undefined;
  }

  /** From now on a check's USERNAME must name this fragment too, as the business's SDP told it. */
  expect(remoteUfrag: string): void {
    this.#remoteUfrag = remoteUfrag;
  }

  send(datagram: Buffer): void {
    const to = this.#selected;
    if (to) to.socket.send(datagram, to.remote.port, to.remote.address);
  }

  close(): void {
    for (const { socket } of this.#sockets) socket.close();
  }

  #received(socket: Socket, datagram: Buffer, remote: RemoteInfo): void {
    if (isStun(datagram)) {
      this.#answerCheck(socket, datagram, remote);
      return;
    }
    const at = preciseNow();
    const key = `${remote.address} ${remote.port}`;
    if (key !== this.#lastData) {
      const pair = this.#nominated.get(key);
      if (!pair) {
        this.#facts.strayDatagrams += 1;
        return;
      }
      // Of several nominated pairs the one that the far side uses is the one to answer on.
      this.#selected = pair;
      this.#lastData = key;
    }
    this.#events.onData(datagram, at);
  }

  #answerCheck(socket: Socket, datagram: Buffer, remote: RemoteInfo): void {
    const message = parseStun(datagram);
    if (message?.type !== stunType.request) return;
    this.#facts.checks += 1;
    const { attributes, transactionId } = message;
    const reply = (bytes: Buffer): void => socket.send(bytes, remote.port, remote.address);
    const refuse = (code: number, reason: string, password?: string): void => {
      const attribute = [stunAttribute.errorCode, errorCode(code, reason)] as const;
      reply(writeStun(stunType.error, transactionId, [attribute], password));
    };
    const username = attributes.get(stunAttribute.username)?.toString();
    if (username === undefined || message.integrityAt < 0) {
      this.#facts.refusedChecks += 1;
      refuse(400, 'Bad Request');
      return;
    }
    const [mine, theirs] = username.split(':');
    const known = mine === this.ufrag && (this.#remoteUfrag === undefined || theirs === this.#remoteUfrag);
    if (!known || !hasIntegrity(datagram, message, this.password)) {
      this.#facts.refusedChecks += 1;
      refuse(401, 'Unauthorized');
      return;
    }
    if (attributes.has(stunAttribute.controlled)) {
      this.#facts.roleConflicts += 1;
      refuse(487, 'Role Conflict', this.password);
      return;
    }
    const mapped = xorMappedAddress(remote.address, remote.port, transactionId);
    reply(writeStun(stunType.success, transactionId, [[stunAttribute.xorMappedAddress, mapped]], this.password));
    if (attributes.has(stunAttribute.useCandidate)) this.#nominate(socket, remote);
  }

  #nominate(socket: Socket, remote: RemoteInfo): void {
    const key = `${remote.address} ${remote.port}`;
    if (this.#nominated.has(key)) return;
    this.#nominated.set(key, { socket, remote });
    this.#facts.nominatedPairs += 1;
    if (this.#selected) return;
    this.#selected = { socket, remote };
    this.#facts.nominatedAt = preciseNow();
    this.#events.onNominated();
  }
}

/** A bound UDP socket. */
export async function bind(kind: 'udp4' | 'udp6', address: string, port: number): Promise<Socket> {
  const family = kind === 'udp6' ? 6 : 4;
  const socket = createSocket({
    type: kind,
    ipv6Only: kind === 'udp6',
    // Only addresses are sent to, never names: what Node does for a name would be half of a packet's cost.
    lookup: (name, _options, done) => done(null, name, family),
  });
  const listening = once(socket, 'listening');
  socket.bind(port, address);
  await listening;
  return socket;
}
