import { Fault } from '../control/contract/fault.ts';
import type { CallId, DeskId, NodeId } from '../control/contract/ids.ts';
import type { MediaAsk, MediaCommandName, MediaEvent, MediaReply } from '../control/contract/media.ts';
import type { IceServer } from '../ops/runtime/config.ts';
import type { Log } from '../ops/runtime/log.ts';
import { Call, type CallEvent } from './call.ts';
import { Desk } from './leg/desk.ts';
import { PortPool } from './sfu/ports.ts';
import type { SfuWorker } from './sfu/sfu-worker.ts';
import { WorkerPool } from './sfu/worker-pool.ts';
import { createComfortNoise } from './switch/comfort.ts';
import { Pacer } from './switch/pacer.ts';

export type MediaNodeOptions = {
  readonly nodeId: NodeId;
  readonly listenIp: string;
  readonly announcedAddress: string;
  readonly portMin: number;
  readonly portMax: number;
  readonly workers: number;
  readonly workerBin: string | undefined;
  readonly capacity: number;
  /** Legs and desks that a worker takes before the next worker gets any. */
  readonly atEase?: number;
  readonly metaIceServers: readonly IceServer[];
  /** How long a desk may be without a connection before its transports are closed, ms; 2 minutes unless told. */
  readonly deskAbandonedMs?: number;
  readonly log: Log;
  /** Takes every event; must not throw and must not wait. */
  readonly tell: (event: MediaEvent) => void;
  /** How late a 20 ms beat of the switch came, ms. */
  readonly onBeat?: (lateMs: number) => void;
};

/** One handler for each command of the contract. */
export type MediaCommands = { readonly [N in MediaCommandName]: (ask: MediaAsk<N>) => Promise<MediaReply<N>> };

// A customer whose description names no SSRC is known by the first packet; a desk that asks before waits this long.
const firstPacketMs = 5000;

/** Everything that a media process does, without HTTP and Redis: calls, desks and the workers that they live on. */
export class MediaNode {
  readonly commands: MediaCommands;
  readonly #options: MediaNodeOptions;
  readonly #pool: WorkerPool;
  readonly #ports: PortPool;
  readonly #pacer: Pacer;
  readonly #comfort: readonly Buffer[];
  // The promise stands for a call that is being made, so that a repeated command meets the first one.
  readonly #calls = new Map<CallId, Promise<Call>>();
  readonly #desks = new Map<DeskId, Desk>();
  readonly #whenEmpty = new Set<() => void>();
  #draining = false;

  private constructor(options: MediaNodeOptions, pool: WorkerPool, comfort: readonly Buffer[]) {
    this.#options = options;
    this.#pool = pool;
    this.#comfort = comfort;
    // The first ports are the workers' own, for desks.
    this.#ports = new PortPool(Math.min(options.portMin + pool.size, options.portMax), options.portMax);
    this.#pacer = new Pacer(options.onBeat, (error) => options.log.error({ error }, 'switch tick failed'));
    this.commands = this.#makeCommands();
  }

  static async start(options: MediaNodeOptions): Promise<MediaNode> {
    const [pool, comfort] = await Promise.all([WorkerPool.start(options, options.workers), createComfortNoise()]);
    return new MediaNode(options, pool, comfort);
  }

  get legs(): number {
    return this.#calls.size;
  }

  get desks(): number {
    return this.#desks.size;
  }

