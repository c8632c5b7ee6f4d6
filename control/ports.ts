import type { MediaAsk, MediaCommandName, MediaEvent, MediaReply, NodeCard } from './contract/media.ts';
import type { CallId, DeskId, NodeId, WorkspaceId } from './contract/ids.ts';
import type { Notice, NoticeName } from './contract/desk.ts';

/**
 * What control needs from the world. The gateway plugs adapters in (`gateway/main.ts`); tests plug
 * scripted fakes in. Control knows nothing of Meta's payloads, socket.io or mediasoup.
 */
export type Ports = {
  readonly carrier: CarrierPort;
  readonly media: MediaPort;
  readonly notifier: NotifierPort;
  readonly clock: ClockPort;
};

/** Time, so that tests can turn it. Milliseconds since the epoch. */
export type ClockPort = {
  now(): number;
  /** Calls `run` once at about `at`; the returned function calls it off. */
  at(at: number, run: () => void): () => void;
};

/** Which business number speaks, with what it needs to be allowed to. Never logged. */
export type CarrierLine = { readonly phoneNumberId: string; readonly accessToken: string };

/** How the customer is addressed: by phone (digits), or by Meta's business-scoped user id. */
export type CarrierParty = { readonly phone: string | null; readonly userId: string | null };

/**
 * The telephone company: Meta's Graph API. Every refusal is a `Fault` of the area `carrier/`, with
 * a sentence that a manager understands; `retryable` says whether the same request may be sent again.
 */
export type CarrierPort = {
  preAccept(line: CarrierLine, carrierCallId: string, sdp: string): Promise<void>;
  /** @throws Fault `carrier/call-over` when the customer has gone. */
  accept(line: CarrierLine, carrierCallId: string, sdp: string): Promise<void>;
  reject(line: CarrierLine, carrierCallId: string): Promise<void>;
  terminate(line: CarrierLine, carrierCallId: string): Promise<void>;
  /** Places a call. `opaque` comes back in every webhook of it (our call id). */
  connect(line: CarrierLine, to: CarrierParty, sdp: string, opaque: string): Promise<{ carrierCallId: string }>;
  sendText(line: CarrierLine, to: CarrierParty, text: string): Promise<{ carrierMessageId: string }>;
  requestPermission(line: CarrierLine, to: CarrierParty, text: string | null): Promise<{ carrierMessageId: string }>;
  permission(line: CarrierLine, of: CarrierParty): Promise<CarrierPermission>;
  setCalling(line: CarrierLine, enabled: boolean): Promise<void>;
  callingEnabled(line: CarrierLine): Promise<boolean>;
  /** How the number is written, e.g. `+1 631-555-3601`, and the business name that customers see. */
  describe?(line: CarrierLine): Promise<{ displayNumber: string; name: string | null }>;
  /** Reads one stored webhook item into what it means. Unknown kinds give an empty list; never throws. */
  read(item: unknown): CarrierEvent[];
};

export type CarrierPermission = {
  readonly status: 'none' | 'temporary' | 'permanent';
  readonly expiresAt: number | null;
  readonly canRequest: boolean;
  readonly canCall: boolean;
  /** When the limit that forbids it ends, if Meta says. */
  readonly blockedUntil: number | null;
};

type AboutCall = {
  /** Meta's call id, `wacid.…`. */
  readonly carrierCallId: string;
  readonly phoneNumberId: string;
  /** What we gave to `connect`; null for inbound calls and where Meta leaves it out. */
  readonly opaque: string | null;
  /** Meta's time of the event, ms. */
  readonly at: number;
};
type WithCustomer = { readonly customer: CarrierParty & { readonly name: string | null } };

/** What a webhook item says, in our words. */
export type CarrierEvent =
  | ({ readonly kind: 'call-offered'; readonly sdp: string } & AboutCall & WithCustomer)
  | ({ readonly kind: 'call-answered'; readonly sdp: string } & AboutCall)
  | ({ readonly kind: 'call-status'; readonly status: 'ringing' | 'accepted' | 'rejected' } & AboutCall)
  | ({
      readonly kind: 'call-terminated';
      readonly direction: 'inbound' | 'outbound' | null;
      readonly failed: boolean;
      /** Only for a call that was picked up. */
      readonly startedAt: number | null;
      readonly endedAt: number | null;
      readonly durationSeconds: number | null;
      /** Meta's code and words, e.g. 138021. */
      readonly error: { readonly code: number; readonly text: string } | null;
    } & AboutCall &
      WithCustomer)
  | ({
      readonly kind: 'message';
      readonly carrierMessageId: string;
      readonly phoneNumberId: string;
      readonly at: number;
      readonly type: string;
      readonly text: string | null;
    } & WithCustomer)
  | {
      readonly kind: 'message-status';
      readonly carrierMessageId: string;
      readonly phoneNumberId: string;
      readonly at: number;
      readonly status: 'sent' | 'delivered' | 'read' | 'failed';
      readonly error: { readonly code: number; readonly text: string } | null;
    }
  | ({
      readonly kind: 'permission-reply';
      readonly phoneNumberId: string;
      readonly at: number;
      readonly granted: boolean;
      readonly permanent: boolean;
      readonly expiresAt: number | null;
      readonly automatic: boolean;
      /** The request message (`wamid.…`) or the call (`wacid.…`) that it answers. */
      readonly contextId: string | null;
      readonly carrierMessageId: string;
    } & WithCustomer);

/** The media nodes. A node that does not answer gives `media/unavailable`, retryable. */
export type MediaPort = {
  command<N extends MediaCommandName>(node: NodeId, name: N, ask: MediaAsk<N>): Promise<MediaReply<N>>;
  /** Every node whose card is fresh. */
  nodes(): Promise<NodeCard[]>;
  /** Delivers every media event to exactly one gateway, at least once; acknowledged when `handle` resolves. */
  subscribe(handle: (event: MediaEvent) => Promise<void>): () => Promise<void>;
};

export type NotifierPort = {
  toWorkspace<N extends NoticeName>(workspaceId: WorkspaceId, name: N, notice: Notice<N>): void;
  /** Is this desk's line open, on any gateway? */
  isDeskConnected(deskId: DeskId): Promise<boolean>;
};

/** How a webhook item is known apart from every other: the inbox's unique key. */
export type WebhookItem = { readonly key: string; readonly payload: unknown; readonly callId?: CallId };
