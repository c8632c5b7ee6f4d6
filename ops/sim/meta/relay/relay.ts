import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { RelayLeg, type LegOptions } from './leg.ts';

export const opusCodec = (payloadType: number): types.RouterRtpCodecCapability => ({
  kind: 'audio',
  mimeType: 'audio/opus',
  clockRate: 48_000,
  channels: 2,
  preferredPayloadType: payloadType,
  parameters: { useinbandfec: 1 },
  rtcpFeedback: [{ type: 'transport-cc' }],
});

/**
 * telephone-event/8000 (RFC 4733), which mediasoup knows and yet drops on an audio stream. Under the name
 * of another 8000-Hz codec it passes as it is; only the relay's own router ever sees this name.
 */
const eventCodec: types.RouterRtpCodecCapability = {
  kind: 'audio',
  mimeType: 'audio/PCMA',
  clockRate: 8000,
  preferredPayloadType: 126,
};

export type RelayOptions = {
  /** The address of the relay candidate that the business sees. */
  listenIp: string;
  /** A second, IPv6, candidate; none on a machine without IPv6. */
  listenIp6?: string | undefined;
  /** mediasoup's worker; by default the package's own, or MEDIASOUP_WORKER_BIN. */
  workerBin?: string | undefined;
};

/** Meta's media relay: one mediasoup worker, a router per Opus payload type, any number of legs. */
export class Relay {
  readonly worker: types.Worker;
  readonly #server: types.WebRtcServer;
  readonly #routers = new Map<number, Promise<types.Router>>();
  readonly #legs = new Set<RelayLeg>();
  readonly #options: RelayOptions;

  private constructor(worker: types.Worker, server: types.WebRtcServer, options: RelayOptions) {
    this.worker = worker;
    this.#server = server;
    this.#options = options;
  }

  static async start(options: RelayOptions): Promise<Relay> {
    const worker = await mediasoup.createWorker({
      logLevel: 'error',
      ...(options.workerBin && { workerBin: options.workerBin }),
    });
    const server = await worker.createWebRtcServer({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
    return new Relay(worker, server, options);
  }

  /** A leg to one business call; its SDP can be written at once. */
  async openLeg(options: LegOptions): Promise<RelayLeg> {
    const router = await this.router(options.payloadType ?? 111);
    const leg = await RelayLeg.open(router, this.#server, this.#options, options);
    this.#legs.add(leg);
    leg.onClosed(() => this.#legs.delete(leg));
    return leg;
  }

  /** Offerers choose payload types, and a mediasoup router has one for a codec: hence one router for each. */
  router(payloadType: number): Promise<types.Router> {
    let router = this.#routers.get(payloadType);
    if (!router) {
      router = this.worker.createRouter({
        mediaCodecs: [opusCodec(payloadType), eventCodec],
      });
      this.#routers.set(payloadType, router);
    }
    return router;
  }

  close(): void {
    for (const leg of this.#legs) leg.close();
    this.worker.close();
  }
}
