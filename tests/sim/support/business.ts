import { createServer, type Server } from 'node:http';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { MediaStreamTrack, RTCPeerConnection, RtpHeader, RtpPacket, useOPUS } from 'werift';
import { Recording } from '../../../ops/sim/audio/recording.ts';
import { loadSound, type Sound } from '../../../ops/sim/audio/sound.ts';
import { Waiters } from '../../../ops/sim/waiters.ts';
import type { Sim } from '../../../ops/sim/sim.ts';

// What comes over a wire is looked into by the tests as it is.
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;
type Change = { field: string; value: Json };
export type Received = {
  kind: string;
  change: Change;
  item: Json;
  body: string;
  headers: Record<string, unknown>;
};

/** A business's webhook receiver: checks signatures, keeps what came, answers what it is told to. */
export class Inbox {
  readonly received: Received[] = [];
  readonly bodies: string[] = [];
  readonly #server: Server;
  readonly #waiters = new Set<() => void>();
  /** Statuses of the next answers; 200 when empty. 0 never answers. */
  readonly statuses: number[] = [];
  badSignatures = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(appSecret: string, verifyToken = 'verify-me'): Promise<Inbox> {
    const server = createServer();
    const inbox = new Inbox(server);
    server.on('request', (request, response) => {
      if (request.method === 'GET') {
        const query = new URL(request.url ?? '', 'http://x').searchParams;
        const fits = query.get('hub.verify_token') === verifyToken && query.get('hub.mode') === 'subscribe';
        response.writeHead(fits ? 200 : 403).end(fits ? query.get('hub.challenge') : '');
        return;
      }
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const raw = Buffer.concat(chunks);
        const expected = `sha256=${createHmac('sha256', appSecret).update(raw).digest('hex')}`;
        if (request.headers['x-hub-signature-256'] !== expected) inbox.badSignatures += 1;
        const status = inbox.statuses.shift() ?? 200;
        inbox.bodies.push(raw.toString());
        if (status === 200) inbox.#take(raw.toString(), request.headers);
        if (status !== 0) response.writeHead(status).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return inbox;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}/webhooks/wa-calling`;
  }
  get kinds(): string[] {
    return this.received.map((one) => one.kind);
  }

  /** The n-th (first: 0) item of this kind. */
  async next(kind: string, n = 0, timeoutMs = 5000): Promise<Received> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const found = this.received.filter((one) => one.kind === kind)[n];
      if (found) return found;
      const left = end - performance.now();
      if (left <= 0) throw new Error(`no ${kind} webhook; came: ${this.kinds.join(', ')}`);
      const woken = Promise.withResolvers<void>();
      this.#waiters.add(woken.resolve);
      const timer = setTimeout(woken.resolve, left);
      await woken.promise;
      clearTimeout(timer);
      this.#waiters.delete(woken.resolve);
    }
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #take(body: string, headers: Record<string, unknown>): void {
    for (const entry of JSON.parse(body).entry) {
      for (const change of entry.changes as Change[]) {
        const { calls, statuses, messages } = change.value;
        const items: Json[] = calls ?? statuses ?? messages ?? [change.value];
        for (const item of items) {
          const kind =
            item['event'] ??
            item['status'] ??
            item['interactive']?.type ??
            (item === change.value ? change.field : item['type']);
          this.received.push({ kind, change, item, body, headers });
        }
      }
    }
    for (const waiter of this.#waiters) waiter();
  }
}

export type GraphAnswer = { status: number; body: Json };

/** A business's Graph client, without any manners of its own. */
export async function graph(
  sim: Sim,
  path: string,
  body?: unknown,
  options: { token?: string; version?: string; raw?: string | FormData } = {},
): Promise<GraphAnswer> {
  const payload = options.raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${sim.url}/graph/${options.version ?? 'v25.0'}/${path}`, {
    method: payload === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${options.token ?? sim.accessToken}`,
      ...(typeof payload === 'string' && { 'content-type': 'application/json' }),
    },
    ...(payload !== undefined && { body: payload }),
    signal: AbortSignal.timeout(5000),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

export const callAction = (sim: Sim, ask: Record<string, unknown>): Promise<GraphAnswer> =>
  graph(sim, `${sim.phoneNumberId}/calls`, { messaging_product: 'whatsapp', ...ask });

/** The business's end of a call: werift's peer connection, which is ICE-full. */
export class BusinessLeg {
  readonly peer: RTCPeerConnection;
  readonly heard = new Recording();
  readonly receivedTypes = new Set<number>();
  readonly #track = new MediaStreamTrack({ kind: 'audio' });
  readonly #waiters = new Waiters();
  #timer: NodeJS.Timeout | undefined;
  sequence = 1000;
  timestamp = 5000;
  payloadType = 111;

  constructor() {
    const opus = useOPUS({ payloadType: 111 });
    this.peer = new RTCPeerConnection({
      codecs: { audio: [opus] },
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
    });
    const transceiver = this.peer.addTransceiver(this.#track, { direction: 'sendrecv' });
    transceiver.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe((packet) => {
        this.receivedTypes.add(packet.header.payloadType);
        if (packet.header.payloadType !== 111) return;
        const { timestamp, sequenceNumber: sequence } = packet.header;
        this.#waiters.wake();
        this.heard.add({ payload: packet.payload, timestamp, sequence, at: 0 });
      });
    });
  }

  /** Our answer to Meta's offer; `edit` may spoil it. */
  async answer(offer: string): Promise<string> {
    await this.peer.setRemoteDescription({ type: 'offer', sdp: offer });
    await this.peer.setLocalDescription(await this.peer.createAnswer());
    return tidy(this.peer.localDescription!.sdp);
  }

  async offer(): Promise<string> {
    await this.peer.setLocalDescription(await this.peer.createOffer());
    return tidy(this.peer.localDescription!.sdp);
  }

  async applyAnswer(answer: string): Promise<void> {
    await this.peer.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  async connected(): Promise<void> {
    if (this.peer.connectionState === 'connected') return;
    await this.peer.connectionStateChange.watch((state) => state === 'connected', 5000);
  }

  /** Resolves when so many more milliseconds of the customer's sound have come. */
  async hears(milliseconds: number): Promise<void> {
    const target = this.heard.milliseconds + milliseconds;
    const enough = (): true | undefined => (this.heard.milliseconds >= target ? true : undefined);
    await this.#waiters.until(enough, 5000, () => 'the business did not hear enough');
  }

  /** Resolves when packets go on coming and nothing is in them. */
  async untilSilent(): Promise<void> {
    for (let i = 0; i < 40; i += 1) {
      await this.hears(200);
      if ((await this.heard.measure({ lastMs: 160 })).levelDbfs < -60) return;
    }
    throw new Error('the customer did not fall silent');
  }

  /** Sends one packet; fields may be set wrong before. */
  send(payload: Uint8Array): void {
    this.#track.writeRtp(
      new RtpPacket(
        new RtpHeader({
          payloadType: this.payloadType,
          sequenceNumber: this.sequence,
          timestamp: this.timestamp,
          ssrc: 1,
        }),
        Buffer.from(payload),
      ),
    );
    this.sequence = (this.sequence + 1) & 0xffff;
    this.timestamp = (this.timestamp + 960) >>> 0;
  }

  async play(sound: Sound): Promise<void> {
    const { packets } = (await loadSound(sound))!;
    let at = 0;
    const started = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor((performance.now() - started) / 20);
      for (; at <= due; at += 1) this.send(packets[at % packets.length]!);
    }, 20);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async close(): Promise<void> {
    this.stop();
    await this.peer.close();
  }
}

/** An answer that is right and leads nowhere, for calls whose media do not matter. */
export const answerFrom = (offer: string): string =>
  offer
    .replace('a=setup:actpass', 'a=setup:active')
    .replace(/a=mid:\S+/, 'a=mid:audio')
    .replace(/a=group:BUNDLE \S+/, 'a=group:BUNDLE audio');

/** What the product does too: one fingerprint, one SSRC, no more. */
const tidy = (sdp: string): string =>
  sdp
    .split('\r\n')
    .filter((line) => !/^a=(fingerprint:(?!sha-256)|extmap)/.test(line))
    .join('\r\n');
