import { createServer, type Server } from 'node:http';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { once } from 'node:events';
import express, { type Express } from 'express';
import { Pacer } from './audio/pacer.ts';
import { Customer } from './customer/customer.ts';
import { demo } from './demo.ts';
import type { Call } from './meta/call.ts';
import { Calls, type CallLimits } from './meta/calls.ts';
import { Chat } from './meta/chat.ts';
import { metasTiming, SimClock, type Timing } from './meta/clock.ts';
import { Directory, newMessageId, type Business, type CustomerCard } from './meta/directory.ts';
import { GraphFaults } from './meta/graph/faults.ts';
import { createGraph, type GraphRequest } from './meta/graph/server.ts';
import { Messages } from './meta/messages.ts';
import { PermissionBook } from './meta/permissions.ts';
import { Relay } from './meta/relay/relay.ts';
import { Webhooks } from './meta/webhooks.ts';

export type SimOptions = {
  /** 0 (the default) takes a free port; see `sim.url`. */
  port?: number;
  host?: string;
  /** Where the relay listens for media; its address in the SDP. */
  listenIp?: string;
  /** In the SDP in place of `listenIp`, behind NAT. */
  announcedAddress?: string;
  /** Meta's webhook target; may be set later with `sim.webhooks.sendTo(url)`. */
  webhookUrl?: string | undefined;
  appSecret?: string;
  accessToken?: string;
  /** Business numbers; by default one, `demo.phoneNumberId`. */
  numbers?: readonly (Partial<Business> & Pick<Business, 'phoneNumberId' | 'displayNumber'>)[];
  /** Overrides of Meta's own times, e.g. short watchdogs. */
  timing?: Partial<Timing>;
  limits?: Partial<CallLimits>;
  /** A number that nobody has added as a customer: not on WhatsApp, or made a customer at once. */
  unknownCustomers?: 'refuse' | 'create';
  closedWindow?: 'refuse' | 'fail-later';
  permissionReadsPerSecond?: number;
  workerBin?: string | undefined;
};

/** The address for a second candidate that no check can reach, as on a business's host without IPv6. */
const unreachable6 = '2001:db8::3480';

/**
 * Meta in one object: Graph, webhooks, relay, and the customers behind it.
 * It speaks with the product through HTTP, webhooks and UDP alone.
 *
 * @example
 * const sim = await startSim({ webhookUrl, appSecret, accessToken });
 * const call = await sim.customer('15551230001').call(sim.phoneNumberId, { play: tone(440) });
 * await call.until('live');
 * await call.untilHeard(1000);
 * const { dominantHz, levelDbfs } = await call.recording.measure({ lastMs: 500 });
 * call.hangUp();
 */
export class Sim {
  readonly app: Express = express();
  readonly clock = new SimClock();
  readonly directory = new Directory();
  readonly permissions: PermissionBook;
  readonly chat = new Chat();
  /** What Meta sends, and how it misbehaves. */
  readonly webhooks: Webhooks;
  /** Delays and failures of Graph. */
  readonly graph = new GraphFaults();
  readonly calls: Calls;
  readonly messages: Messages;
  readonly relay: Relay;
  readonly accessToken: string;
  readonly appSecret: string;
  /** Every answered Graph request with its duration, the last 10,000. */
  readonly graphRequests: GraphRequest[] = [];
  readonly #server: Server;
  readonly #pacer = new Pacer();
  readonly #customers = new Map<string, Customer>();
  readonly #watchers = new Set<(call: Call) => void>();
  readonly #options: SimOptions;
  #port = 0;

  private constructor(options: SimOptions, relay: Relay, announced6: string) {
    this.#options = options;
    this.relay = relay;
    this.appSecret = options.appSecret ?? demo.appSecret;
    this.accessToken = options.accessToken ?? demo.accessToken;
    const timing = { ...metasTiming, ...options.timing };
    this.permissions = new PermissionBook(this.clock);
    this.webhooks = new Webhooks({ url: options.webhookUrl, appSecret: this.appSecret, timing });
    const find = (to: string | undefined, recipient: string | undefined): CustomerCard | undefined =>
      this.#find(to, recipient);
    this.calls = new Calls({
      deps: {
        clock: this.clock,
        timing,
        webhooks: this.webhooks,
        pacer: this.#pacer,
        onChanged: (call) => this.#callChanged(call),
        onPickedUp: (call) => this.#pickedUp(call),
        onUnanswered: (call) => this.#unanswered(call),
      },
      relay,
      directory: this.directory,
      permissions: this.permissions,
      limits: { concurrent: 1000, newPerDay: 10_000, ...options.limits },
      announced: { address: options.announcedAddress ?? options.listenIp ?? '127.0.0.1', address6: announced6 },
    });
    this.messages = new Messages({
      clock: this.clock,
      chat: this.chat,
      permissions: this.permissions,
      webhooks: this.webhooks,
      find,
      closedWindow: options.closedWindow ?? 'refuse',
    });
    this.#addNumbers(options);
    this.app.disable('x-powered-by');
    this.app.use(
      '/graph',
      createGraph({
        accessToken: this.accessToken,
        clock: this.clock,
        directory: this.directory,
        calls: this.calls,
        permissions: this.permissions,
        messages: this.messages,
        webhooks: this.webhooks,
        faults: this.graph,
        find,
        permissionReadsPerSecond: options.permissionReadsPerSecond ?? 100,
        onRequest: (record) => {
          if (this.graphRequests.push(record) > 10_000) this.graphRequests.shift();
        },
      }),
    );
    this.#server = createServer(this.app);
  }

