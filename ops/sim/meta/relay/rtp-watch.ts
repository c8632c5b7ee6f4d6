/** What is wrong between two RTP packets that follow each other, as the relay saw them arrive. */
export type Discontinuity = {
  kind: 'sequence-gap' | 'sequence-back' | 'timestamp-gap' | 'timestamp-back' | 'ssrc-changed';
  /** Milliseconds since the epoch, with fractions. */
  at: number;
  ssrc: number;
  /** Sequence number, or for timestamps the RTP timestamp, or for an SSRC the SSRC, before and now. */
  from: number;
  to: number;
};

export type RtpFacts = {
  packets: number;
  bytes: number;
  rtcpPackets: number;
  firstAt: number | null;
  lastAt: number | null;
  /** In order of appearance. A business may use one alone. */
  ssrcs: number[];
  payloadTypes: number[];
  /** At most 100 are kept; `discontinuityCount` counts on. */
  discontinuities: Discontinuity[];
  discontinuityCount: number;
  /**
   * Packets that say with the marker bit, and the next sequence number, that a silence before them was not sent
   * (RFC 3551 §4.1). Their timestamp goes on with the clock, which is right and no discontinuity.
   */
  talkspurts: number;
  /** The longest time between two packets that followed each other, in milliseconds. */
  longestGapMs: number;
};

type Line = { sequence: number; timestamp: number };

const kept = 100;
/** 20 ms of Opus's 48,000-Hz clock (RFC 7587 §4.1); Meta takes no other packet time. */
const ticksPerPacket = 960;
/** A sender that is never silent skips a few packets at a change of source, not half a second. */
const longestSilence = 25 * ticksPerPacket;

/** -32768..32767: how far `to` is ahead of `from` on a line that wraps. */
const ahead16 = (from: number, to: number): number => ((to - from) << 16) >> 16;
const ahead32 = (from: number, to: number): number => (to - from) | 0;

/** Milliseconds since the epoch with microseconds behind the point, one clock for all processes of a machine. */
export const preciseNow = (): number => performance.timeOrigin + performance.now();

/** Watches one direction of RTP by its headers, which SRTP leaves readable (RFC 3711 §3.1). */
export class RtpWatch {
  readonly #audioType: number;
  readonly #lines = new Map<number, Line>();
  readonly #types = new Set<number>();
  readonly #discontinuities: Discontinuity[] = [];
  #count = 0;
  #talkspurts = 0;
  #packets = 0;
  #bytes = 0;
  #rtcp = 0;
  #firstAt: number | null = null;
  #lastAt: number | null = null;
  #lastRtcpAt: number | null = null;
  #lastSsrc = -1;
  #longestGap = 0;

  /** @param audioType the payload type of audio: events (RFC 4733) keep another time line. */
  constructor(audioType = 111) {
    this.#audioType = audioType;
  }

  get firstAt(): number | null {
    return this.#firstAt;
  }
  get lastAt(): number | null {
    return this.#lastAt;
  }
  /** The last RTP or RTCP packet. */
  get lastAliveAt(): number | null {
    return this.#lastAt === null ? this.#lastRtcpAt : Math.max(this.#lastAt, this.#lastRtcpAt ?? 0);
  }

  sawRtcp(at: number): void {
    this.#rtcp += 1;
    this.#lastRtcpAt = at;
  }

  /** @param packet an RTP or SRTP packet with its 12 bytes of header. */
  sawRtp(packet: Buffer, at: number): void {
    const type = packet[1]! & 0x7f;
    const sequence = packet.readUInt16BE(2);
    const timestamp = packet.readUInt32BE(4);
    const ssrc = packet.readUInt32BE(8);
    this.#packets += 1;
    this.#bytes += packet.length;
    this.#types.add(type);
    this.#firstAt ??= at;
    if (this.#lastAt !== null && at - this.#lastAt > this.#longestGap) this.#longestGap = at - this.#lastAt;
    this.#lastAt = at;
    if (this.#lastSsrc !== ssrc) {
      if (this.#lastSsrc >= 0) this.#note({ kind: 'ssrc-changed', at, ssrc, from: this.#lastSsrc, to: ssrc });
      this.#lastSsrc = ssrc;
    }
    const line = this.#lines.get(ssrc);
    if (!line) {
      this.#lines.set(ssrc, { sequence, timestamp });
      return;
    }
    const steps = ahead16(line.sequence, sequence);
    if (steps !== 1) {
      this.#note({ kind: steps > 1 ? 'sequence-gap' : 'sequence-back', at, ssrc, from: line.sequence, to: sequence });
    }
    if (steps > 0) line.sequence = sequence;
    if (type !== this.#audioType) return;
    const ticks = ahead32(line.timestamp, timestamp);
    if (steps === 1 && ticks > ticksPerPacket && ticks <= longestSilence && (packet[1]! & 0x80) !== 0) {
      this.#talkspurts += 1;
    } else if (steps > 0 && ticks !== steps * ticksPerPacket) {
      this.#note({
        kind: ticks > 0 ? 'timestamp-gap' : 'timestamp-back',
        at,
        ssrc,
        from: line.timestamp,
        to: timestamp,
      });
    }
    if (steps > 0) line.timestamp = timestamp;
  }

  facts(): RtpFacts {
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      rtcpPackets: this.#rtcp,
      firstAt: this.#firstAt,
      lastAt: this.#lastAt,
      ssrcs: [...this.#lines.keys()],
      payloadTypes: [...this.#types],
      discontinuities: [...this.#discontinuities],
      discontinuityCount: this.#count,
      talkspurts: this.#talkspurts,
      longestGapMs: this.#longestGap,
    };
  }

  #note(discontinuity: Discontinuity): void {
    this.#count += 1;
    if (this.#discontinuities.length < kept) this.#discontinuities.push(discontinuity);
  }
}