  get workers(): readonly SfuWorker[] {
    return this.#pool.alive;
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  /** Takes no new call; resolves when the last one has ended. */
  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#calls.size === 0) return;
    await new Promise<void>((resolve) => this.#whenEmpty.add(resolve));
  }

  async close(): Promise<void> {
    this.#draining = true;
    for (const callId of this.#calls.keys()) await this.#closeCall(callId);
    for (const desk of this.#desks.values()) desk.close();
    this.#desks.clear();
    this.#pool.close();
  }

  #makeCommands(): MediaCommands {
    return {
      'leg:answer': async ({ callId, offer }) => ({ sdp: (await this.#openCall(callId, offer)).localSdp }),
      'leg:offer': async ({ callId }) => ({ sdp: (await this.#openCall(callId)).localSdp }),
      'leg:apply-answer': async ({ callId, answer }) => {
        await (await this.#callOf(callId)).leg.applyAnswer(answer);
        return {};
      },
      'leg:open-gate': async ({ callId }) => {
        await (await this.#callOf(callId)).openGate();
        return {};
      },
      'leg:watch': async ({ callId }) => {
        (await this.#callOf(callId)).watch();
        return {};
      },
      'leg:feed': async ({ callId, source }) => {
        (await this.#callOf(callId)).feed(source, (deskId) => this.#deskOf(deskId));
        this.#forgetIdleDesks();
        return {};
      },
      'leg:close': async ({ callId }) => {
        await this.#closeCall(callId);
        return {};
      },
      'leg:stats': async ({ callId }) => (await this.#callOf(callId)).stats(),

      'desk:open': async ({ deskId }) => {
        const place = this.#pool.place();
        const { send, receive, sfu } = await this.#deskOf(deskId)
          .open(place)
          .catch((error: unknown) => {
            this.#forgetIdleDesks();
            throw orDead(place, error);
          });
        return {
          nodeId: this.#options.nodeId,
          routerRtpCapabilities: { ...sfu.router.rtpCapabilities },
          send: transportOptions(send),
          receive: transportOptions(receive),
        };
      },
      'desk:connect': async ({ deskId, side, dtlsParameters }) => {
        await this.#openDeskOf(deskId).connect(side, dtlsParameters as never);
        return {};
      },
      'desk:restart-ice': async ({ deskId, side }) => ({
        iceParameters: { ...(await this.#openDeskOf(deskId).restartIce(side)) },
      }),
      'desk:produce': async ({ deskId, rtpParameters }) => ({
        producerId: await this.#openDeskOf(deskId).produce(rtpParameters as never),
      }),
      'desk:stop-producing': async ({ deskId }) => {
        this.#desks.get(deskId)?.stopProducing();
        return {};
      },
      'desk:listen': async ({ deskId, callId, rtpCapabilities }) => {
        const { leg } = await this.#callOf(callId);
        const producer = await soon(leg.customer);
        const ear = await this.#openDeskOf(deskId).listen(callId, { producer, sfu: leg.sfu }, rtpCapabilities);
        return { consumerId: ear.id, producerId: ear.producerId, rtpParameters: { ...ear.rtpParameters } };
      },
      'desk:stop-listening': async ({ deskId, callId }) => {
        this.#desks.get(deskId)?.stopListening(callId);
        return {};
      },
      'desk:close': async ({ deskId }) => {
        this.#desks.get(deskId)?.close();
        this.#forgetIdleDesks();
        return {};
      },
    };
  }

  /** Makes the call, or returns the one that an earlier command made. */
  #openCall(callId: CallId, offer?: string): Promise<Call> {
    const present = this.#calls.get(callId);
    if (present) return present;
    if (this.#draining || this.#calls.size >= this.#options.capacity) {
      throw new Fault('media/no-capacity', 'This media server takes no more calls.', { retryable: true });
    }
    const log = this.#options.log.child({ callId });
    const sfu = this.#pool.place();
    const opening = Call.open(
      {
        callId,
        leg: {
          sfu,
          ice: { ports: this.#ports, listenIp: this.#options.listenIp, iceServers: this.#options.metaIceServers },
          announcedAddress: this.#options.announcedAddress,
        },
        pacer: this.#pacer,
        comfort: this.#comfort,
        log,
        tell: (event) => this.#tell(callId, event),
        onLost: () => void this.#closeCall(callId),
      },
      offer,
    ).catch((error: unknown) => {
      throw orDead(sfu, error);
    });
    this.#calls.set(callId, opening);
    opening.then(
      () => log.info({ inbound: offer !== undefined }, 'leg opened'),
      () => this.#forget(callId),
    );
    return opening;
  }

  async #callOf(callId: CallId): Promise<Call> {
    const call = this.#calls.get(callId);
    if (!call) throw new Fault('media/not-found', 'This call has no audio on this media server.');
    return await call;
  }

  async #closeCall(callId: CallId): Promise<void> {
    const call = await this.#calls.get(callId)?.catch(() => undefined);
    await call?.close();
    if (call) this.#options.log.info({ callId }, 'leg closed');
    this.#forget(callId);
    this.#forgetIdleDesks();
  }

  #forget(callId: CallId): void {
    this.#calls.delete(callId);
    if (this.#calls.size > 0) return;
    for (const resolve of this.#whenEmpty) resolve();
    this.#whenEmpty.clear();
  }

  #deskOf(deskId: DeskId): Desk {
    const present = this.#desks.get(deskId);
    if (present) return present;
    const abandonedMs = this.#options.deskAbandonedMs;
    const desk = new Desk(deskId, {
      onGone: () => this.#forgetIdleDesks(),
      ...(abandonedMs === undefined ? {} : { abandonedMs }),
    });
    this.#desks.set(deskId, desk);
    return desk;
  }

  #openDeskOf(deskId: DeskId): Desk {
    const desk = this.#desks.get(deskId);
    if (desk) return desk;
    throw new Fault('media/not-found', 'This console has no audio connection here. Reload the page.', {
      retryable: true,
    });
  }

  #forgetIdleDesks(): void {
    for (const [deskId, desk] of this.#desks) if (desk.isIdle) this.#desks.delete(deskId);
  }

  #tell(callId: CallId, event: CallEvent): void {
    this.#options.tell({ ...event, callId, nodeId: this.#options.nodeId, at: Date.now() });
  }
}

type Transport = Awaited<ReturnType<Desk['open']>>['send'];

const transportOptions = (transport: Transport) => ({
  id: transport.id,
  iceParameters: { ...transport.iceParameters },
  iceCandidates: transport.iceCandidates.map((candidate) => ({ ...candidate })),
  dtlsParameters: { ...transport.dtlsParameters },
});

/** What was thrown, or that the worker died under it, which is no bug of ours. */
function orDead(sfu: SfuWorker, error: unknown): unknown {
  if (sfu.isAlive) return error;
  return new Fault('media/unavailable', 'The media server is restarting. Try again in a moment.', {
    retryable: true,
    cause: error,
  });
}

async function soon<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Fault('media/unavailable', 'The customer’s audio has not arrived yet.', { retryable: true })),
      firstPacketMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
