import type { CarrierPermission } from '../ports.ts';

export const day = 24 * 3_600_000;

/** Meta's rules between one number and one customer (Calling API, "User call permissions"). */
export const limits = {
  requestsPerDay: 1,
  requestsPerWeek: 2,
  /** How long a temporary permission lasts where Meta does not say until when. */
  temporaryMs: 7 * day,
  /** A request that nobody answered is void after this. */
  pendingMs: 7 * day,
  /** Calls in a row that were declined or not answered, until Meta takes the permission away. */
  revokedAfter: 4,
} as const;

/** What the customer has said about calls from this number. Times are ms since the epoch. */
export type Consent =
  | { readonly status: 'none' | 'permanent' | 'declined' }
  | { readonly status: 'temporary'; readonly until: number };

export type Permission = {
  readonly consent: Consent;
  /** Meta's time of the newest answer, or null before the first. */
  readonly repliedAt: number | null;
  /** The request that waits for an answer. Beside the consent: who may be called for 7 days can be asked for more. */
  readonly pendingSince: number | null;
  /** Requests since the last connected call, oldest first. */
  readonly requests: readonly number[];
  /** Until when Meta refuses another request, where it said so. */
  readonly blockedUntil: number | null;
  /** Our calls in a row that were declined or not answered. */
  readonly unanswered: number;
  /** When Meta was last asked. */
  readonly checkedAt: number | null;
};

export const nothingKnown: Permission = {
  consent: { status: 'none' },
  repliedAt: null,
  pendingSince: null,
  requests: [],
  blockedUntil: null,
  unanswered: 0,
  checkedAt: null,
};

/** The consent as it counts now. Meta does not tell when a temporary one expires: an expired one is none. */
export function consentAt({ consent }: Permission, now: number): Consent {
  return consent.status === 'temporary' && consent.until <= now ? { status: 'none' } : consent;
}

export function mayCall(permission: Permission, now: number): boolean {
  const { status } = consentAt(permission, now);
  return status === 'temporary' || status === 'permanent';
}

export type Status = Consent['status'] | 'requested';

/** In one word: what counts most of the consent and of the request beside it. */
export function statusAt(permission: Permission, now: number): Status {
  const { status } = consentAt(permission, now);
  return mayCall(permission, now) || !isPending(permission, now) ? status : 'requested';
}

export const isPending = ({ pendingSince }: Permission, now: number): boolean =>
  pendingSince !== null && now < pendingSince + limits.pendingMs;

export type MayRequest =
  | { readonly may: true }
  | { readonly may: false; readonly because: 'permanent' }
  | { readonly may: false; readonly because: 'limit'; readonly again: number };

/** May a request be sent, as far as Meta's limits go? */
export function mayRequest(permission: Permission, now: number): MayRequest {
  if (permission.consent.status === 'permanent') return { may: false, because: 'permanent' };
  const again = Math.max(
    permission.blockedUntil ?? 0,
    freeAgain(permission.requests, limits.requestsPerDay, day),
    freeAgain(permission.requests, limits.requestsPerWeek, 7 * day),
  );
  return again > now ? { may: false, because: 'limit', again } : { may: true };
}

/** When one more is possible, of `allowed` within `span`. */
function freeAgain(times: readonly number[], allowed: number, span: number): number {
  const oldest = times.at(-allowed);
  return oldest === undefined ? 0 : oldest + span;
}

export const requested = (permission: Permission, at: number): Permission => ({
  ...permission,
  pendingSince: at,
  // Older ones limit nothing any more.
  requests: [...permission.requests.filter((time) => time > at - 7 * day), at],
});

/** A request that Meta did not take, sent at `at`: as if it had not been. */
export const requestWithdrawn = (
  permission: Permission,
  { at, pendingBefore }: { readonly at: number; readonly pendingBefore: number | null },
): Permission => ({
  ...permission,
  requests: permission.requests.filter((time) => time !== at),
  pendingSince: permission.pendingSince === at ? pendingBefore : permission.pendingSince,
});

