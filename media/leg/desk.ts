import type {
  Consumer,
  DtlsParameters,
  Producer,
  RtpCapabilities,
  RtpParameters,
  WebRtcTransport,
} from 'mediasoup/types';
import type { CallId, DeskId } from '../../control/contract/ids.ts';
import { Fault } from '../../control/contract/fault.ts';
import { bringTo } from '../sfu/piping.ts';
import type { SfuWorker } from '../sfu/sfu-worker.ts';

export type Side = 'send' | 'receive';

/** What a desk's watchers learn. All of them are told, then and later. */
export type DeskWatcher = {
  /** The microphone came, was replaced, or went (undefined). Told at once with the present one. */
  onMicrophone(microphone: Producer | undefined, sfu: SfuWorker | undefined): void;
  /** The desk's connection is certainly gone: closed by either side, or its consent ended. */
  onGone(): void;
};

/** One opening of the desk: both transports, on one worker. */
type Station = { readonly sfu: SfuWorker; readonly send: WebRtcTransport; readonly receive: WebRtcTransport };

export type DeskOptions = {
  /** The station closed by itself; the desk may be idle now. */
  readonly onGone: () => void;
  /** How long a station may be without any connection before it is closed, ms. */
  readonly abandonedMs?: number;
};

// A tab that was killed, or a computer asleep, says no goodbye. A short loss of the network is mended by an ICE restart
// within seconds; who comes later is told that the station is gone, and opens again.
const defaultAbandonedMs = 120_000;

/**
 * An operator's console as media sees it. The desk outlives its transports: after a reload the same id opens again, and
 * calls that it feeds go on with the new microphone.
 */
export class Desk {
  readonly id: DeskId;
  readonly #watchers = new Set<DeskWatcher>();
  readonly #ears = new Map<CallId, Consumer>();
  #station: Station | undefined;
  #microphone: Producer | undefined;
  #opening = 0;
  #abandoned: NodeJS.Timeout | undefined;
  readonly #options: DeskOptions;
  #notDying: () => void = () => undefined;

  constructor(id: DeskId, options: DeskOptions) {
    this.id = id;
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#station !== undefined;
  }

  /** Nobody needs to keep it: no transports, none in the making, and no call follows it. */
  get isIdle(): boolean {
    return !this.isOpen && this.#opening === 0 && this.#watchers.size === 0;
  }