  static async start(options: SimOptions = {}): Promise<Sim> {
    const listenIp = options.listenIp ?? '127.0.0.1';
    const listenIp6 = listenIp === '127.0.0.1' && hasLoopback6() ? '::1' : undefined;
    const relay = await Relay.start({ listenIp, listenIp6, workerBin: options.workerBin });
    const sim = new Sim(options, relay, listenIp6 ?? unreachable6);
    sim.#server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
    await once(sim.#server, 'listening');
    const address = sim.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the sim has no port');
    sim.#port = address.port;
    return sim;
  }

  get server(): Server {
    return this.#server;
  }
  /** `http://127.0.0.1:<port>` */
  get url(): string {
    const host = this.#options.host ?? '127.0.0.1';
    return `http://${isIPv4(host) && host !== '0.0.0.0' ? host : '127.0.0.1'}:${this.#port}`;
  }
  /** For META_GRAPH_URL. */
  get graphUrl(): string {
    return `${this.url}/graph/v25.0`;
  }
  /** The first number's. */
  get phoneNumberId(): string {
    return this.directory.numbers[0]!.phoneNumberId;
  }

  /** The customer with this number (digits), who is on WhatsApp from now on; `changes` go to the card. */
  customer(waId: string, changes: Partial<Omit<CustomerCard, 'waId'>> = {}): Customer {
    const card = this.directory.putCustomer(waId, changes);
    let customer = this.#customers.get(waId);
    if (!customer) {
      customer = new Customer(card, {
        calls: this.calls,
        chat: this.chat,
        clock: this.clock,
        directory: this.directory,
        permissions: this.permissions,
        webhooks: this.webhooks,
      });
      this.#customers.set(waId, customer);
    }
    return customer;
  }

  /** Every call after every change of it, until the returned function is called. */
  watchCalls(watcher: (call: Call) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Ends everything; calls end without a webhook. */
  async close(): Promise<void> {
    this.webhooks.close();
    this.calls.close();
    this.#pacer.close();
    this.relay.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #addNumbers(options: SimOptions): void {
    const numbers = options.numbers ?? [{ phoneNumberId: demo.phoneNumberId, displayNumber: demo.displayNumber }];
    for (const number of numbers) this.directory.addNumber(number);
  }

  #find(to: string | undefined, recipient: string | undefined): CustomerCard | undefined {
    if (to === undefined) return recipient === undefined ? undefined : this.directory.byUserId(recipient);
    const card = this.directory.customer(to);
    if (card || this.#options.unknownCustomers !== 'create' || !/^[1-9]\d{6,14}$/.test(to)) return card;
    return this.directory.putCustomer(to);
  }

  #callChanged(call: Call): void {
    if (call.rings) this.customer(call.card.customer.waId).rang(call);
    if (call.phase === 'ended') this.#logCall(call);
    for (const watcher of this.#watchers) watcher(call);
  }

  #pickedUp(call: Call): void {
    const { business, customer, direction } = call.card;
    const outbound = direction === 'BUSINESS_INITIATED';
    this.permissions.callConnected(business.phoneNumberId, customer.waId, outbound);
    if (outbound) this.permissions.touch(business.phoneNumberId, customer.waId);
  }

  /** The second one in a row makes WhatsApp ask the user, the fourth takes the permission away. */
  #unanswered(call: Call): void {
    const { business, customer } = call.card;
    const what = this.permissions.callUnanswered(business.phoneNumberId, customer.waId);
    if (what === 'warned') {
      this.#systemMessage(call, `You missed calls from ${business.name}. You can stop its calls in its profile.`);
    }
    if (what === 'revoked') {
      this.#systemMessage(call, `${business.name} can no longer call you, since you did not answer its calls.`);
      this.customer(customer.waId).automatic(business.phoneNumberId, 'none', undefined);
    }
  }

  /** The chat's line, and the permission to call back that a customer's call gives where it is switched on. */
  #logCall(call: Call): void {
    const { business, customer, direction } = call.card;
    const { phoneNumberId } = business;
    const incoming = direction === 'USER_INITIATED';
    this.chat.add({
      id: newMessageId(),
      phoneNumberId,
      waId: customer.waId,
      from: 'system',
      at: this.clock.now(),
      content: {
        kind: 'call',
        callId: call.id,
        direction: incoming ? 'out' : 'in',
        seconds: call.facts().ending?.durationSeconds ?? null,
      },
    });
    if (!incoming || business.settings.callback_permission_status !== 'ENABLED') return;
    if (this.permissions.grantOf(phoneNumberId, customer.waId).kind !== 'none') return;
    this.customer(customer.waId).automatic(phoneNumberId, 'temporary', call.id);
  }

  #systemMessage(call: Call, text: string): void {
    const { business, customer } = call.card;
    this.chat.add({
      id: newMessageId(),
      phoneNumberId: business.phoneNumberId,
      waId: customer.waId,
      from: 'system',
      at: this.clock.now(),
      content: { kind: 'text', text },
    });
  }
}

/** Starts a sim; see `Sim`. */
export const startSim = (options: SimOptions = {}): Promise<Sim> => Sim.start(options);

const hasLoopback6 = (): boolean =>
  Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === '::1'));
