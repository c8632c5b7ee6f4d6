import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Timing } from './clock.ts';
import type { Business } from './directory.ts';

/** One thing that Meta tells: an item of `calls`, `statuses` or `messages`. */
export type WebhookItem = {
  /** `connect`, `terminate`, `RINGING`, `text`, `call_permission_reply`, `sent`, … : what faults match. */
  kind: string;
  /** What orders it: items of one subject are sent one after the other, as long as none fails. */
  subject: string;
  /** The call or message that it is about. */
  id: string;
  business: Business;
  field: 'calls' | 'messages' | 'account_settings_update';
  list: 'calls' | 'statuses' | 'messages' | undefined;
  item: Record<string, unknown>;
  /** Beside the list in `value`: contacts, errors. */
  beside?: Record<string, unknown>;
};

export type Attempt = { at: number; ms: number; status: number | null; error?: string };
/** A webhook that was sent, or is about to be. */
export type Delivery = {
  id: string;
  kinds: string[];
  ids: string[];
  body: string;
  attempts: Attempt[];
  state: 'waiting' | 'sending' | 'delivered' | 'failed' | 'dropped';
};

type Fault =
  | { do: 'duplicate'; kind: string; times: number }
  | { do: 'delay'; kind: string; ms: number }
  | { do: 'drop'; kind: string }
  | { do: 'hold'; kind: string; until: string | undefined }
  | { do: 'repeat-after'; kind: string; after: string }
  | { do: 'join'; kind: string; other: string };

type Held = { item: WebhookItem; until: string | undefined };

export type WebhookOptions = { url: string | undefined; appSecret: string; timing: Timing };

const kept = 5000;

/** Meta's webhook sender: signs, retries, and misbehaves on demand. */
export class Webhooks {
  readonly #timing: Timing;
  readonly #faults: Fault[] = [];
  readonly #held: Held[] = [];
  readonly #joining: { item: WebhookItem; other: string }[] = [];
  readonly #tails = new Map<string, Promise<void>>();
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #watchers = new Set<() => void>();
  readonly #sent: Delivery[] = [];
  #url: string | undefined;
  #appSecret: string;

