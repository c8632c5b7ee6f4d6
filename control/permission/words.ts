import type { PermissionView } from '../contract/views.ts';
import { mayRequest, statusAt, consentAt, type Permission } from './rules.ts';

const minute = 60_000;
const hour = 60 * minute;

const count = (amount: number, unit: string): string => `${amount} ${unit}${amount === 1 ? '' : 's'}`;

/** How long to wait, as people say it: without a clock time, since only the reader's browser knows the zone. */
export function inWords(ms: number): string {
  if (ms < hour) return `in ${count(Math.max(1, Math.ceil(ms / minute)), 'minute')}`;
  if (ms < 48 * hour) return `in ${count(Math.ceil(ms / hour), 'hour')}`;
  return `in ${count(Math.ceil(ms / (24 * hour)), 'day')}`;
}

const blocked = {
  permanent: 'The customer has already allowed calls for good.',
  limit: (ms: number) =>
    `WhatsApp allows one permission request in 24 hours and two in 7 days. You can ask again ${inWords(ms)}.`,
  window:
    'A permission request can only be sent within 24 hours after the customer wrote or called. Once they do, you can ask.',
} as const;

/** Why no request can be sent now, and when again; null when one can. */
export function requestBlocked(
  permission: Permission,
  { now, windowOpenUntil }: { readonly now: number; readonly windowOpenUntil: number | null },
): { readonly text: string; readonly because: 'permanent' | 'limit' | 'window'; readonly again: number | null } | null {
  const allowed = mayRequest(permission, now);
  if (!allowed.may && allowed.because === 'permanent') {
    return { text: blocked.permanent, because: 'permanent', again: null };
  }
  if (!allowed.may) return { text: blocked.limit(allowed.again - now), because: 'limit', again: allowed.again };
  if (windowOpenUntil === null || windowOpenUntil <= now)
    return { text: blocked.window, because: 'window', again: null };
  return null;
}

/** A permission as desks see it. */
export function permissionView(
  permission: Permission,
  when: { readonly now: number; readonly windowOpenUntil: number | null },
): PermissionView {
  const consent = consentAt(permission, when.now);
  const obstacle = requestBlocked(permission, when);
  return {
    status: statusAt(permission, when.now),
    expiresAt: consent.status === 'temporary' ? new Date(consent.until).toISOString() : null,
    canRequest: obstacle === null,
    requestBlockedBecause: obstacle?.text ?? null,
  };
}
