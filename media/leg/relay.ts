import type { MediaPath } from './ice-agent.ts';

/** What went through one direction, for stats and the watchdog. RTP only, RTCP is not counted. */
export type Traffic = {
  packets: number;
  /** The largest datagram since the last look, without its header extensions; tells speech from encoded silence. */
  largest: number;
};

export type RelayHooks = {
  /** The first RTP packet from the far end. The header of SRTP is not encrypted (RFC 3711 §3.1). */
  onFirstRtpFromMeta(ssrc: number): void;
  onFirstRtpToMeta(): void;
};

// DTLS flights that arrive before the worker's side is up. A handshake sends a handful of datagrams.
const maxWaiting = 16;

/**
 * Carries datagrams between Meta's relay and the mediasoup transport, verbatim. While the gate is shut
 * nothing but DTLS goes to Meta: the customer's phone takes the first packet for "answered".
 */
export class Relay {
  readonly fromMeta: Traffic = { packets: 0, largest: 0 };
  readonly toMeta: Traffic = { packets: 0, largest: 0 };
  readonly #hooks: RelayHooks;
  #gateOpen = false;

  constructor(hooks: RelayHooks) {
    this.#hooks = hooks;
  }

  get isGateOpen(): boolean {
    return this.#gateOpen;
  }

  openGate(): void {
    this.#gateOpen = true;
  }

  /** Joins the two paths, the worker's one as soon as it is there. */
  async join(meta: MediaPath, openWorker: () => Promise<MediaPath>): Promise<void> {
    const waiting: Buffer[] = [];
    meta.onMedia = (datagram) => {
      if (waiting.length < maxWaiting) waiting.push(datagram);
    };
    const worker = await openWorker();
    worker.onMedia = (datagram) => this.#toMeta(datagram, meta);
    meta.onMedia = (datagram) => this.#fromMeta(datagram, worker);
    for (const datagram of waiting) this.#fromMeta(datagram, worker);
  }

  #fromMeta(datagram: Buffer, worker: MediaPath): void {
    if (isRtp(datagram)) {
      const traffic = this.fromMeta;
      if (traffic.packets === 0) this.#hooks.onFirstRtpFromMeta(datagram.readUInt32BE(8));
      traffic.packets += 1;
      const size = datagram.length - extensionBytes(datagram);
      if (size > traffic.largest) traffic.largest = size;
    }
    worker.send(datagram);
  }

  #toMeta(datagram: Buffer, meta: MediaPath): void {
    if ((datagram[0] ?? 0) > 127) {
      if (!this.#gateOpen) return;
      if (isRtp(datagram)) {
        const traffic = this.toMeta;
        if (traffic.packets === 0) this.#hooks.onFirstRtpToMeta();
        traffic.packets += 1;
      }
    }
    meta.send(datagram);
  }
}

/** RTP and not RTCP on a shared port (RFC 5761 §4), long enough for its header. */
export function isRtp(datagram: Buffer): boolean {
  const type = (datagram[1] ?? 0) & 0x7f;
  return (datagram[0] ?? 0) > 127 && datagram.length >= 12 && (type < 64 || type > 95);
}

/** The length of the header extension (RFC 3550 §5.3.1), which SRTP leaves readable. */
function extensionBytes(packet: Buffer): number {
  const first = packet[0] ?? 0;
  if ((first & 0x10) === 0) return 0;
  const at = 14 + (first & 0x0f) * 4;
  return at + 2 > packet.length ? 0 : 4 + packet.readUInt16BE(at) * 4;
}
