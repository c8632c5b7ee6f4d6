import { mediaEventStream, type MediaEvent } from '../../control/contract/media.ts';
import type { Log } from '../../ops/runtime/log.ts';

/** As much of Redis as the outbox needs. */
export type EventStream = {
  xAdd(
    key: string,
    id: string,
    message: Record<string, string>,
    options: { TRIM: { strategy: 'MAXLEN'; strategyModifier: '~'; threshold: number } },
  ): Promise<unknown>;
};

// Some events a call: this is an outage of many minutes on a full node.
const maxWaiting = 20_000;
const streamLength = 100_000;
const retryMs = 250;

/**
 * Sends the node's events to the Redis stream, one after the other, so that their order is the order in which they
 * happened. While Redis is away they wait here; a live call never waits for them. After a lost connection an event may
 * be sent twice: readers take events at least once.
 */
export class EventOutbox {
  readonly #stream: EventStream;
  readonly #log: Log;
  readonly #waiting: string[] = [];
  #sending: Promise<void> | undefined;
  #closed = false;

  constructor(stream: EventStream, log: Log) {
    this.#stream = stream;
    this.#log = log;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(event: MediaEvent): void {
    if (this.#waiting.length >= maxWaiting) {
      // The one in front may be on its way already.
      this.#waiting.splice(1, 1);
      this.#log.error('media event dropped, redis is away for too long');
    }
    this.#waiting.push(JSON.stringify(event));
    this.#sending ??= this.#send();
  }

  /** Waits until everything is sent, for `ms` at most. */
  async flush(ms: number): Promise<void> {
    const late = new Promise<void>((resolve) => {
      setTimeout(resolve, ms).unref();
    });
    await Promise.race([this.#sending, late]);
    this.#closed = true;
  }

  async #send(): Promise<void> {
    let event: string | undefined;
    while ((event = this.#waiting[0]) !== undefined && !this.#closed) {
      try {
        await this.#stream.xAdd(
          mediaEventStream,
          '*',
          { event },
          { TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: streamLength } },
        );
        this.#waiting.shift();
      } catch (error) {
        this.#log.warn({ error: String(error), waiting: this.#waiting.length }, 'media event not sent yet');
        await new Promise((resolve) => {
          setTimeout(resolve, retryMs);
        });
      }
    }
    // Here and not when the promise settles: an event added in between would wait for the next one.
    this.#sending = undefined;
  }
}
