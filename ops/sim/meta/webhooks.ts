import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Waiters } from '../waiters.ts';
import type { Timing } from './clock.ts';
import type { Business } from './directory.ts';
import { Disorder } from './disorder.ts';
import { bodyOf, type WebhookItem } from './envelope.ts';

type Attempt = { at: number; ms: number; status: number | null; error?: string };
/** A webhook that was sent, or is about to be. */
export type Delivery = {
  id: string;
  kinds: string[];
  ids: string[];
  body: string;
  attempts: Attempt[];
  state: 'waiting' | 'sending' | 'delivered' | 'failed' | 'dropped';
};

export type WebhookOptions = { url: string | undefined; appSecret: string; timing: Timing };

const kept = 5000;

/** Meta's webhook sender: signs, retries, and misbehaves on demand. */
export class Webhooks extends Disorder {
  readonly #timing: Timing;
  readonly #tails = new Map<string, Promise<void>>();
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #waiters = new Waiters();
  readonly #sent: Delivery[] = [];
  #url: string | undefined;
  #appSecret: string;

  constructor(options: WebhookOptions) {
    super();
    this.#url = options.url;
    this.#appSecret = options.appSecret;
    this.#timing = options.timing;
  }

  /** Where to, from now on. */
  sendTo(url: string): void {
    this.#url = url;
  }
  get url(): string | undefined {
    return this.#url;
  }
  /** What was sent, oldest first (the last 5000). */
  get sent(): readonly Delivery[] {
    return this.#sent;
  }

  /**
   * Sends any bytes once, signed unless told otherwise; for tests of the receiver.
   * @returns the receiver's status.
   */
  async sendRaw(
    body: string | Uint8Array<ArrayBuffer>,
    options: { signature?: string | null; url?: string; headers?: Record<string, string> } = {},
  ): Promise<number> {
    const signature = options.signature === undefined ? this.sign(body) : options.signature;
    const response = await fetch(options.url ?? this.#urlOrThrow(), {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        ...(signature !== null && { 'x-hub-signature-256': signature }),
        ...options.headers,
      },
    });
    await response.arrayBuffer();
    return response.status;
  }

  /** A change of any kind, e.g. one that the receiver cannot know. */
  sendUnknown(business: Business, kind = 'call_recording_available'): void {
    this.post({
      kind,
      subject: `${business.phoneNumberId} unknown`,
      id: kind,
      business,
      field: 'calls',
      list: 'calls',
      item: { id: `wacid.${randomUUID()}`, event: kind, timestamp: String(Math.floor(Date.now() / 1000)) },
    });
  }

  /** `sha256=<hex>` over exactly these bytes. */
  sign(body: string | Uint8Array): string {
    return `sha256=${createHmac('sha256', this.#appSecret).update(body).digest('hex')}`;
  }

  /** The subscription handshake, as when a webhook is saved in Meta's dashboard. */
  async verify(verifyToken: string, url = this.#urlOrThrow()): Promise<boolean> {
    const challenge = String(Math.floor(Math.random() * 1e9));
    const query = new URLSearchParams({
      'hub.mode': 'subscribe',
      'hub.challenge': challenge,
      'hub.verify_token': verifyToken,
    });
    const response = await fetch(`${url}?${query.toString()}`, {
      signal: AbortSignal.timeout(this.#timing.webhookTimeoutMs),
    });
    return response.status === 200 && (await response.text()) === challenge;
  }

  /** The first webhook that fits, also one of the past. */
  until(fits: (delivery: Delivery) => boolean, timeoutMs = 10_000): Promise<Delivery> {
    const found = (): Delivery | undefined => this.#sent.find((one) => fits(one));
    return this.#waiters.until(found, timeoutMs, () => 'the webhook that was waited for was not sent');
  }

  /** Everything that was posted is delivered or given up. Held ones do not count. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  close(): void {
    this.#stop.abort();
  }

  protected override drop(item: WebhookItem): void {
    this.#remember([item]).state = 'dropped';
  }

  protected override sendAfter(milliseconds: number, item: WebhookItem): void {
    this.#track(wait(milliseconds, undefined, { signal: this.#stop.signal }).then(() => this.send([item])));
  }

  protected override send(items: readonly WebhookItem[]): void {
    const delivery = this.#remember(items);
    const { subject } = items[0]!;
    const first = Promise.withResolvers<void>();
    const before = this.#tails.get(subject) ?? Promise.resolve();
    this.#tails.set(subject, first.promise);
    this.#track(
      before
        .then(() => this.#deliver(delivery, first.resolve))
        .finally(() => {
          if (this.#tails.get(subject) === first.promise) this.#tails.delete(subject);
        }),
    );
  }

  async #deliver(delivery: Delivery, firstAttemptDone: () => void): Promise<void> {
    delivery.state = 'sending';
    try {
      for (const delay of [0, ...this.#timing.webhookRetriesMs]) {
        if (delay > 0) await wait(delay, undefined, { signal: this.#stop.signal });
        const ok = await this.#attempt(delivery);
        firstAttemptDone();
        if (ok) {
          delivery.state = 'delivered';
          return;
        }
      }
      delivery.state = 'failed';
    } catch {
      // Stopped between two attempts.
      delivery.state = 'failed';
    } finally {
      firstAttemptDone();
      this.#waiters.wake();
    }
  }

  async #attempt(delivery: Delivery): Promise<boolean> {
    const at = Date.now();
    const started = performance.now();
    const done = (status: number | null, error?: string): boolean => {
      delivery.attempts.push({ at, ms: performance.now() - started, status, ...(error !== undefined && { error }) });
      this.#waiters.wake();
      return status === 200;
    };
    if (this.#url === undefined) return done(null, 'no webhook address is set');
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        body: delivery.body,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'facebookexternalua',
          'x-hub-signature-256': this.sign(delivery.body),
        },
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(this.#timing.webhookTimeoutMs)]),
      });
      await response.arrayBuffer();
      return done(response.status);
    } catch (error) {
      return done(null, String(error));
    }
  }

  #remember(items: readonly WebhookItem[]): Delivery {
    const delivery: Delivery = {
      id: randomUUID(),
      kinds: items.map((item) => item.kind),
      ids: items.map((item) => item.id),
      body: bodyOf(items),
      attempts: [],
      state: 'waiting',
    };
    this.#sent.push(delivery);
    if (this.#sent.length > kept) this.#sent.shift();
    this.#waiters.wake();
    return delivery;
  }

  #track(work: Promise<void>): void {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#running.add(settled);
    void settled.then(() => this.#running.delete(settled));
  }

  #urlOrThrow(): string {
    if (this.#url === undefined) throw new Error('no webhook address is set');
    return this.#url;
  }
}
