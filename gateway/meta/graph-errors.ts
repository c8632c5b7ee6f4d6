import { Fault, type FaultCode } from '../../control/contract/fault.ts';

export type GraphAction =
  | 'pre_accept'
  | 'accept'
  | 'reject'
  | 'terminate'
  | 'connect'
  | 'send_text'
  | 'request_permission'
  | 'permission'
  | 'set_calling'
  | 'get_calling'
  | 'describe';

type Meaning = readonly [code: FaultCode, sentence: string, retryable?: 'retryable'];

const tokenRefused =
  "Meta refused the access token of this number. An admin has to enter a valid token in the number's settings.";
const notAllowed =
  "The access token of this number lacks a right that calling needs. An admin has to grant the app WhatsApp's messaging and management permissions.";
const metaDown = 'WhatsApp is not reachable at the moment. Please try again.';
const slowDown = 'WhatsApp asks us to slow down. Please try again in a minute.';

/**
 * Meta's error codes (Cloud API "Error codes" and Calling API "Troubleshooting"), in our words, for
 * a manager who reads them in the console. The only place that knows these numbers.
 */
export const graphErrors: Readonly<Record<number, Meaning>> = {
  0: ['carrier/auth', tokenRefused],
  1: ['carrier/unavailable', metaDown, 'retryable'],
  2: ['carrier/unavailable', metaDown, 'retryable'],
  3: ['carrier/auth', notAllowed],
  4: ['carrier/limit-reached', slowDown, 'retryable'],
  10: ['carrier/auth', notAllowed],
  33: [
    'carrier/bad-request',
    'Meta does not know this phone number id. An admin should check the settings of the number.',
  ],
  100: ['carrier/bad-request', 'WhatsApp did not accept the request. If it happens again, tell your administrator.'],
  190: ['carrier/auth', tokenRefused],
  200: ['carrier/auth', notAllowed],
  368: [
    'carrier/calling-disabled',
    'Meta has blocked this account for a while because of its policies. Details stand in the WhatsApp Manager.',
  ],
  613: [
    'carrier/limit-reached',
    'WhatsApp was asked about call permissions too often. Please try again in a minute.',
    'retryable',
  ],
  80007: ['carrier/limit-reached', slowDown, 'retryable'],
  130429: ['carrier/limit-reached', slowDown, 'retryable'],
  130472: [
    'carrier/not-callable',
    'WhatsApp did not deliver to this customer because they are part of an experiment of Meta.',
  ],
  130497: ['carrier/not-callable', 'Meta does not allow this business to write to customers in this country.'],
  131000: ['carrier/unavailable', metaDown, 'retryable'],
  131005: ['carrier/auth', notAllowed],
  131008: ['carrier/bad-request', 'WhatsApp did not accept the request. If it happens again, tell your administrator.'],
  131009: ['carrier/bad-request', 'WhatsApp does not offer this in the country of this number.'],
  131016: ['carrier/unavailable', metaDown, 'retryable'],
  131021: ['carrier/not-callable', 'A number cannot call or write to itself.'],
  131026: [
    'carrier/not-callable',
    "The message cannot be delivered: the customer's WhatsApp is too old, or the number is not on WhatsApp.",
  ],
  131030: [
    'carrier/not-callable',
    'This is a test number of Meta, and the customer is not on its list of allowed recipients.',
  ],
  131031: ['carrier/calling-disabled', 'Meta has locked this WhatsApp account. Details stand in the WhatsApp Manager.'],
  131042: [
    'carrier/payment-needed',
    'Meta has no valid payment method for this account. An admin has to add one in the WhatsApp Manager.',
  ],
  131044: [
    'carrier/payment-needed',
    'Meta has no valid payment method for this account. An admin has to add one in the WhatsApp Manager.',
  ],
  131045: [
    'carrier/calling-disabled',
    'The number is not registered with WhatsApp. An admin has to register it in the WhatsApp Manager.',
  ],
  131047: [
    'carrier/window-closed',
    'More than 24 hours have passed since the customer last wrote or called. Only a template message may be sent now.',
  ],
  131048: [
    'carrier/limit-reached',
    'Meta limits messages of this number because customers reported it. Details stand in the WhatsApp Manager.',
  ],
  131050: ['carrier/not-callable', 'The customer does not want such messages from this business.'],
  131055: [
    'carrier/calling-disabled',
    'Calls of this number go through SIP. An admin has to switch SIP off at Meta before Switchboard can place or answer them.',
  ],
  131056: [
    'carrier/limit-reached',
    'Too many messages to this customer in a short time. Please try again in a minute.',
    'retryable',
  ],
  131057: ['carrier/unavailable', 'Meta is doing maintenance on this account. Please try again later.', 'retryable'],
  133004: ['carrier/unavailable', metaDown, 'retryable'],
  133010: [
    'carrier/calling-disabled',
    'The number is not registered with WhatsApp. An admin has to register it in the WhatsApp Manager.',
  ],
  138000: [
    'carrier/calling-disabled',
    'Calling is switched off for this number at Meta. An admin can switch it on in the settings of the number.',
  ],
  138001: [
    'carrier/not-callable',
    'The customer cannot be called: they are not on WhatsApp, or their app is too old for calls.',
  ],
  138002: [
    'carrier/limit-reached',
    'This number already has as many calls at once as Meta allows. Please try again when one has ended.',
    'retryable',
  ],
  138003: ['carrier/duplicate-call', 'There is already a call between this number and this customer.'],
  138004: ['carrier/unavailable', 'WhatsApp could not connect the call. Please try again.', 'retryable'],
  138005: ['carrier/limit-reached', 'This number has placed as many calls as Meta allows in 24 hours.'],
  138006: [
    'carrier/no-permission',
    'The customer has not allowed calls from this number. Send a call permission request first.',
  ],
  138007: ['carrier/media-failed', 'The call was not connected in time.'],
  138008: ['carrier/media-failed', "WhatsApp did not accept our side's connection data for the call."],
  138009: [
    'carrier/limit-reached',
    'Meta allows one permission request in 24 hours and two in 7 days for each customer. Please wait before asking again.',
  ],
  138010: [
    'carrier/bad-request',
    'WhatsApp did not accept the request (138010). If it happens again, tell your administrator.',
  ],
  138011: [
    'carrier/window-closed',
    'A permission request needs an open conversation: the customer has to write or call first, or use a template.',
  ],
  138012: [
    'carrier/limit-reached',
    'This customer has been called as often as Meta allows in 24 hours. Please try again tomorrow.',
  ],
  138013: [
    'carrier/calling-disabled',
    'Meta does not allow businesses to place calls from the country of this number. Customers can still call it.',
  ],
  138014: [
    'carrier/calling-disabled',
    'Meta has paused calling for this number because of low call quality. Details stand in the WhatsApp Manager.',
  ],
  138015: [
    'carrier/calling-disabled',
    'Calling cannot be switched on yet: Meta asks for a messaging limit of at least 2,000 customers a day.',
  ],
  138016: [
    'carrier/bad-request',
    'WhatsApp did not accept the request (138016). If it happens again, tell your administrator.',
  ],
  138017: ['carrier/permission-exists', 'The customer has already allowed calls for good. No request is needed.'],
  138018: [
    'carrier/calling-disabled',
    'Calling cannot be switched on yet: at Meta the app has to be subscribed to the webhook field “calls”.',
  ],
  138019: ['carrier/media-failed', 'WhatsApp could not set up the call.'],
  138020: ['carrier/media-failed', "The connection to WhatsApp's relay failed."],
  138021: ['carrier/media-failed', "WhatsApp ended the call because the customer's phone got no sound from us."],
  138022: ['carrier/media-failed', "WhatsApp ended the call because no sound came from the customer's phone."],
  138023: ['carrier/media-failed', 'WhatsApp ended the call: it was accepted, but no sound ever arrived.'],
  2494010: ['carrier/media-failed', "WhatsApp did not accept our side's connection data for the call."],
};

