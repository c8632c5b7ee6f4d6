import {
  Candidate,
  candidateFoundation,
  candidatePriority,
  CandidatePairState,
  Connection,
  serverReflexiveCandidate,
  type CandidatePair,
  type IceOptions,
} from 'werift';
import type { IceServer } from '../../ops/runtime/config.ts';
import type { Log } from '../../ops/runtime/log.ts';
import type { PortPool } from '../sfu/ports.ts';
import { hostSockets, type HostSocket } from './host-addresses.ts';
import { iceServerOptions } from './ice-servers.ts';
import { IceSocket } from './ice-socket.ts';
import { Nominee } from './nominee.ts';
import type { RemoteDescription } from './sdp.ts';

/** A way for datagrams that are not STUN: DTLS, SRTP, SRTCP, untouched. */
export type MediaPath = {
  /** Called for each datagram that arrives; replaced by whoever takes the path. */
  onMedia: (datagram: Buffer) => void;
  send(datagram: Buffer): void;
};

export type IceAgentOptions = {
  readonly ports: PortPool;
  readonly listenIp: string;
  readonly iceServers: readonly IceServer[];
  readonly log: Log;
};

// werift gives a pair up after five unanswered requests, 1.5 s. Meta's relay answers only when it knows our
// description, which may be later (the customer's phone rings, Meta's webhook is slow), so failed pairs
// start again until the leg's owner loses patience.
const retryMs = 200;
// How long STUN and TURN servers may hold up our description. A path straight to Meta's public relay needs
// neither, so a slow server must not delay a ringing call.
const gatherMs = 3000;
// Candidates beyond this are not checked: a description must not make us spray STUN over a network.
const maxRemoteCandidates = 8;

/**
 * A full ICE agent (RFC 8445) that takes the controlling role, which is what an ICE-lite far end such as
 * Meta's relay needs; a full one works as well. Checks, nomination, consent (RFC 7675) and TURN are werift's;
 * the sockets are ours, so that media does not pass through werift.
 */
export class IceAgent {
  readonly #connection: Connection;
  readonly #sockets: IceSocket[];
  readonly #log: Log;
  readonly candidates: readonly Candidate[];
  #retry: NodeJS.Timeout | undefined;
  /** Called once when the far end has stopped answering consent checks. */
  onLost: () => void = () => undefined;

  private constructor(connection: Connection, sockets: IceSocket[], candidates: Candidate[], log: Log) {
    this.#connection = connection;
    this.#sockets = sockets;
    this.#log = log;
    this.candidates = candidates;
    connection.stateChanged.subscribe((state) => {
      if (state === 'failed') this.onLost();
    });
  }

  get ufrag(): string {
    return this.#connection.localUsername;
  }

  get pwd(): string {
    return this.#connection.localPassword;
  }

  get isConnected(): boolean {
    return this.#connection.nominated !== undefined && this.#connection.state !== 'failed';
  }

  get state(): string {
    return this.#connection.state;
  }

  /** Opens the sockets and gathers candidates. */
  static async open(options: IceAgentOptions): Promise<IceAgent> {
    const servers = iceServerOptions(options.iceServers);
    const connection = new Connection(true, {
      ...servers,
      useIpv4: false,
      useIpv6: false,
    } satisfies Partial<IceOptions>);
    const nominee = new Nominee(connection);
    const sockets: IceSocket[] = [];
    const candidates: Candidate[] = [];
    try {
      for (const host of hostSockets(options.listenIp)) {
        const opened = await openSocket(options, host, nominee);
        if (!opened) continue;
        sockets.push(opened);
        const local = host.addresses.map((address) => hostCandidate(address, opened.port, connection));
        candidates.push(...local);
        plugIn(connection, opened, local[0]);
      }
      // werift's own gathering is left with TURN alone: it opens no host socket without an IP version.
      const gathered = connection.gatherCandidates();
      const reflexive = servers.stunServer
        ? Promise.all(
            sockets.filter((s) => s.family === 4).map((s) => serverReflexiveCandidate(s.protocol, servers.stunServer!)),
          )
        : Promise.resolve([]);
      const mapped = await Promise.race([Promise.all([reflexive, gathered]), afterGathering()]);
      if (mapped) candidates.push(...mapped[0].filter((candidate) => candidate !== undefined));
      candidates.push(...connection.localCandidates.filter((candidate) => candidate.type === 'relay'));
    } catch (error) {
      await connection.close();
      for (const socket of sockets) socket.close();
      throw error;
    }
    return new IceAgent(connection, sockets, candidates, options.log);
  }

