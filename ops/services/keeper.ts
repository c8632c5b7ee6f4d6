import { setTimeout as pause } from 'node:timers/promises';

/** Something that runs until it ends or is ended. */
export type Running = {
  /** Resolves once, with the reason in words. */
  readonly ended: Promise<string>;
  /** It ended in a way that no new start mends, such as a wrong setting. */
  readonly isHopeless?: () => boolean;
  close(): Promise<void>;
};

export type KeeperEvents = {
  onDown(name: string, reason: string, againInMs: number): void;
  onBack(name: string, afterMs: number): void;
  /** It will not be started again. */
  onGivenUp(name: string, reason: string): void;
};

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
// Who has run this long had no trouble in starting: the next end begins the waits anew.
const HEALTHY_AFTER_MS = 30_000;

/**
 *   running ──ended──▶ waiting ──time──▶ starting ──ready──▶ running
 *      │                  │    ◀──failed──┘ (the wait doubles)
 *      └────close─────────┴──▶ closed
 *
 * Keeps one process alive.
 */
export class Keeper {
  readonly #name: string;
  readonly #launch: () => Promise<Running>;
  readonly #events: KeeperEvents;
  readonly #closing = new AbortController();
  #running: Running;
  readonly #kept: Promise<void>;

  private constructor(name: string, launch: () => Promise<Running>, events: KeeperEvents, running: Running) {
    this.#name = name;
    this.#launch = launch;
    this.#events = events;
    this.#running = running;
    this.#kept = this.#keep();
  }

  /** @throws what the first start throws: what never ran is not started again and again. */
  static async start(name: string, launch: () => Promise<Running>, events: KeeperEvents): Promise<Keeper> {
    return new Keeper(name, launch, events, await launch());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running.close();
    await this.#kept;
  }

  async #keep(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    let since = performance.now();
    for (;;) {
      let reason = await this.#running.ended;
      if (this.#isClosing()) return;
      if (this.#running.isHopeless?.()) return this.#events.onGivenUp(this.#name, reason);
      if (performance.now() - since > HEALTHY_AFTER_MS) wait = FIRST_WAIT_MS;
      const downSince = performance.now();
      for (;;) {
        this.#events.onDown(this.#name, reason, wait);
        await pause(wait, undefined, { signal: this.#closing.signal }).catch(() => undefined);
        if (this.#isClosing()) return;
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
        const failure = await this.#relaunch();
        if (failure === undefined) break;
        reason = failure;
      }
      since = performance.now();
      if (this.#isClosing()) return this.#running.close();
      this.#events.onBack(this.#name, since - downSince);
    }
  }

  /** @returns why it failed, or undefined */
  async #relaunch(): Promise<string | undefined> {
    try {
      this.#running = await this.#launch();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  // A call, since the compiler takes a property that was false once to be false for ever.
  #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }
}
