import type { z } from 'zod';
import type { CarrierEvent, CarrierParty } from '../../control/ports.ts';
import { Call, Item, Message, Status, type ErrorEntry } from './payload.ts';

type Call = z.infer<typeof Call>;
type Message = z.infer<typeof Message>;
type Customer = CarrierParty & { readonly name: string | null };

/** What a stored webhook item (`MetaItem`) means. An unknown kind means nothing to us; never throws. */
export function read(stored: unknown): CarrierEvent[] {
  const parsed = Item.safeParse(stored);
  if (!parsed.success) return [];
  const item = parsed.data;
  // Without it nobody knows which of our numbers is meant.
  const phoneNumberId = item.metadata?.phone_number_id;
  if (!phoneNumberId) return [];
  const readKind = readers.get(item.kind);
  return readKind?.(item, phoneNumberId) ?? [];
}

// Maps: a word of a webhook could be the name of a property that every object has.
const readers = new Map([
  ['call', readCall],
  ['call-status', readCallStatus],
  ['message', readMessage],
  ['message-status', readMessageStatus],
]);

function readCall(item: Item, phoneNumberId: string): CarrierEvent[] {
  const parsed = Call.safeParse(item.item);
  if (!parsed.success) return [];
  const call = parsed.data;
  const about = aboutCall(call, item, phoneNumberId);
  if (call.event === 'connect') return readConnect(call, item, about);
  if (call.event === 'terminate') return [readTerminate(call, item, about)];
  // `call_created` belongs to SIP; recordings and transcripts are not ours yet.
  return [];
}

type AboutCall = { carrierCallId: string; phoneNumberId: string; opaque: string | null; at: number };
const aboutCall = (
  call: Pick<Call, 'id' | 'timestamp' | 'biz_opaque_callback_data'>,
  item: Item,
  phoneNumberId: string,
): AboutCall => ({
  carrierCallId: call.id,
  phoneNumberId,
  opaque: call.biz_opaque_callback_data ?? null,
  at: call.timestamp ?? item.receivedAt,
});

/** One event with two meanings: the customer calls (an offer), or the path of our call is ready (an answer). */
function readConnect(call: Call, item: Item, about: AboutCall): CarrierEvent[] {
  const sdp = call.session?.sdp;
  if (!sdp) return [];
  const isOffer = call.session?.sdp_type ? call.session.sdp_type === 'offer' : directionOf(call) === 'inbound';
  return isOffer
    ? [{ kind: 'call-offered', ...about, sdp, customer: customerOf(call, item, 'inbound') }]
    : [{ kind: 'call-answered', ...about, sdp }];
}

function readTerminate(call: Call, item: Item, about: AboutCall): CarrierEvent {
  const direction = directionOf(call);
  const error = firstError(call.errors, item.errors);
  return {
    kind: 'call-terminated',
    ...about,
    direction,
    // An unanswered call is COMPLETED too; only a technical end is FAILED.
    failed: call.status === 'failed' || (call.status !== 'completed' && error !== null),
    startedAt: call.start_time ?? null,
    endedAt: call.end_time ?? null,
    durationSeconds: call.duration ?? null,
    error,
    customer: customerOf(call, item, direction),
  };
}

const statusWords = new Map<string, 'ringing' | 'accepted' | 'rejected'>([
  ['ringing', 'ringing'],
  ['accepted', 'accepted'],
  ['rejected', 'rejected'],
]);

function readCallStatus(item: Item, phoneNumberId: string): CarrierEvent[] {
  const parsed = Status.safeParse(item.item);
  const status = parsed.success && parsed.data.status ? statusWords.get(parsed.data.status) : undefined;
  if (!parsed.success || !status) return [];
  return [{ kind: 'call-status', status, ...aboutCall(parsed.data, item, phoneNumberId) }];
}

function readMessage(item: Item, phoneNumberId: string): CarrierEvent[] {
  const parsed = Message.safeParse(item.item);
  if (!parsed.success) return [];
  const message = parsed.data;
  const about = {
    carrierMessageId: message.id,
    phoneNumberId,
    at: message.timestamp ?? item.receivedAt,
    customer: {
      ...partyOf(message.from, message.from_user_id, item),
      name: nameOf(item),
    },
  };
  const reply = message.interactive?.call_permission_reply;
  if (reply) {
    const granted = reply.response === 'accept';
    if (!granted && reply.response !== 'reject') return [];
    return [
      {
        kind: 'permission-reply',
        ...about,
        granted,
        permanent: granted && reply.is_permanent === true,
        expiresAt: granted ? (reply.expiration_timestamp ?? null) : null,
        automatic: reply.response_source === 'automatic',
        contextId: message.context?.id ?? null,
      },
    ];
  }
  return [{ kind: 'message', ...about, type: message.type ?? 'unknown', text: textOf(message) }];
}

/** What a person would read of it. */
const textOf = (message: Message): string | null =>
  message.text?.body ??
  message.button?.text ??
  message.interactive?.button_reply?.title ??
  message.interactive?.list_reply?.title ??
  message.image?.caption ??
  message.video?.caption ??
  message.document?.caption ??
  message.reaction?.emoji ??
  message.system?.body ??
  null;

const messageStatusWords = new Map<string, 'sent' | 'delivered' | 'read' | 'failed'>([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  // A voice message was listened to.
  ['played', 'read'],
  ['failed', 'failed'],
]);

function readMessageStatus(item: Item, phoneNumberId: string): CarrierEvent[] {
  const parsed = Status.safeParse(item.item);
  const status = parsed.success && parsed.data.status ? messageStatusWords.get(parsed.data.status) : undefined;
  if (!parsed.success || !status) return [];
  const at = parsed.data.timestamp ?? item.receivedAt;
  const error = firstError(parsed.data.errors, item.errors);
  return [{ kind: 'message-status', carrierMessageId: parsed.data.id, phoneNumberId, at, status, error }];
}

const directionOf = (call: Call): 'inbound' | 'outbound' | null =>
  call.direction === 'user_initiated' ? 'inbound' : call.direction === 'business_initiated' ? 'outbound' : null;

function customerOf(call: Call, item: Item, direction: 'inbound' | 'outbound' | null): Customer {
  const name = nameOf(item);
  if (direction === 'inbound') return { ...partyOf(call.from, call.from_user_id, item), name };
  if (direction === 'outbound') return { ...partyOf(call.to, call.to_user_id, item), name };
  return { ...partyOf(null, null, item), name };
}

/** The item's own words first; the contact beside it says the rest. */
const partyOf = (
  phone: string | null | undefined,
  userId: string | null | undefined,
  { contact }: Item,
): CarrierParty => ({
  phone: digitsOf(phone) ?? digitsOf(contact?.wa_id),
  userId: userId ?? contact?.user_id ?? null,
});

const digitsOf = (phone: string | null | undefined): string | null => phone?.replace(/\D/g, '') || null;
const nameOf = ({ contact }: Item): string | null => contact?.profile?.name ?? contact?.profile?.username ?? null;

/** Meta repeats a failure's cause in the call and beside it; either may be missing. */
function firstError(...lists: readonly (readonly (ErrorEntry | null)[] | null | undefined)[]) {
  const error = lists.flatMap((list) => list ?? []).find((entry) => entry !== null);
  if (!error) return null;
  return { code: error.code, text: error.error_data?.details ?? error.message ?? error.title ?? `error ${error.code}` };
}
