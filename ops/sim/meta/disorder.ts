import type { WebhookItem } from './envelope.ts';

type Fault =
  | { do: 'duplicate'; kind: string; times: number }
  | { do: 'delay'; kind: string; ms: number }
  | { do: 'drop'; kind: string }
  | { do: 'hold'; kind: string; until: string | undefined }
  | { do: 'repeat-after'; kind: string; after: string }
  | { do: 'join'; kind: string; other: string };

type Held = { item: WebhookItem; until: string | undefined };

/**
 * Webhooks lie in order and number: what is armed here befalls the next webhook of a kind. Kinds are those
 * of `WebhookItem`, e.g. `connect`, `terminate`, `RINGING`, `call_permission_reply`; `*` is any.
 */
export abstract class Disorder {
  readonly #faults: Fault[] = [];
  readonly #held: Held[] = [];
  readonly #joining: { item: WebhookItem; other: string }[] = [];

  /** The next webhook of this kind comes `times` more times. */
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
    for (const { item } of this.#held.splice(0)) this.send([item]);
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
      this.send([partner.item, item]);
      return;
    }
    const fault = this.#take(item.kind);
    switch (fault?.do) {
      case undefined:
        this.send([item]);
        break;
      case 'duplicate':
        for (let i = 0; i <= fault.times; i += 1) this.send([item]);
        break;
      case 'delay':
        // A late one does not hold up those behind it: that is what makes it late.
        this.sendAfter(fault.ms, item);
        break;
      case 'drop':
        this.drop(item);
        break;
      case 'hold':
        this.#held.push({ item, until: fault.until });
        break;
      case 'repeat-after':
        this.send([item]);
        this.#held.push({ item, until: fault.after });
        break;
      case 'join':
        this.#joining.push({ item, other: fault.other });
        break;
    }
    for (const held of this.#held.filter((one) => one.until === item.kind && one.item.id === item.id)) {
      this.#held.splice(this.#held.indexOf(held), 1);
      this.send([held.item]);
    }
  }

  protected abstract send(items: readonly WebhookItem[]): void;
  protected abstract sendAfter(milliseconds: number, item: WebhookItem): void;
  protected abstract drop(item: WebhookItem): void;

  #take(kind: string): Fault | undefined {
    const index = this.#faults.findIndex((fault) => fault.kind === kind || fault.kind === '*');
    return index < 0 ? undefined : this.#faults.splice(index, 1)[0];
  }
}