/** Meta has no code for a call that has ended, or that was answered before; it says so in the details of code 100. */
const overWords =
  /\bcall(?:[ _-]?id)?\b.{0,60}\b(?:already|ended|over|terminated|completed|finished|failed|no longer|not (?:be )?found|does not exist|doesn't exist)\b|\b(?:unknown|no such|invalid) call(?:[ _-]?id)?\b/i;
const callActions: ReadonlySet<GraphAction> = new Set(['pre_accept', 'accept', 'reject', 'terminate']);

export type GraphRefusal = {
  readonly action: GraphAction;
  readonly status: number;
  /** Meta's code; null when the body was no error of Meta's form. */
  readonly code: number | null;
  readonly subcode: number | null;
  /** Meta's words; read here, and never shown or logged: they may quote what we sent. */
  readonly words: string;
  /** Meta's own name of this failure, for its support. */
  readonly trace: string | null;
};

/** Meta's refusal as a fault. */
export function toFault({ action, status, code, subcode, words, trace }: GraphRefusal): Fault {
  const details = { action, httpStatus: status, carrierCode: code, carrierTrace: trace };
  const isOver = code === 100 && callActions.has(action) && overWords.test(words);
  // 138007 of an accept: it came after Meta's own time for it.
  if (isOver || (code === 138007 && action === 'accept')) {
    return new Fault('carrier/call-over', 'The call is over, or it was answered already.', { details });
  }
  const meaning = meaningOf(code, subcode) ?? meaningOfStatus(status);
  return new Fault(meaning[0], meaning[1], { details, retryable: meaning[2] === 'retryable' });
}

function meaningOf(code: number | null, subcode: number | null): Meaning | undefined {
  if (code === null) return undefined;
  // 200-299 are all missing rights (Graph API "Handling errors").
  const known = code > 200 && code < 300 ? 200 : code === 100 && subcode === 33 ? 33 : code;
  return graphErrors[subcode !== null && graphErrors[subcode] && subcode > 1000 ? subcode : known];
}

function meaningOfStatus(status: number): Meaning {
  if (status === 401 || status === 403) return ['carrier/auth', tokenRefused];
  if (status === 429) return ['carrier/limit-reached', slowDown, 'retryable'];
  if (status >= 500) return ['carrier/unavailable', metaDown, 'retryable'];
  return ['carrier/bad-request', 'WhatsApp did not accept the request. If it happens again, tell your administrator.'];
}
