import { createWorker } from 'mediasoup';
import type { Router, WebRtcServer, WebRtcTransport, Worker } from 'mediasoup/types';
import type { Log } from '../../ops/runtime/log.ts';
import { deskListenInfos } from './desk-addresses.ts';
import { opus } from './codecs.ts';
import { RtpPort } from './rtp-port.ts';

export type SfuOptions = {
  readonly workerBin: string | undefined;
  readonly listenIp: string;
  readonly announcedAddress: string;
  readonly portMin: number;
  readonly portMax: number;
  /** Legs and desks that a worker takes before the next worker gets any. */
  readonly atEase?: number;
  readonly log: Log;
};

/**
 * One mediasoup worker with all that calls share on it: a router, a WebRtcServer for desks (one UDP port, and TCP for
 * networks that block UDP), one on loopback for the legs to Meta, and the port through which this process sends and
 * takes RTP.
 */
export class SfuWorker {
  readonly worker: Worker;
  readonly router: Router;
  readonly rtp: RtpPort;
  /** Legs and desks that live here; the pool places the next one by it. */
  load = 0;
  readonly #deskServer: WebRtcServer;
  readonly #loopbackServer: WebRtcServer;
  readonly #whenDead = new Set<() => void>();

  private constructor(parts: {
    worker: Worker;
    router: Router;
    rtp: RtpPort;
    deskServer: WebRtcServer;
    loopbackServer: WebRtcServer;
  }) {
    this.worker = parts.worker;
    this.router = parts.router;
    this.rtp = parts.rtp;
    this.#deskServer = parts.deskServer;
    this.#loopbackServer = parts.loopbackServer;
    this.worker.once('died', () => {
      this.rtp.close();
      for (const tell of this.#whenDead) tell();
      this.#whenDead.clear();
    });
  }

  static async start(options: SfuOptions, deskPort: number): Promise<SfuWorker> {
    const worker = await startWorker(options);
    try {
      const ports = { min: options.portMin, max: options.portMax };
      const router = await worker.createRouter({ mediaCodecs: [opus] });
      const rtp = await RtpPort.open(router, ports);
      const loopbackServer = await worker.createWebRtcServer({
        listenInfos: [{ protocol: 'udp', ip: '127.0.0.1', portRange: ports }],
      });
      const deskServer = await openDeskServer(worker, options, deskPort);
      return new SfuWorker({ worker, router, rtp, deskServer, loopbackServer });
    } catch (error) {
      worker.close();
      throw error;
    }
  }

  get isAlive(): boolean {
    return !this.worker.closed;
  }

  /** Calls `tell` if the worker dies; the returned function takes that back. */
  onDeath(tell: () => void): () => void {
    this.#whenDead.add(tell);
    return () => this.#whenDead.delete(tell);
  }

  /** A transport for the leg to Meta: reached through our ICE agent, over loopback alone. */
  createLegTransport(): Promise<WebRtcTransport> {
    return this.router.createWebRtcTransport({
      webRtcServer: this.#loopbackServer,
      enableTcp: false,
      // The agent on this machine is the only peer and lives as long as we do; consent is checked towards Meta.
      iceConsentTimeout: 0,
    });
  }

  /** A transport for one direction of a desk. */
  createDeskTransport(): Promise<WebRtcTransport> {
    return this.router.createWebRtcTransport({
      webRtcServer: this.#deskServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
    });
  }

  close(): void {
    this.#whenDead.clear();
    this.rtp.close();
    this.worker.close();
  }
}

// mediasoup closes its workers on SIGINT and SIGTERM. Ours must outlive the signal: a draining node still carries calls.
async function startWorker(options: SfuOptions): Promise<Worker> {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const before = signals.map((signal) => process.listeners(signal));
  const starting = createWorker({
    logLevel: 'warn',
    ...(options.workerBin === undefined ? {} : { workerBin: options.workerBin }),
  });
  for (const [i, signal] of signals.entries()) {
    for (const listener of process.listeners(signal)) {
      if (!before[i]?.includes(listener)) process.off(signal, listener);
    }
  }
  return await starting;
}

// Another node of this machine may hold the first port, so the next ones are tried.
async function openDeskServer(worker: Worker, options: SfuOptions, firstPort: number): Promise<WebRtcServer> {
  const last = Math.min(options.portMax, firstPort + 100);
  let failure: unknown;
  for (let port = firstPort; port <= last; port += 1) {
    try {
      return await worker.createWebRtcServer({ listenInfos: deskListenInfos(options, port) });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