/** The request could not be delivered: nobody will answer it. It still counts, as far as we know. */
export const requestLost = (permission: Permission): Permission => ({ ...permission, pendingSince: null });

export type Answer = {
  readonly at: number;
  readonly granted: boolean;
  readonly permanent: boolean;
  readonly expiresAt: number | null;
  /** Meta itself decided: a callback permission, or the end after too many unanswered calls. */
  readonly automatic: boolean;
};
export type Change = 'granted' | 'granted-permanently' | 'declined' | 'revoked';

/** What an answer changes; null when a newer one is known. `change` is null when it says what was known. */
export function answered(
  before: Permission,
  answer: Answer,
): { readonly permission: Permission; readonly change: Change | null } | null {
  if (before.repliedAt !== null && answer.at < before.repliedAt) return null;
  const could = mayCall(before, answer.at);
  const consent = consentOf(before, answer, could);
  const permission: Permission = {
    ...before,
    consent,
    repliedAt: answer.at,
    // What Meta decides by itself answers no request.
    pendingSince: answer.automatic ? before.pendingSince : null,
    unanswered: 0,
  };
  if (consent === before.consent) return { permission, change: null };
  if (!answer.granted) {
    if (answer.automatic) return { permission, change: could ? 'revoked' : null };
    return { permission, change: could ? 'revoked' : 'declined' };
  }
  return { permission, change: consent.status === 'permanent' ? 'granted-permanently' : 'granted' };
}

function consentOf({ consent }: Permission, answer: Answer, could: boolean): Consent {
  if (!answer.granted) return { status: answer.automatic ? 'none' : 'declined' };
  if (answer.permanent) return { status: 'permanent' };
  const until = answer.expiresAt ?? answer.at + limits.temporaryMs;
  // A callback permission is a gift on top: it never makes a better one worse.
  if (answer.automatic && could && (consent.status !== 'temporary' || consent.until >= until)) return consent;
  return { status: 'temporary', until };
}

/** A call of either direction was picked up: Meta's counters start anew. */
export const connected = (permission: Permission): Permission => ({
  ...permission,
  requests: [],
  blockedUntil: null,
  unanswered: 0,
});

/** A call of ours was declined or not answered. */
export function notAnswered(
  before: Permission,
  at: number,
): { readonly permission: Permission; readonly revoked: boolean } {
  const unanswered = before.unanswered + 1;
  if (unanswered < limits.revokedAfter) return { permission: { ...before, unanswered }, revoked: false };
  const revoked = mayCall(before, at);
  return { permission: { ...before, consent: { status: 'none' }, unanswered: 0 }, revoked };
}

/** A request that was sent just now may still be under way to Meta's count. */
const uncountedMs = 2 * 60_000;

/** Meta was asked, and its word counts more than what we remember. */
export function corrected(before: Permission, meta: CarrierPermission, at: number): Permission {
  const permission = { ...before, consent: correctedConsent(before, meta, at), checkedAt: at };
  if (meta.canRequest) {
    return { ...permission, requests: before.requests.filter((time) => time > at - uncountedMs), blockedUntil: null };
  }
  return { ...permission, blockedUntil: meta.blockedUntil ?? before.blockedUntil };
}

function correctedConsent(before: Permission, meta: CarrierPermission, at: number): Consent {
  if (meta.status === 'permanent') return { status: 'permanent' };
  if (meta.status === 'none') {
    return before.consent.status === 'declined' ? before.consent : { status: 'none' };
  }
  const known = consentAt(before, at);
  const until = meta.expiresAt ?? (known.status === 'temporary' ? known.until : at + limits.temporaryMs);
  return { status: 'temporary', until };
}

/** Meta refused a call for want of a permission (138006). */
export const refused = (before: Permission, at: number): Permission =>
  mayCall(before, at) ? { ...before, consent: { status: 'none' } } : before;