  constructor(options: WebhookOptions) {
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

  /** The next webhook of this kind comes `times` more times. Kinds: see `WebhookItem`; `*` is any. */
  duplicateNext(kind: string, times = 1): void {
    this.#faults.push({ do: 'duplicate', kind, times });
  }
  delayNext(kind: string, ms: number): void {
    this.#faults.push({ do: 'delay', kind, ms });
  }
  dropNext(kind: string): void {
    this.#faults.push({ do: 'drop', kind });
  }
  /** The next one of `kind` comes only after one of `until` of the same call, or after `release()`. */
  reorderNext(kind: string = 'connect', until: string = 'terminate'): void {
    this.#faults.push({ do: 'hold', kind, until });
  }
  /** Keeps the next one of this kind back until `release()`. */
  holdNext(kind: string): void {
    this.#faults.push({ do: 'hold', kind, until: undefined });
  }
  /** The next one of `kind` comes at its time, and once more after one of `after` (a late retry). */
  repeatAfter(kind: string = 'connect', after: string = 'terminate'): void {
    this.#faults.push({ do: 'repeat-after', kind, after });
  }
  /** The next one of `kind` waits for the next one of `other`: both come in one delivery, in one change if they can. */
  joinNext(kind: string, other: string): void {
    this.#faults.push({ do: 'join', kind, other });
  }
  /** Sends what is held. */
  release(): void {
    for (const { item } of this.#held.splice(0)) this.#enqueue([item]);
  }
  clearFaults(): void {
    this.#faults.length = 0;
    this.release();
  }

  /** Sends an item, or does with it what a fault asks for. */
  post(item: WebhookItem): void {
    const partner = this.#joining.find((one) => one.other === item.kind && one.item.subject === item.subject);
    if (partner) {
      this.#joining.splice(this.#joining.indexOf(partner), 1);
      this.#enqueue([partner.item, item]);
      return;
    }
    const fault = this.#take(item.kind);
    switch (fault?.do) {
      case undefined:
        this.#enqueue([item]);
        break;
      case 'duplicate':
        for (let i = 0; i <= fault.times; i += 1) this.#enqueue([item]);
        break;
      case 'delay':
        // A late one does not hold up those behind it: that is what makes it late.
        this.#track(wait(fault.ms, undefined, { signal: this.#stop.signal }).then(() => this.#enqueue([item])));
        break;
      case 'drop':
        this.#remember([item]).state = 'dropped';
        break;
      case 'hold':
        this.#held.push({ item, until: fault.until });
        break;
      case 'repeat-after':
        this.#enqueue([item]);
        this.#held.push({ item, until: fault.after });
        break;
      case 'join':
        this.#joining.push({ item, other: fault.other });
        break;
    }
    for (const held of this.#held.filter((one) => one.until === item.kind && one.item.id === item.id)) {
      this.#held.splice(this.#held.indexOf(held), 1);
      this.#enqueue([held.item]);
    }
  }

  /**
   * Sends any bytes once, signed unless told otherwise; for tests of the receiver.
   * @returns the receiver's status.
   */
  async sendRaw(
    body: string | Buffer,
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
  sign(body: string | Buffer): string {
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
  async until(fits: (delivery: Delivery) => boolean, timeoutMs = 10_000): Promise<Delivery> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const found = this.#sent.find((one) => fits(one));
      if (found) return found;
      const left = end - performance.now();
      if (left <= 0) throw new Error('the webhook that was waited for did not come in time');
      const changed = Promise.withResolvers<void>();
      this.#watchers.add(changed.resolve);
      const timer = setTimeout(changed.resolve, left);
      await changed.promise;
      clearTimeout(timer);
      this.#watchers.delete(changed.resolve);
    }
  }

  /** Everything that was posted is delivered or given up. Held ones do not count. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  close(): void {
    this.#stop.abort();
  }

  #enqueue(items: readonly WebhookItem[]): void {
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
      this.#changed();
    }
  }

  async #attempt(delivery: Delivery): Promise<boolean> {
    const at = Date.now();
    const started = performance.now();
    const done = (status: number | null, error?: string): boolean => {
      delivery.attempts.push({ at, ms: performance.now() - started, status, ...(error !== undefined && { error }) });
      this.#changed();
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
    this.#changed();
    return delivery;
  }

  #take(kind: string): Fault | undefined {
    const index = this.#faults.findIndex((fault) => fault.kind === kind || fault.kind === '*');
    return index < 0 ? undefined : this.#faults.splice(index, 1)[0];
  }

  #track(work: Promise<void>): void {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#running.add(settled);
    void settled.then(() => this.#running.delete(settled));
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #urlOrThrow(): string {
    if (this.#url === undefined) throw new Error('no webhook address is set');
    return this.#url;
  }
}

/** The envelope. Items that share field, list and number share a change. */
export function bodyOf(items: readonly WebhookItem[]): string {
  const changes: { field: string; value: Record<string, unknown> }[] = [];
  for (const { business, field, list, item, beside } of items) {
    const value: Record<string, unknown> = {
      messaging_product: 'whatsapp',
      metadata: { display_phone_number: business.displayNumber, phone_number_id: business.phoneNumberId },
      ...beside,
    };
    const same = changes.find(
      (change) =>
        list !== undefined &&
        change.field === field &&
        Array.isArray(change.value[list]) &&
        JSON.stringify(change.value['metadata']) === JSON.stringify(value['metadata']),
    );
    if (same && list) {
      (same.value[list] as unknown[]).push(item);
      for (const [key, added] of Object.entries(beside ?? {})) same.value[key] ??= added;
    } else if (list) {
      changes.push({ field, value: { ...value, [list]: [item] } });
    } else {
      changes.push({ field, value: { ...value, ...item } });
    }
  }
  return metaJson({ object: 'whatsapp_business_account', entry: [{ id: items[0]!.business.wabaId, changes }] });
}

/** As PHP writes it, and so Meta: `\/` and lower-case `\u` escapes. Who signs a re-serialised body, fails. */
export const metaJson = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll('/', String.raw`\/`)
    .replaceAll(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
