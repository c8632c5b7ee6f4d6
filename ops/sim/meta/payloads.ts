import type { Business, CustomerCard } from './directory.ts';
import { titleOfGraphCode, type GraphCode } from './graph/errors.ts';
import type { WebhookItem } from './envelope.ts';

/** One failure as webhooks carry it. */
export type WireError = { code: number; title: string; message: string; error_data: { details: string } };

const silentTitle =
  'WhatsApp client terminated the call due to not receiving any media for a long time. Please try again';

/** 138021, word by word as in a captured webhook. */
export const mediaTimeout: WireError = {
  code: 138021,
  title: silentTitle,
  message: silentTitle,
  error_data: {
    details: 'WhatsApp client terminated the call due to not receiving any media for a long time.',
  },
};

/** A failure in Meta's words for its code. */
export function wireErrorOf(code: GraphCode): WireError {
  const title = titleOfGraphCode(code);
  return { code, title, message: title, error_data: { details: title } };
}

/** What every webhook about a call needs to know. */
export type CallCard = {
  id: string;
  direction: 'USER_INITIATED' | 'BUSINESS_INITIATED';
  business: Business;
  customer: CustomerCard;
  opaque: string | undefined;
  deeplinkPayload: string | undefined;
  ctaPayload: string | undefined;
};

export type CallEnding = {
  status: 'COMPLETED' | 'FAILED';
  /** Seconds since the epoch; only when the call was picked up. */
  startTime: number | undefined;
  endTime: number;
  error: WireError | undefined;
};

/** The customer's number, where the customer shows it; the BSUID always. */
const numberIf = (customer: CustomerCard, key: string): Record<string, string> =>
  customer.hidesNumber ? {} : { [key]: customer.waId };

function contactsOf(customer: CustomerCard): Record<string, unknown> {
  const profile = { name: customer.name, ...(customer.username !== undefined && { username: customer.username }) };
  return { contacts: [{ profile, ...numberIf(customer, 'wa_id'), user_id: customer.userId }] };
}

function parties(call: CallCard): Record<string, string> {
  const { business, customer } = call;
  return call.direction === 'USER_INITIATED'
    ? { to: business.displayNumber, ...numberIf(customer, 'from'), from_user_id: customer.userId }
    : { ...numberIf(customer, 'to'), to_user_id: customer.userId, from: business.displayNumber };
}

function extras(call: CallCard): Record<string, string> {
  return {
    ...(call.deeplinkPayload !== undefined && { deeplink_payload: call.deeplinkPayload }),
    ...(call.ctaPayload !== undefined && { cta_payload: call.ctaPayload }),
    ...(call.opaque !== undefined && { biz_opaque_callback_data: call.opaque }),
  };
}

const about = (call: CallCard): Pick<WebhookItem, 'subject' | 'id' | 'business' | 'field'> => ({
  subject: `${call.business.phoneNumberId} ${call.customer.waId}`,
  id: call.id,
  business: call.business,
  field: 'calls',
});

/** The call exists: with Meta's offer, or with Meta's answer to ours. */
export const connectWebhook = (call: CallCard, sdp: string, seconds: number): WebhookItem => ({
  ...about(call),
  kind: 'connect',
  list: 'calls',
  item: {
    id: call.id,
    ...parties(call),
    event: 'connect',
    timestamp: String(seconds),
    direction: call.direction,
    ...extras(call),
    session: { sdp_type: call.direction === 'USER_INITIATED' ? 'offer' : 'answer', sdp },
  },
  beside: contactsOf(call.customer),
});

/** Of business-initiated calls alone; in `statuses`, not in `calls`. */
export const statusWebhook = (
  call: CallCard,
  status: 'RINGING' | 'ACCEPTED' | 'REJECTED',
  seconds: number,
): WebhookItem => ({
  ...about(call),
  kind: status,
  list: 'statuses',
  item: {
    id: call.id,
    timestamp: String(seconds),
    type: 'call',
    status,
    ...numberIf(call.customer, 'recipient_id'),
    recipient_user_id: call.customer.userId,
    ...(call.opaque !== undefined && { biz_opaque_callback_data: call.opaque }),
  },
});

export function terminateWebhook(call: CallCard, ending: CallEnding, seconds: number): WebhookItem {
  const errors = ending.error && [ending.error];
  return {
    ...about(call),
    kind: 'terminate',
    list: 'calls',
    item: {
      id: call.id,
      ...parties(call),
      event: 'terminate',
      direction: call.direction,
      ...extras(call),
      timestamp: String(seconds),
      status: ending.status,
      ...(ending.startTime !== undefined && {
        start_time: String(ending.startTime),
        end_time: String(ending.endTime),
        duration: ending.endTime - ending.startTime,
      }),
      ...(errors && { errors }),
    },
    // A captured webhook has the errors in both places.
    beside: { ...contactsOf(call.customer), ...(errors && { errors }) },
  };
}

/** A message, or a reply to a permission request, from the customer. */
export function messageWebhook(
  business: Business,
  customer: CustomerCard,
  message: { id: string; kind: string; seconds: number; body: Record<string, unknown> },
): WebhookItem {
  return {
    kind: message.kind,
    subject: `${business.phoneNumberId} ${customer.waId}`,
    id: message.id,
    business,
    field: 'messages',
    list: 'messages',
    item: {
      ...numberIf(customer, 'from'),
      from_user_id: customer.userId,
      id: message.id,
      timestamp: String(message.seconds),
      ...message.body,
    },
    beside: contactsOf(customer),
  };
}

/** `sent`, `delivered`, `read` or `failed` of a message of the business. */
export function messageStatusWebhook(
  business: Business,
  customer: CustomerCard,
  status: { id: string; status: string; seconds: number; error?: WireError },
): WebhookItem {
  return {
    kind: status.status,
    subject: `${business.phoneNumberId} ${customer.waId}`,
    id: status.id,
    business,
    field: 'messages',
    list: 'statuses',
    item: {
      id: status.id,
      status: status.status,
      timestamp: String(status.seconds),
      ...numberIf(customer, 'recipient_id'),
      recipient_user_id: customer.userId,
      ...(status.error && { errors: [status.error] }),
    },
  };
}

export function settingsWebhook(business: Business, changed: Record<string, unknown>, seconds: number): WebhookItem {
  return {
    kind: 'account_settings_update',
    subject: `${business.phoneNumberId} settings`,
    id: business.phoneNumberId,
    business,
    field: 'account_settings_update',
    list: undefined,
    item: {
      timestamp: String(seconds),
      type: 'phone_number_settings',
      phone_number_settings: { phone_number_id: business.phoneNumberId, calling: changed },
    },
  };
}
