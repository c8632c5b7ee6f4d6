import { Device, type types } from 'mediasoup-client';
import type { Ask, Reply } from '../../../control/contract/desk.ts';
import type { CallId, NodeId } from '../../../control/contract/ids.ts';
import type { Line } from '../line/line.ts';
import { silentTrack } from './audio.ts';
import { type MediaCounters, countersOf } from './quality.ts';

/** How long an ICE restart may take before the whole leg is made anew. */
const restartWithinMs = 6000;

type Side = 'send' | 'receive';
type Opened = Reply<'media:open'>;

export type LegState = 'connecting' | 'connected' | 'reconnecting' | 'lost';

/**
 * This desk's two transports on one media node (mediasoup-client). They are connected before there
 * is a call: the sending one with a silent track that is then taken away, so that a microphone only
 * has to be put in its place, without a round trip; the receiving one with a consumer of nothing.
 */
export class DeskLeg {
  readonly nodeId: NodeId;
  readonly #line: Line;
  readonly #device: Device;
  readonly #send: types.Transport;
  readonly #receive: types.Transport;
  readonly #onState: (state: LegState) => void;
  #producing: Promise<types.Producer> | undefined;
  /** What the producer ought to send; the silent track of the warm-up never is. */
  #spoken: MediaStreamTrack | null = null;
  #warming: Promise<unknown> | undefined;
  #ear: { callId: CallId; consumer: Promise<types.Consumer> } | undefined;
  #restarts = new Map<Side, ReturnType<typeof setTimeout>>();
  #state: LegState = 'connecting';

  /** Asks the node for transports and builds them here. `onState` hears every change. */
  static async open(
    line: Line,
    nodeId: NodeId,
    iceServers: RTCIceServer[],
    onState: (state: LegState) => void,
  ): Promise<DeskLeg> {
    const [opened, device] = await Promise.all([line.ask('media:open', { nodeId }), Device.factory()]);
    await device.load({
      routerRtpCapabilities: opened.routerRtpCapabilities,
    });
    return new DeskLeg(line, { ...opened, nodeId }, { device, iceServers, onState });
  }

