import type { CallView, MessageView } from '../contract/views.ts';
import { shorten } from './shorten.ts';

/** The beginning of a text, on one line. */
export const firstWords = (text: string): string => shorten(text.replaceAll(/\s+/gu, ' ').trim(), 140, '…');

const inbound: { readonly [D in NonNullable<CallView['disposition']>]?: string } = {
  missed: 'Missed call',
  abandoned: 'Missed call',
  rejected: 'Declined call',
  failed: 'Incoming call failed',
};
const outbound: { readonly [D in NonNullable<CallView['disposition']>]?: string } = {
  unanswered: 'Outgoing call, no answer',
  declined: 'Outgoing call, declined by the customer',
  cancelled: 'Outgoing call, cancelled',
  failed: 'Outgoing call failed',
};

/** A call in one line. */
export function callInWords(call: Pick<CallView, 'direction' | 'phase' | 'disposition' | 'durationSeconds'>): string {
  const isInbound = call.direction === 'inbound';
  if (call.phase === 'live') return 'Call in progress';
  if (call.phase !== 'ended') return isInbound ? 'Incoming call…' : 'Calling…';
  const words = call.disposition === null ? undefined : (isInbound ? inbound : outbound)[call.disposition];
  if (words !== undefined) return words;
  const length = call.durationSeconds === null ? '' : `, ${duration(call.durationSeconds)}`;
  return `${isInbound ? 'Incoming' : 'Outgoing'} call${length}`;
}

const duration = (seconds: number): string =>
  seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;

type Permission = Extract<MessageView['body'], { kind: 'permission' }>;
const permission: { readonly [W in Permission['what']]: string } = {
  requested: 'Call permission requested',
  granted: 'Calls allowed for a while',
  'granted-permanently': 'Calls allowed',
  declined: 'Calls not allowed',
  revoked: 'Permission to call ended',
};
export const permissionInWords = (what: Permission['what']): string => permission[what];

const kinds: { readonly [type: string]: string } = {
  image: 'Picture',
  video: 'Video',
  audio: 'Voice message',
  document: 'Document',
  sticker: 'Sticker',
  location: 'Location',
  contacts: 'Contact card',
  reaction: 'Reaction',
};

/** A message of a kind that the console does not show yet, with its caption if it has one. */
export function otherInWords(type: string, caption: string | null): string {
  const kind = kinds[type] ?? 'Message';
  return caption === null ? kind : firstWords(`${kind}: ${caption}`);
}
