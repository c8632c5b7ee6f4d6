import { createHash, randomBytes } from 'node:crypto';
import type { CallingSettings } from './settings.ts';

/** A business number of the sim. */
export type Business = {
  phoneNumberId: string;
  wabaId: string;
  /** E.164 digits without the plus. */
  displayNumber: string;
  name: string;
  /** ISO 3166 alpha-2; business-initiated calls are refused in some. */
  country: string;
  /** Unique recipients a day; calling needs 2000. */
  messagingLimit: number;
  /** A restriction for low quality: 138014. */
  restricted: boolean;
  settings: CallingSettings;
};

/** A person with WhatsApp. */
export type CustomerCard = {
  /** E.164 digits without the plus. */
  waId: string;
  /** Business-scoped user id. */
  userId: string;
  name: string;
  username: string | undefined;
  /** False: not on WhatsApp, or a client that cannot be called (138001, 131026). */
  callable: boolean;
  /** Adopted a username: webhooks carry the BSUID alone. */
  hidesNumber: boolean;
};

const bsuid = (waId: string): string =>
  `US.${BigInt(`0x${createHash('sha256').update(waId).digest('hex').slice(0, 16)}`)}`;

/** Business numbers and customers that exist. */
export class Directory {
  readonly #numbers = new Map<string, Business>();
  readonly #customers = new Map<string, CustomerCard>();

  addNumber(number: Partial<Business> & Pick<Business, 'phoneNumberId' | 'displayNumber'>): Business {
    const business: Business = {
      wabaId: '200000000000001',
      name: 'Switchboard Demo',
      country: 'DE',
      messagingLimit: 10_000,
      restricted: false,
      settings: { status: 'ENABLED' },
      ...number,
    };
    this.#numbers.set(business.phoneNumberId, business);
    return business;
  }

  number(phoneNumberId: string): Business | undefined {
    return this.#numbers.get(phoneNumberId);
  }
  get numbers(): Business[] {
    return [...this.#numbers.values()];
  }

  /** Adds a customer or changes the one with this number. */
  putCustomer(waId: string, changes: Partial<Omit<CustomerCard, 'waId'>> = {}): CustomerCard {
    const old = this.#customers.get(waId);
    const card: CustomerCard = old ?? {
      waId,
      userId: bsuid(waId),
      name: `Customer ${waId.slice(-4)}`,
      username: undefined,
      callable: true,
      hidesNumber: false,
    };
    Object.assign(card, changes);
    this.#customers.set(waId, card);
    return card;
  }

  customer(waId: string): CustomerCard | undefined {
    return this.#customers.get(waId);
  }
  byUserId(userId: string): CustomerCard | undefined {
    return this.customers.find((card) => card.userId === userId);
  }
  get customers(): CustomerCard[] {
    return [...this.#customers.values()];
  }
}

/** `wacid.…`, as long as Meta's. */
export const newCallId = (): string => `wacid.${randomBytes(33).toString('base64url')}`;
/** `wamid.…` */
export const newMessageId = (): string => `wamid.${randomBytes(36).toString('base64')}`;