  /** Makes both transports on the given worker; those of an earlier opening are closed. */
  async open(sfu: SfuWorker): Promise<Station> {
    this.#opening += 1;
    const [send, receive] = await Promise.all([sfu.createDeskTransport(), sfu.createDeskTransport()]).finally(() => {
      this.#opening -= 1;
    });
    this.#leave();
    const station: Station = { sfu, send, receive };
    this.#station = station;
    sfu.load += 1;
    this.#notDying = sfu.onDeath(() => this.#goneIf(station));
    for (const transport of [send, receive]) {
      transport.on('dtlsstatechange', (state) => {
        if (state === 'closed' || state === 'failed') this.#goneIf(station);
        else this.#judge(station);
      });
      transport.on('icestatechange', () => this.#judge(station));
    }
    // The microphone's transport alone says whether the operator can still be heard.
    send.on('icestatechange', (state) => {
      if (state === 'disconnected' && this.#station === station) this.#tell((watcher) => watcher.onGone());
    });
    this.#judge(station);
    return station;
  }

  async connect(side: Side, dtlsParameters: DtlsParameters): Promise<void> {
    const transport = this.#at()[side];
    // A repeated request answers as the first one did.
    if (transport.appData['connected'] === true) return;
    transport.appData['connected'] = true;
    await transport.connect({ dtlsParameters }).catch((error: unknown) => {
      transport.appData['connected'] = false;
      throw new Fault('request/invalid', 'The desk’s DTLS parameters were refused.', { cause: error });
    });
  }

  async restartIce(side: Side): Promise<WebRtcTransport['iceParameters']> {
    return await this.#at()[side].restartIce();
  }

  /** The microphone. A second one takes the place of the first. */
  async produce(rtpParameters: RtpParameters): Promise<string> {
    const { send, sfu } = this.#at();
    const former = this.#microphone;
    if (former && !former.closed && former.appData['asked'] === JSON.stringify(rtpParameters)) return former.id;
    former?.close();
    const microphone = await send
      .produce({ kind: 'audio', rtpParameters, appData: { asked: JSON.stringify(rtpParameters) } })
      .catch((error: unknown) => {
        throw new Fault('request/invalid', 'The microphone’s RTP parameters were refused.', { cause: error });
      });
    this.#microphone = microphone;
    microphone.observer.once('close', () => {
      if (this.#microphone !== microphone) return;
      this.#microphone = undefined;
      this.#tell((watcher) => watcher.onMicrophone(undefined, undefined));
    });
    this.#tell((watcher) => watcher.onMicrophone(microphone, sfu));
    return microphone.id;
  }

  stopProducing(): void {
    this.#microphone?.close();
  }

  /** Lets the desk hear a customer. One consumer a call; asked again, the same one. */
  async listen(
    callId: CallId,
    customer: { producer: Producer; sfu: SfuWorker },
    rtpCapabilities: RtpCapabilities,
  ): Promise<Consumer> {
    const station = this.#at();
    const present = this.#ears.get(callId);
    if (present && !present.closed) return present;
    await bringTo(customer, station.sfu).catch((error: unknown) => {
      throw new Fault('media/unavailable', 'The customer’s voice could not be brought to this console. Try again.', {
        retryable: true,
        cause: error,
      });
    });
    const consumer = await station.receive
      .consume({ producerId: customer.producer.id, rtpCapabilities })
      .catch((error: unknown) => {
        throw new Fault('request/invalid', 'The desk’s RTP capabilities do not fit the customer’s voice.', {
          cause: error,
        });
      });
    this.#ears.set(callId, consumer);
    consumer.observer.once('close', () => {
      if (this.#ears.get(callId) === consumer) this.#ears.delete(callId);
    });
    return consumer;
  }

  stopListening(callId: CallId): void {
    this.#ears.get(callId)?.close();
  }

  /** Bytes that arrived from this desk by any kind of packet, STUN and RTCP included. */
  async bytesReceived(): Promise<number> {
    const station = this.#station;
    if (!station) return 0;
    const stats = await Promise.all([station.send.getStats(), station.receive.getStats()]);
    return stats.flat().reduce((sum, stat) => sum + (stat.bytesReceived ?? 0), 0);
  }

  /** Follows the desk until the returned function is called. */
  watch(watcher: DeskWatcher): () => void {
    this.#watchers.add(watcher);
    watcher.onMicrophone(this.#microphone, this.#station?.sfu);
    return () => this.#watchers.delete(watcher);
  }

  close(): void {
    const wasOpen = this.isOpen;
    this.#leave();
    if (wasOpen) this.#tell((watcher) => watcher.onGone());
  }

  #at(): Station {
    if (!this.#station) {
      throw new Fault('media/not-found', 'This console has no audio connection here. Reload the page.', {
        retryable: true,
      });
    }
    return this.#station;
  }

  #goneIf(station: Station): void {
    if (this.#station !== station) return;
    this.close();
    this.#options.onGone();
  }

  /** One connected transport is enough: a browser is there. The time runs from the loss of the last one. */
  #judge(station: Station): void {
    if (this.#station !== station) return;
    if (isConnected(station.send) || isConnected(station.receive)) {
      clearTimeout(this.#abandoned);
      this.#abandoned = undefined;
      return;
    }
    const ms = this.#options.abandonedMs ?? defaultAbandonedMs;
    this.#abandoned ??= setTimeout(() => this.#goneIf(station), ms).unref();
  }

  #leave(): void {
    const station = this.#station;
    if (!station) return;
    this.#station = undefined;
    clearTimeout(this.#abandoned);
    this.#abandoned = undefined;
    this.#notDying();
    station.sfu.load -= 1;
    // Closes the microphone and every ear with them.
    station.send.close();
    station.receive.close();
  }

  #tell(what: (watcher: DeskWatcher) => void): void {
    for (const watcher of this.#watchers) what(watcher);
  }
}

const isConnected = ({ iceState, dtlsState }: WebRtcTransport): boolean =>
  dtlsState === 'connected' && (iceState === 'connected' || iceState === 'completed');