  private constructor(
    line: Line,
    opened: Opened,
    parts: { device: Device; iceServers: RTCIceServer[]; onState: (state: LegState) => void },
  ) {
    this.#line = line;
    this.nodeId = opened.nodeId;
    this.#device = parts.device;
    this.#onState = parts.onState;
    const options = (side: Opened['send']): types.TransportOptions =>
      ({ ...side, iceServers: parts.iceServers }) as unknown as types.TransportOptions;
    this.#send = this.#wire('send', parts.device.createSendTransport(options(opened.send)));
    this.#receive = this.#wire('receive', parts.device.createRecvTransport(options(opened.receive)));
    this.#send.on('produce', ({ rtpParameters }, done, fail) => {
      const ask = {
        nodeId: this.nodeId,
        rtpParameters: rtpParameters as unknown as Ask<'media:produce'>['rtpParameters'],
      };
      void answer(line.ask('media:produce', ask), ({ producerId }) => done({ id: producerId }), fail);
    });
  }

  /** Builds both ways up to the last packet that needs no microphone. */
  async warm(): Promise<void> {
    this.#warming ??= Promise.all([this.#warmSend(), this.#warmReceive()]);
    await this.#warming;
  }

  /** Sends this track to the customer of whatever call this desk holds. Null keeps the way, sends nothing. */
  async speak(track: MediaStreamTrack | null): Promise<void> {
    this.#spoken = track;
    const producing = this.#producing ?? (track ? this.#produce(track) : undefined);
    if (producing) await this.#settle(await producing);
  }

  /** The customer's voice. Asked again, the same track. */
  async hear(callId: CallId): Promise<MediaStreamTrack> {
    if (this.#ear?.callId !== callId) {
      this.stopHearing();
      const ear = { callId, consumer: this.#consume(callId) };
      this.#ear = ear;
      ear.consumer.catch(() => {
        if (this.#ear === ear) this.#ear = undefined;
      });
    }
    return (await this.#ear.consumer).track;
  }

  async #consume(callId: CallId): Promise<types.Consumer> {
    const rtpCapabilities = this.#device.recvRtpCapabilities as unknown as Ask<'media:listen'>['rtpCapabilities'];
    const told = await this.#line.ask('media:listen', { nodeId: this.nodeId, callId, rtpCapabilities });
    return this.#receive.consume({
      id: told.consumerId,
      producerId: told.producerId,
      kind: 'audio',
      rtpParameters: told.rtpParameters as unknown as types.RtpParameters,
    });
  }

  /** Lets go of the customer's voice; the node is told by `media:stop-listening` elsewhere. */
  stopHearing(): void {
    const ear = this.#ear;
    this.#ear = undefined;
    ear?.consumer.then((consumer) => consumer.close()).catch(() => undefined);
  }

  async counters(): Promise<MediaCounters> {
    const [receive, send] = await Promise.all([this.#receive.getStats(), this.#send.getStats()]);
    return countersOf(
      receive.values() as Iterable<Record<string, unknown>>,
      send.values() as Iterable<Record<string, unknown>>,
    );
  }

  get state(): LegState {
    return this.#state;
  }

  close(): void {
    for (const timer of this.#restarts.values()) clearTimeout(timer);
    this.#restarts.clear();
    this.stopHearing();
    this.#send.close();
    this.#receive.close();
  }

  async #warmSend(): Promise<void> {
    await this.#settle(await this.#produce(silentTrack()));
  }

  /** Whatever was asked for last is what is sent, however the requests overtook each other. */
  async #settle(producer: types.Producer): Promise<void> {
    const track = this.#spoken;
    if (producer.track !== track && track?.readyState !== 'ended') await producer.replaceTrack({ track });
  }

  #produce(track: MediaStreamTrack): Promise<types.Producer> {
    this.#producing ??= this.#send.produce({
      track,
      // The microphone is closed by its owner, which may still need it for another leg.
      stopTracks: false,
      disableTrackOnPause: false,
      codecOptions: { opusStereo: false, opusDtx: false, opusFec: true, opusPtime: 20 },
    });
    return this.#producing;
  }

  /** ICE and DTLS start with the first consumer: this one listens to a stream that nobody sends. */
  async #warmReceive(): Promise<void> {
    const opus = this.#device.recvRtpCapabilities.codecs?.find(
      (codec) => codec.mimeType.toLowerCase() === 'audio/opus',
    );
    if (!opus) return;
    const { mimeType, clockRate, channels, preferredPayloadType, parameters, rtcpFeedback } = opus;
    await this.#receive.consume({
      id: 'warm',
      producerId: 'warm',
      kind: 'audio',
      rtpParameters: {
        mid: 'warm',
        codecs: [
          {
            mimeType,
            clockRate,
            ...(channels === undefined ? {} : { channels }),
            payloadType: preferredPayloadType ?? 100,
            parameters: parameters ?? {},
            rtcpFeedback: rtcpFeedback ?? [],
          },
        ],
        headerExtensions: [],
        encodings: [{ ssrc: 1 }],
        rtcp: { cname: 'warm', reducedSize: true },
      },
    });
  }

  #wire(side: Side, transport: types.Transport): types.Transport {
    transport.on('connect', ({ dtlsParameters }, done, fail) => {
      const ask = {
        nodeId: this.nodeId,
        side,
        dtlsParameters: dtlsParameters as unknown as Ask<'media:connect'>['dtlsParameters'],
      };
      void answer(this.#line.ask('media:connect', ask), done, fail);
    });
    transport.on('connectionstatechange', (state) => {
      if (state === 'disconnected' || state === 'failed') this.#restart(side, transport);
      this.#judge();
    });
    return transport;
  }

  #judge(): void {
    const states = [this.#send.connectionState, this.#receive.connectionState];
    if (states.every((state) => state === 'connected')) {
      for (const timer of this.#restarts.values()) clearTimeout(timer);
      this.#restarts.clear();
      this.#tell('connected');
    } else if (this.#restarts.size > 0) {
      this.#tell('reconnecting');
    }
  }

  /** New ICE credentials on the same DTLS session (RFC 8445 §9); too slow, and the leg is given up. */
  #restart(side: Side, transport: types.Transport): void {
    if (this.#restarts.has(side)) return;
    this.#restarts.set(
      side,
      setTimeout(() => this.#tell('lost'), restartWithinMs),
    );
    this.#line
      .askWhenOpen('media:restart-ice', { nodeId: this.nodeId, side })
      .then(({ iceParameters }) =>
        transport.closed
          ? undefined
          : transport.restartIce({ iceParameters: iceParameters as unknown as types.IceParameters }),
      )
      // The node knows this leg no longer: nothing to restart.
      .catch(() => this.#tell('lost'));
  }

  #tell(state: LegState): void {
    if (state === this.#state || this.#state === 'lost') return;
    this.#state = state;
    this.#onState(state);
  }
}

/** mediasoup-client waits for one of two callbacks. */
async function answer<T>(asked: Promise<T>, done: (reply: T) => void, fail: (error: Error) => void): Promise<void> {
  try {
    done(await asked);
  } catch (error) {
    fail(error instanceof Error ? error : new Error('the request failed', { cause: error }));
  }
}
