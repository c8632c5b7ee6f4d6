import { writeFile } from 'node:fs/promises';
import { createDecoder } from 'libopus-wasm';
import type { HeardPacket } from '../meta/relay/leg.ts';
import { measureTone, type Heard } from './measure.ts';
import { writeOgg } from './ogg.ts';

const ticks = 960;
/** One packet of Opus DTX: 20 ms of nothing (RFC 6716 §3.1, a frame of zero bytes). */
const emptyPacket = Uint8Array.from([0xf8]);

type Piece = {
  /** The last so many milliseconds; else everything. */
  lastMs?: number;
};

/**
 * What a customer heard, in RTP time: a packet that never came is a hole of its length, and a
 * timestamp that jumps is what the jump makes audible.
 */
export class Recording {
  readonly #limit: number;
  readonly #slots = new Map<number, Uint8Array>();
  #first: number | undefined;
  #end = 0;
  #packets = 0;

  /** @param limitMs older sound is forgotten, so that a long call does not fill the memory. */
  constructor(limitMs = 10 * 60_000) {
    this.#limit = limitMs / 20;
  }

  get packets(): number {
    return this.#packets;
  }
  get milliseconds(): number {
    return this.#end * 20;
  }

  add(packet: HeardPacket): void {
    this.#first ??= packet.timestamp;
    const slot = Math.round(((packet.timestamp - this.#first) | 0) / ticks);
    if (slot < 0 || slot > this.#end + this.#limit) return;
    // A copy: the packet's buffer belongs to the channel that it came through.
    this.#slots.set(slot, Uint8Array.from(packet.payload));
    this.#packets += 1;
    this.#end = Math.max(this.#end, slot + 1);
    if (this.#slots.size > this.#limit) this.#slots.delete(this.#slots.keys().next().value!);
  }

  /** Mono, 48 kHz, -1..1. */
  async pcm(piece: Piece = {}): Promise<Float32Array> {
    const from = piece.lastMs === undefined ? this.#start() : Math.max(0, this.#end - Math.ceil(piece.lastMs / 20));
    const decoder = await createDecoder({ channels: 1, sampleRate: 48_000 });
    try {
      const pcm = new Float32Array(Math.max(0, this.#end - from) * ticks);
      // A decoder needs some packets before it is in tune with the encoder.
      for (let slot = Math.max(0, from - 4); slot < this.#end; slot += 1) {
        const packet = this.#slots.get(slot);
        if (!packet) continue;
        const samples = decoder.decodeFloat(packet);
        if (slot >= from) pcm.set(samples.subarray(0, ticks), (slot - from) * ticks);
      }
      return pcm;
    } finally {
      decoder.free();
    }
  }

  async measure(piece: Piece = {}): Promise<Heard & { packets: number }> {
    return { ...measureTone(await this.pcm(piece)), packets: this.#packets };
  }

  /** Everything as an Ogg/Opus file. */
  ogg(): Buffer {
    const from = this.#start();
    return writeOgg(Array.from({ length: this.#end - from }, (_, i) => this.#slots.get(from + i) ?? emptyPacket));
  }

  async save(path: string): Promise<void> {
    await writeFile(path, this.ogg());
  }

  #start(): number {
    return Math.max(0, this.#end - this.#limit);
  }
}
