import type { Log } from '../../ops/runtime/log.ts';
import type { Redis } from '../../ops/runtime/redis.ts';
import type { EventStream } from './event-outbox.ts';
import type { CardBoard } from './node-card.ts';

// Redis answers within a millisecond or so; the card runs out 6 s after its last beat.
const defaultAnswerMs = 2000;

/**
 * What a media node says to Redis, each try bounded: where no answer comes in time it fails, to be tried again. A
 * connection whose far end is gone without a word looks alive for many minutes, and what is tried again would wait
 * behind what was tried before; so it is replaced. What was on its way may have arrived nevertheless.
 */
export class RedisLine implements CardBoard, EventStream {
  readonly #redis: Redis;
  readonly #log: Log;
  readonly #answerMs: number;

  constructor(redis: Redis, log: Log, answerMs = defaultAnswerMs) {
    this.#redis = redis;
    this.#log = log;
    this.#answerMs = answerMs;
  }

  set(...[key, value, options]: Parameters<CardBoard['set']>): Promise<unknown> {
    return this.#answered((redis) => redis.set(key, value, options));
  }

  del(key: string): Promise<unknown> {
    return this.#answered((redis) => redis.del(key));
  }

  xAdd(...[key, id, message, options]: Parameters<EventStream['xAdd']>): Promise<unknown> {
    return this.#answered((redis) => redis.xAdd(key, id, message, options));
  }

  async #answered(ask: (redis: Pick<Redis, 'set' | 'del' | 'xAdd'>) => Promise<unknown>): Promise<unknown> {
    const late = Promise.withResolvers<never>();
    const giveUp = new AbortController();
    // The same connection must have been there all the time: a fresh one is not to blame.
    const epoch = this.#redis.isReady ? this.#redis.socketEpoch : undefined;
    const timer = setTimeout(() => {
      late.reject(new Error(`no answer from redis within ${this.#answerMs} ms`));
      // Takes back what was not sent yet, so that tries do not pile up while Redis is away.
      giveUp.abort();
      if (this.#redis.isReady && this.#redis.socketEpoch === epoch) this.#replace();
    }, this.#answerMs);
    const asked = ask(this.#redis.withAbortSignal(giveUp.signal));
    asked.catch(() => undefined);
    try {
      return await Promise.race([asked, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #replace(): void {
    this.#log.warn('redis does not answer, connecting anew');
    this.#redis.destroy();
    this.#redis.connect().catch((error: unknown) => this.#log.error({ error: String(error) }, 'redis not reachable'));
  }
}