  /**
   * Checks until a pair is nominated, for as long as `close` is not called.
   * @returns the path to the far end, on a socket that hears nobody else.
   */
  async connect(remote: RemoteDescription['ice']): Promise<MediaPath> {
    const connection = this.#connection;
    connection.setRemoteParams({ iceLite: remote.lite, usernameFragment: remote.ufrag, password: remote.pwd });
    for (const c of remote.candidates.slice(0, maxRemoteCandidates)) {
      await connection.addRemoteCandidate(new Candidate(c.foundation, 1, 'udp', c.priority, c.address, c.port, c.type));
    }
    await connection.addRemoteCandidate(undefined);
    this.#retry = setInterval(() => this.#startFailedAgain(), retryMs);
    try {
      await connection.connect();
    } finally {
      clearInterval(this.#retry);
    }
    return this.#takePath();
  }

  async close(): Promise<void> {
    clearInterval(this.#retry);
    this.onLost = () => undefined;
    await this.#connection.close();
    for (const socket of this.#sockets) socket.close();
  }

  #startFailedAgain(): void {
    const connection = this.#connection;
    if (connection.nominated) return;
    for (const pair of connection.checkList) {
      // A pair that succeeded while another one's nomination failed has its turn now.
      const isPassedOver = pair.state === CandidatePairState.SUCCEEDED && !connection['nominating'];
      if (pair.state === CandidatePairState.FAILED || isPassedOver) pair.handle = connection.checkStart(pair);
    }
  }

  async #takePath(): Promise<MediaPath> {
    const pair = this.#connection.nominated;
    if (!pair) throw new Error('ICE ended without a nominated pair');
    const [host, port] = pair.remoteAddr;
    const chosen = this.#sockets.find((socket) => socket.protocol === pair.protocol);
    this.#log.info({ via: chosen ? `udp${chosen.family}` : pair.protocol.type }, 'ice connected');
    this.#keepOnly(pair.protocol);
    if (!chosen) return turnPath(this.#connection);
    await chosen.connect(host, port);
    return chosen;
  }

  /** Gives back what lost: sockets, and the allocation at a TURN server. */
  #keepOnly(winner: CandidatePair['protocol']): void {
    const losers = (this.#connection['protocols'] as (typeof winner)[]).filter((protocol) => protocol !== winner);
    this.#connection['protocols'] = [winner];
    for (const loser of losers) {
      loser.close().catch((error: unknown) => this.#log.warn({ error: String(error) }, 'ice socket not closed'));
    }
  }
}

async function openSocket(
  { ports, log }: IceAgentOptions,
  { family, bind }: HostSocket,
  nominee: Nominee,
): Promise<IceSocket | undefined> {
  try {
    return new IceSocket(await ports.bind(family, bind), family, nominee);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // A machine that lists an IPv6 address and cannot use it is common in containers.
    log.warn({ family, code }, 'no socket for ice');
    return undefined;
  }
}

function hostCandidate(address: string, port: number, connection: Connection): Candidate {
  const foundation = candidateFoundation('host', 'udp', address);
  const priority = candidatePriority('host', { transport: 'udp' });
  return new Candidate(
    foundation, 1, 'udp', priority, address, port, 'host',
    undefined, undefined, undefined, connection.generation, connection.localUsername,
  ); // prettier-ignore
}

/** What `Connection.gatherCandidates` of werift 0.25 does for each socket that it opens itself. */
function plugIn(connection: Connection, socket: IceSocket, candidate: Candidate | undefined): void {
  if (!candidate) return;
  socket.protocol.localCandidate = candidate;
  socket.protocol.localIp = candidate.host;
  connection['ensureProtocol'](socket.protocol);
  connection['protocols'].push(socket.protocol);
}

/** Through a TURN server werift frames every datagram: rare, so its own way is good enough. */
function turnPath(connection: Connection): MediaPath {
  const path: MediaPath = {
    onMedia: () => undefined,
    send: (datagram) => void connection.send(datagram).catch(() => undefined),
  };
  connection.onData.subscribe((datagram) => path.onMedia(datagram));
  return path;
}

const afterGathering = (): Promise<undefined> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(undefined), gatherMs).unref();
  });
