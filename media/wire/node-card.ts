import { mediaNodeBeatMs, mediaNodeKeyPrefix, mediaNodeTtlMs, type NodeCard } from '../../control/contract/media.ts';
import type { Log } from '../../ops/runtime/log.ts';

/** As much of Redis as the card needs. */
export type CardBoard = {
  set(key: string, value: string, options: { expiration: { type: 'PX'; value: number } }): Promise<unknown>;
  del(key: string): Promise<unknown>;
};

/** Keeps this node's card in the registry. A node whose beat stops falls out of it by itself. */
export class CardKeeper {
  readonly #board: CardBoard;
  readonly #card: () => NodeCard;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  // One beat at a time: while Redis is away they must not pile up in the client's queue.
  #beating: Promise<void> | undefined;

  constructor(board: CardBoard, card: () => NodeCard, log: Log) {
    this.#board = board;
    this.#card = card;
    this.#log = log;
    this.#timer = setInterval(() => void this.beat(), mediaNodeBeatMs);
    this.#timer.unref();
  }

  /** Writes the card now, e.g. because the node drains. */
  beat(): Promise<void> {
    this.#beating ??= this.#write().finally(() => (this.#beating = undefined));
    return this.#beating;
  }

  async remove(): Promise<void> {
    clearInterval(this.#timer);
    await this.#board.del(this.#key);
  }

  get #key(): string {
    return `${mediaNodeKeyPrefix}${this.#card().nodeId}`;
  }

  async #write(): Promise<void> {
    try {
      const expiration = { type: 'PX' as const, value: mediaNodeTtlMs };
      await this.#board.set(this.#key, JSON.stringify(this.#card()), { expiration });
    } catch (error) {
      this.#log.warn({ error: String(error) }, 'node card not written');
    }
  }
}
