/** How one packet of a pressed key goes out: event code, duration in 8000-Hz ticks, first or last of its key. */
export type SendEvent = (event: number, duration: number, place: { first: boolean; last: boolean }) => void;

const keyOrder = '0123456789*#';
const packetMs = 20;
const ticksPerPacket = 160;
/** 100 ms of key, and its end three times, since a lost end would be a key that hangs (RFC 4733 §2.5.1.4). */
const held = 5;
const repeats = 2;
const pauseMs = 100;

/** Presses keys one after the other as telephone events. */
export class Keypad {
  readonly #send: SendEvent;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(send: SendEvent) {
    this.#send = send;
  }

  /** Throws when a character is not on a phone's keypad. */
  press(keys: string): void {
    let at = 0;
    for (const key of keys) {
      const event = keyOrder.indexOf(key);
      if (event < 0) throw new Error(`not a key: ${key}`);
      for (let step = 1; step <= held + repeats; step += 1) {
        const duration = Math.min(step, held) * ticksPerPacket;
        this.#after(at + step * packetMs, () => this.#send(event, duration, { first: step === 1, last: step >= held }));
      }
      at += (held + repeats) * packetMs + pauseMs;
    }
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #after(milliseconds: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, milliseconds);
    this.#timers.add(timer);
  }
}
