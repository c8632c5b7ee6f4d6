import type { Customer } from '../customer/customer.ts';
import type { Call } from '../meta/call.ts';
import type { ChatEntry } from '../meta/chat.ts';
import type { Sim } from '../sim.ts';
import type { Handset, PhoneBox } from './box.ts';

/** The phone of one customer, as its page shows it. Plain JSON, sent whole after every change. */
export type PhoneView = {
  me: { waId: string; name: string };
  contacts: ContactView[];
  call: CallView | null;
};
export type ContactView = {
  phoneNumberId: string;
  name: string;
  number: string;
  /** May this business call me? */
  mayCall: 'no' | 'for-a-week' | 'always';
  chat: ChatEntry[];
};
export type CallView = {
  id: string;
  phoneNumberId: string;
  /** `dialling`: the business's side has not answered Meta; `ringing`: it rings there, or here. */
  state: 'dialling' | 'ringing-there' | 'ringing-here' | 'live';
  /** When the timer started, milliseconds since the epoch. */
  liveSince: number | null;
  /** Which page has the microphone of this call; null: none yet. */
  heldBy: string | null;
};

const reloadMs = 5000;

/** What the pages of one customer share: the call, and which of them speaks. */
export class Phone {
  readonly customer: Customer;
  readonly #sim: Sim;
  readonly #box: PhoneBox;
  readonly #pages = new Map<string, Set<(view: PhoneView) => void>>();
  #held: { page: string; handset: Handset } | undefined;
  #leaving: NodeJS.Timeout | undefined;

  constructor(customer: Customer, sim: Sim, box: PhoneBox) {
    this.customer = customer;
    this.#sim = sim;
    this.#box = box;
    sim.watchCalls((call) => {
      if (call.card.customer !== customer.card) return;
      if (call.phase === 'ended' && this.#held?.handset.call === call) this.#putDown();
      this.changed();
    });
    sim.permissions.watch(() => this.changed());
    sim.chat.watch((entry) => {
      if (entry.waId === customer.card.waId) this.changed();
    });
  }

  /** A page that shows this phone; it gets the view now and after every change until the returned function is called. */
  show(page: string, render: (view: PhoneView) => void): () => void {
    if (page === this.#held?.page) clearTimeout(this.#leaving);
    const renders = this.#pages.get(page) ?? new Set();
    this.#pages.set(page, renders.add(render));
    render(this.view());
    return () => {
      renders.delete(render);
      if (renders.size > 0) return;
      this.#pages.delete(page);
      // A phone that is switched off hangs up; a page that is only loaded again comes back at once.
      if (this.#held?.page === page) this.#leaving = setTimeout(() => this.#held?.handset.call.hangUp(), reloadMs);
    };
  }

  changed(): void {
    const view = this.view();
    for (const renders of this.#pages.values()) for (const render of renders) render(view);
  }

  /** The call of this customer that is not over. */
  get call(): Call | undefined {
    const mine = this.#sim.calls.all.filter((call) => call.card.customer === this.customer.card);
    return mine.find((call) => call.phase === 'live') ?? mine.findLast((call) => isShown(call));
  }

  view(): PhoneView {
    const { card } = this.customer;
    return {
      me: { waId: card.waId, name: card.name },
      contacts: this.#sim.directory.numbers.map((business) => ({
        phoneNumberId: business.phoneNumberId,
        name: business.name,
        number: business.displayNumber,
        mayCall: mayCall(this.#sim.permissions.grantOf(business.phoneNumberId, card.waId).kind),
        chat: [...this.customer.chat(business.phoneNumberId)],
      })),
      call: this.call ? callView(this.call, this.#held?.page ?? null) : null,
    };
  }

  /** This page takes the call's microphone and loudspeaker; another page loses them. */
  async take(page: string): Promise<Handset> {
    const { call } = this;
    if (!call) throw new Error('there is no call');
    this.#putDown();
    const handset = await this.#box.openHandset(call);
    this.#held = { page, handset };
    this.changed();
    return handset;
  }

  handsetOf(page: string): Handset {
    if (this.#held?.page !== page) throw new Error('another page has this call');
    return this.#held.handset;
  }

  #putDown(): void {
    clearTimeout(this.#leaving);
    this.#held?.handset.close();
    this.#held = undefined;
  }
}

const mayCall = (kind: 'none' | 'temporary' | 'permanent'): ContactView['mayCall'] =>
  kind === 'none' ? 'no' : kind === 'temporary' ? 'for-a-week' : 'always';

const isShown = (call: Call): boolean =>
  call.phase !== 'ended' && (call.card.direction === 'USER_INITIATED' || call.rings);

function callView(call: Call, heldBy: string | null): CallView {
  const { direction, business } = call.card;
  const { times } = call.facts();
  const waiting =
    direction === 'BUSINESS_INITIATED'
      ? 'ringing-here'
      : times.preAcceptReplied === null
        ? 'dialling'
        : 'ringing-there';
  return {
    id: call.id,
    phoneNumberId: business.phoneNumberId,
    state: call.phase === 'live' ? 'live' : waiting,
    liveSince: times.live,
    heldBy,
  };
}
