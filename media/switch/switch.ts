import { opusPayloadType } from '../leg/sdp.ts';
import type { OutgoingRtp } from '../sfu/rtp-port.ts';
import type { Pacer } from './pacer.ts';
import type { RtpSource } from './source.ts';
import { Timeline } from './timeline.ts';

export type SwitchOptions = {
  readonly out: OutgoingRtp;
  readonly pacer: Pacer;
  readonly comfort: readonly Buffer[];
};

// Comfort noise fills in after this long without a packet: two lost or late packets of 20 ms are still the far
// decoder's to conceal, the third is a silence.
const silenceMs = 60;
// A line that runs ahead of the clock is let to fall back in silence, but never so long that Meta misses us.
const longestPauseMs = 200;
const headerBytes = 12;

/**
 * What the customer hears: sources take turns, comfort noise fills, and what leaves is one stream (see Timeline).
 * Silent until `open`, never silent after it.
 */
export class Switch {
  readonly #out: OutgoingRtp;
  readonly #comfort: readonly Buffer[];
  readonly #pacer: Pacer;
  readonly #ssrc: number;
  readonly #timeline: Timeline;
  #source: RtpSource | undefined;
  #stopSource: () => void = nothing;
  #leavePacer: () => void = nothing;
  #isOpen = false;
  #isComfort = false;
  #lastSentAt = 0;
  #nextFrame = 0;
  comfortPackets = 0;
  sourcePackets = 0;

  constructor(options: SwitchOptions) {
    this.#out = options.out;
    this.#comfort = options.comfort;
    this.#pacer = options.pacer;
    this.#ssrc = options.out.producer.rtpParameters.encodings?.[0]?.ssrc ?? 0;
    const [seq = 0, ts = 0] = crypto.getRandomValues(new Uint32Array(2));
    // The upper half of both ranges is left free, so that no stream wraps in its first moments (RFC 3711 §3.3.1).
    this.#timeline = new Timeline(seq & 0x7fff, ts >>> 1);
  }

  /** Starts to send, at once: the far end waits for our first packet. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#sendComfort(performance.now());
    this.#leavePacer = this.#pacer.add((now) => this.#tick(now));
  }

  /** Gives the turn to a source, or to nobody, which is comfort noise. */
  feed(source: RtpSource | undefined): void {
    if (source === this.#source) return;
    this.#stopSource();
    this.#source = source;
    this.#timeline.cut();
    this.#stopSource = source?.start((packet) => this.#take(source, packet)) ?? nothing;
  }

  close(): void {
    this.#isOpen = false;
    this.#leavePacer();
    this.#stopSource();
    this.#source = undefined;
    this.#stopSource = nothing;
  }

  // The hot path: 50 times a second for each call.
  #take(source: RtpSource, packet: Buffer): void {
    if (!this.#isOpen || source !== this.#source) return;
    const first = packet[0] ?? 0;
    if (((packet[1] ?? 0) & 0x7f) !== opusPayloadType) return;
    const payloadAt = payloadOffset(packet, first);
    if (payloadAt >= packet.length) return;
    const now = performance.now();
    const timeline = this.#timeline;
    // The source's first packet after a silence or a change: what the line lacks until now is filled before it.
    if (!timeline.inRun) this.#fill(now, 1);
    if (!timeline.accept((packet[2]! << 8) | packet[3]!, packet.readUInt32BE(4), now)) return;
    this.#isComfort = false;
    this.#lastSentAt = now;
    this.sourcePackets += 1;
    // Our header is written over the end of the packet's own, so contributors and extensions fall away without a copy.
    const start = payloadAt - headerBytes;
    this.#writeHeader(packet, start, first & 0x20);
    this.#out.send(start === 0 ? packet : packet.subarray(start));
  }

  #tick(now: number): void {
    const pause = now - this.#lastSentAt;
    if (!this.#isComfort && pause < silenceMs) return;
    this.#fill(now, 0);
    if (this.#lastSentAt !== now && pause >= longestPauseMs) this.#sendComfort(now);
  }

  /** Sends comfort noise until no more than `rest` frames are owed. */
  #fill(now: number, rest: number): void {
    for (let owed = this.#timeline.owed(now); owed > rest; owed -= 1) this.#sendComfort(now);
  }

  #sendComfort(now: number): void {
    const frame = this.#comfort[this.#nextFrame]!;
    this.#nextFrame = (this.#nextFrame + 1) % this.#comfort.length;
    this.#timeline.comfort(now);
    this.#isComfort = true;
    this.#lastSentAt = now;
    this.comfortPackets += 1;
    const packet = Buffer.allocUnsafe(headerBytes + frame.length);
    frame.copy(packet, headerBytes);
    this.#writeHeader(packet, 0, 0);
    this.#out.send(packet);
  }

  #writeHeader(packet: Buffer, at: number, padding: number): void {
    const { seq, ts, marker } = this.#timeline;
    packet[at] = 0x80 | padding;
    packet[at + 1] = (marker ? 0x80 : 0) | opusPayloadType;
    packet.writeUInt16BE(seq, at + 2);
    packet.writeUInt32BE(ts, at + 4);
    packet.writeUInt32BE(this.#ssrc, at + 8);
  }
}

/** Where the payload begins (RFC 3550 §5.1, §5.3.1); past the end for a broken packet. */
function payloadOffset(packet: Buffer, first: number): number {
  let at = headerBytes + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (at + 4 > packet.length) return packet.length;
    at += 4 + packet.readUInt16BE(at + 2) * 4;
  }
  return at;
}

const nothing = (): void => undefined;
