import { randomInt } from 'node:crypto';

/** RFC 7983 §7. */
export const isRtpOrRtcp = (datagram: Buffer): boolean =>
  datagram.length >= 12 && datagram[0]! >= 128 && datagram[0]! < 192;
/** RFC 5761 §4. */
export const isRtcp = (datagram: Buffer): boolean => datagram[1]! >= 192 && datagram[1]! <= 223;

/** What is behind the header, its CSRCs and its extension (RFC 3550 §5.1), without padding. */
export function payloadOf(packet: Buffer): Buffer {
  let at = 12 + (packet[0]! & 0x0f) * 4;
  if (packet[0]! & 0x10) at += 4 + packet.readUInt16BE(at + 2) * 4;
  const end = packet[0]! & 0x20 ? packet.length - packet.at(-1)! : packet.length;
  return packet.subarray(at, end);
}

/** One outgoing line of RTP: an SSRC, a sequence, a clock. Audio and the events of its keys share it. */
export class RtpLine {
  readonly ssrc = randomInt(1, 0xffff_ffff);
  readonly #audioType: number;
  #sequence = randomInt(0, 0x8000);
  #timestamp = randomInt(0, 0x8000_0000);
  #pressedAt = 0;

  constructor(audioType: number) {
    this.#audioType = audioType;
  }

  /**
   * @param ticks how long the payload lasts, 48,000 a second.
   * @param skipped time that has gone before it without a packet.
   */
  audio(payload: Uint8Array, ticks: number, skipped = 0): Buffer {
    this.#timestamp = (this.#timestamp + skipped) >>> 0;
    const packet = Buffer.allocUnsafe(12 + payload.length);
    this.#writeHeader(packet, this.#audioType, this.#timestamp);
    packet.set(payload, 12);
    this.#timestamp = (this.#timestamp + ticks) >>> 0;
    return packet;
  }

  /** A packet of a pressed key (RFC 4733 §2.3), payload type 126; `duration` in 8000-Hz ticks. */
  event(event: number, duration: number, place: { first: boolean; last: boolean }): Buffer {
    // All packets of a key carry the moment at which it was pressed (RFC 4733 §2.5.1.2).
    if (place.first) this.#pressedAt = this.#timestamp;
    const packet = Buffer.allocUnsafe(16);
    this.#writeHeader(packet, place.first ? 126 | 0x80 : 126, this.#pressedAt);
    packet[12] = event;
    packet[13] = (place.last ? 0x80 : 0) | 10;
    packet.writeUInt16BE(duration, 14);
    return packet;
  }

  #writeHeader(packet: Buffer, typeAndMarker: number, timestamp: number): void {
    packet[0] = 0x80;
    packet[1] = typeAndMarker;
    packet.writeUInt16BE(this.#sequence, 2);
    packet.writeUInt32BE(timestamp, 4);
    packet.writeUInt32BE(this.ssrc, 8);
    this.#sequence = (this.#sequence + 1) & 0xffff;
  }
}
