import type { Pacer } from './pacer.ts';
import { loadSound, type Playable, type Sound } from './sound.ts';

/** Plays sounds packet by packet into one call; between two sounds, and after a file, silence. */
export class Player {
  readonly #pacer: Pacer;
  readonly #say: (packet: Uint8Array) => void;
  #playable: Playable | undefined;
  #silence: Playable | undefined;
  #at = 0;
  #wish = 0;
  #stop: (() => void) | undefined;
  #ended = Promise.withResolvers<void>();

  constructor(pacer: Pacer, say: (packet: Uint8Array) => void) {
    this.#pacer = pacer;
    this.#say = say;
  }

  /** @returns when the first packet of the sound is ready to go; `nothing` stops the sending. */
  async play(sound: Sound): Promise<void> {
    this.#wish += 1;
    const wish = this.#wish;
    const [playable, silence] = await Promise.all([loadSound(sound), loadSound({ kind: 'silence' })]);
    if (wish !== this.#wish) return;
    this.#ended.resolve();
    this.#ended = Promise.withResolvers();
    this.#playable = playable;
    this.#silence = silence;
    this.#at = 0;
  }

  /** Resolves when the file that plays now has been sent to its end, or was replaced. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  start(): void {
    this.#stop ??= this.#pacer.every20ms(() => this.#beat());
  }

  stop(): void {
    this.#wish += 1;
    this.#stop?.();
    this.#stop = undefined;
    this.#ended.resolve();
  }

  #beat(): void {
    const { packets, loop } = this.#playable ?? {};
    if (!packets) return;
    const packet = packets[this.#at];
    if (packet) {
      this.#say(packet);
      this.#at += 1;
      if (loop && this.#at === packets.length) this.#at = 0;
      return;
    }
    this.#ended.resolve();
    this.#playable = this.#silence;
    this.#at = 0;
    this.#beat();
  }
}
