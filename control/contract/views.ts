import { z } from 'zod';
import { CallId, ContactId, ConversationId, DeskId, MessageId, NodeId, NumberId, UserId, WorkspaceId } from './ids.ts';

/** An ISO 8601 instant in UTC. The viewer's zone is the console's business. */
const Instant = z.iso.datetime();

export const Role = z.enum(['operator', 'manager', 'admin']);
export type Role = z.infer<typeof Role>;

export const UserView = z.object({
  id: UserId,
  workspaceId: WorkspaceId,
  workspaceName: z.string(),
  name: z.string(),
  email: z.string(),
  role: Role,
});
export type UserView = z.infer<typeof UserView>;

export const NumberView = z.object({
  id: NumberId,
  /** What people read, e.g. `+1 631 555 3601`. */
  displayNumber: z.string(),
  label: z.string(),
  callingEnabled: z.boolean(),
  callingEnabledSince: Instant.nullable(),
});
export type NumberView = z.infer<typeof NumberView>;

/** How a contact is known. The phone is missing for those who adopted a user name (BSUID only). */
export const ContactView = z.object({ id: ContactId, name: z.string(), phone: z.string().nullable() });
export type ContactView = z.infer<typeof ContactView>;

export const CallDirection = z.enum(['inbound', 'outbound']);
export type CallDirection = z.infer<typeof CallDirection>;
export const CallPhase = z.enum(['dialing', 'ringing', 'claimed', 'live', 'ended']);
export type CallPhase = z.infer<typeof CallPhase>;

/**
 * How a call is remembered.
 * inbound:  completed · missed (nobody answered in time) · abandoned (the caller hung up first) · rejected (an operator declined)
 * outbound: completed · unanswered · declined (by the customer) · cancelled (by the operator, before pick-up)
 * both:     failed (a technical cause; `endReason` says which)
 */
export const Disposition = z.enum([
  'completed',
  'missed',
  'abandoned',
  'rejected',
  'unanswered',
  'declined',
  'cancelled',
  'failed',
]);
export type Disposition = z.infer<typeof Disposition>;

/** Who speaks with the customer; of an ended call, who did last (or placed it). The assistant and voicemail come with the voice work. */
export const HandlerView = z.object({
  kind: z.literal('operator'),
  userId: UserId,
  name: z.string(),
  deskId: DeskId,
  /** `away`: the desk is lost for the moment, the customer hears comfort noise. */
  presence: z.enum(['here', 'away']),
  muted: z.boolean(),
});
export type HandlerView = z.infer<typeof HandlerView>;

/** A call as a desk may see it. Always whole, never a patch. */
export const CallView = z.object({
  id: CallId,
  /** Grows with every step: a view with a smaller revision than the one at hand is stale. */
  revision: z.number().int(),
  direction: CallDirection,
  phase: CallPhase,
  number: z.object({ id: NumberId, displayNumber: z.string(), label: z.string() }),
  contact: ContactView,
  conversationId: ConversationId,
  /** The media node that holds the leg; a desk warms its transports there. */
  nodeId: NodeId.nullable(),
  handler: HandlerView.nullable(),
  /** Set while desks may pick the call up: when it rings, and when a live call lost its operator. */
  offer: z.object({ until: Instant, because: z.enum(['ringing', 'operator-lost']) }).nullable(),
  /** Outbound only: the customer's phone rings. */
  remoteRinging: z.boolean(),
  startedAt: Instant,
  answeredAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  /** Meta's own figure when it came, ours until then; null for a call that was never answered. */
  durationSeconds: z.number().int().nullable(),
  disposition: Disposition.nullable(),
  /** Why it ended, as a sentence for people. */
  endReason: z.string().nullable(),
});
export type CallView = z.infer<typeof CallView>;

/** One line of a call's history: a step of the machine, or a late event that was ignored. */
export const CallHistoryEntry = z.object({
  at: Instant,
  /** The event's type, e.g. `accepted`. */
  event: z.string(),
  /** What it means, as a sentence for people. */
  text: z.string(),
  phaseBefore: CallPhase.nullable(),
  phaseAfter: CallPhase,
  ignored: z.boolean(),
});
export type CallHistoryEntry = z.infer<typeof CallHistoryEntry>;

export const PermissionView = z.object({
  status: z.enum(['none', 'requested', 'temporary', 'permanent', 'declined']),
  expiresAt: Instant.nullable(),
  /** May a request be sent now? If not, why, in words, and when again. */
  canRequest: z.boolean(),
  requestBlockedBecause: z.string().nullable(),
});
export type PermissionView = z.infer<typeof PermissionView>;

export const MessageView = z.object({
  id: MessageId,
  conversationId: ConversationId,
  at: Instant,
  body: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('text'),
      from: z.enum(['customer', 'business']),
      text: z.string(),
      authorName: z.string().nullable(),
      status: z.enum(['received', 'sending', 'sent', 'delivered', 'read', 'failed']),
      failure: z.string().nullable(),
    }),
    z.object({ kind: z.literal('note'), text: z.string(), authorName: z.string() }),
    z.object({ kind: z.literal('call'), call: CallView }),
    z.object({
      kind: z.literal('permission'),
      what: z.enum(['requested', 'granted', 'granted-permanently', 'declined', 'revoked']),
      authorName: z.string().nullable(),
      expiresAt: Instant.nullable(),
    }),
    /** A kind of message that the console does not show yet, e.g. an image. */
    z.object({ kind: z.literal('other'), type: z.string() }),
  ]),
});
export type MessageView = z.infer<typeof MessageView>;

/** May this conversation be called, and if not, why: the Call button's tooltip. */
export const CallabilityView = z.object({
  allowed: z.boolean(),
  because: z.enum(['ok', 'calling-off', 'plan', 'no-permission', 'no-phone', 'already-in-call']),
  text: z.string(),
});

export const ConversationView = z.object({
  id: ConversationId,
  contact: ContactView,
  number: NumberView,
  permission: PermissionView,
  callability: CallabilityView,
  lastActivityAt: Instant,
  /** One line of what happened last, e.g. `Missed call` or the message's beginning. */
  preview: z.string(),
  unread: z.number().int(),
  /** Until when free-form text may be sent (Meta's 24 h customer-service window). */
  windowOpenUntil: Instant.nullable(),
});
export type ConversationView = z.infer<typeof ConversationView>;
