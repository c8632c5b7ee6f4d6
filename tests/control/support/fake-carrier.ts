import type { CarrierLine, CarrierParty, CarrierPermission, CarrierPort } from '../../../control/ports.ts';

type Sent = { readonly what: keyof CarrierPort; readonly line: CarrierLine; readonly args: readonly unknown[] };

/** Meta as the test scripts it: what was asked of it, and what it answers. */
export class FakeCarrier implements CarrierPort {
  readonly asked: Sent[] = [];
  permissionAnswer: CarrierPermission = {
    status: 'none',
    expiresAt: null,
    canRequest: true,
    canCall: false,
    blockedUntil: null,
  };
  calling = true;
  #next = 0;
  readonly #refusals = new Map<keyof CarrierPort, unknown>();
  readonly #held = new Map<keyof CarrierPort, Promise<void>>();

  /** The next request of this kind fails with it. */
  refuse(what: keyof CarrierPort, error: unknown): void {
    this.#refusals.set(what, error);
  }

  /** Requests of this kind wait until the returned function is called. */
  hold(what: keyof CarrierPort): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held.set(what, promise);
    return () => {
      this.#held.delete(what);
      resolve();
    };
  }

  count(what: keyof CarrierPort): number {
    return this.asked.filter((one) => one.what === what).length;
  }

  last(what: keyof CarrierPort): Sent | undefined {
    return this.asked.findLast((one) => one.what === what);
  }

  preAccept = (line: CarrierLine, ...args: [string, string]): Promise<void> => this.#do('preAccept', line, args);
  accept = (line: CarrierLine, ...args: [string, string]): Promise<void> => this.#do('accept', line, args);
  reject = (line: CarrierLine, ...args: [string]): Promise<void> => this.#do('reject', line, args);
  terminate = (line: CarrierLine, ...args: [string]): Promise<void> => this.#do('terminate', line, args);

  async connect(line: CarrierLine, ...args: [CarrierParty, string, string]): Promise<{ carrierCallId: string }> {
    await this.#do('connect', line, args);
    return { carrierCallId: `wacid.${this.#nextId()}` };
  }

  async sendText(line: CarrierLine, to: CarrierParty, text: string): Promise<{ carrierMessageId: string }> {
    const carrierMessageId = `wamid.${this.#nextId()}`;
    await this.#do('sendText', line, [to, text, carrierMessageId]);
    return { carrierMessageId };
  }

  async requestPermission(
    line: CarrierLine,
    to: CarrierParty,
    text: string | null,
  ): Promise<{ carrierMessageId: string }> {
    const carrierMessageId = `wamid.${this.#nextId()}`;
    await this.#do('requestPermission', line, [to, text, carrierMessageId]);
    return { carrierMessageId };
  }

  async permission(line: CarrierLine, of: CarrierParty): Promise<CarrierPermission> {
    await this.#do('permission', line, [of]);
    return this.permissionAnswer;
  }

  async setCalling(line: CarrierLine, enabled: boolean): Promise<void> {
    await this.#do('setCalling', line, [enabled]);
    this.calling = enabled;
  }

  async callingEnabled(line: CarrierLine): Promise<boolean> {
    await this.#do('callingEnabled', line, []);
    return this.calling;
  }

  read(): [] {
    return [];
  }

  #nextId(): string {
    this.#next += 1;
    return String(this.#next).padStart(4, '0');
  }

  async #do(what: keyof CarrierPort, line: CarrierLine, args: readonly unknown[]): Promise<void> {
    this.asked.push({ what, line, args });
    await this.#held.get(what);
    const refusal = this.#refusals.get(what);
    this.#refusals.delete(what);
    if (refusal !== undefined) throw refusal;
  }
}
