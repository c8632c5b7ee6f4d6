import { day, type SimClock } from './clock.ts';
import { GraphError } from './graph/errors.ts';

export type Grant =
  | { kind: 'none' }
  /** `until`: milliseconds since the epoch. */
  | { kind: 'temporary'; until: number }
  | { kind: 'permanent' };

type Pair = {
  grant: Grant;
  /** When requests were sent; forgotten when a call connects. */
  requests: number[];
  /** When business-initiated calls connected. */
  connected: number[];
  /** Business-initiated calls in a row that were not answered. */
  unanswered: number;
  /** The last thing the customer did that opens the customer-service window. */
  contactAt: number | undefined;
};

/** Meta's limits between one number and one user. */
const limits = {
  requestsPerDay: 1,
  requestsPerWeek: 2,
  connectedPerDay: 100,
  temporaryMs: 7 * day,
  windowMs: day,
  warnAfterUnanswered: 2,
  revokeAfterUnanswered: 4,
};

/** Who may be called by whom, and how often; the customer-service window beside it. */
export class PermissionBook {
  readonly #pairs = new Map<string, Pair>();
  readonly #clock: SimClock;
  readonly #watchers = new Set<() => void>();

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  grantOf(phoneNumberId: string, waId: string): Grant {
    const pair = this.#pair(phoneNumberId, waId);
    if (pair.grant.kind === 'temporary' && pair.grant.until <= this.#clock.now()) pair.grant = { kind: 'none' };
    return pair.grant;
  }

  /** @returns the grant as it is now. A temporary one lasts 7 days from now. */
  grant(phoneNumberId: string, waId: string, kind: 'temporary' | 'permanent'): Grant {
    const grant: Grant =
      kind === 'permanent'
        ? { kind }
        : { kind, until: Math.ceil(this.#clock.now() / 1000) * 1000 + limits.temporaryMs };
    const pair = this.#pair(phoneNumberId, waId);
    pair.grant = grant;
    pair.unanswered = 0;
    this.#changed();
    return grant;
  }

  revoke(phoneNumberId: string, waId: string): void {
    const pair = this.#pair(phoneNumberId, waId);
    pair.grant = { kind: 'none' };
    pair.unanswered = 0;
    this.#changed();
  }

  /** Called after every grant and every revocation. */
  watch(watcher: () => void): void {
    this.#watchers.add(watcher);
  }

  /** The customer wrote, called, or answered: free-form messages are possible for 24 hours. */
  touch(phoneNumberId: string, waId: string): void {
    this.#pair(phoneNumberId, waId).contactAt = this.#clock.now();
  }

  isWindowOpen(phoneNumberId: string, waId: string): boolean {
    const { contactAt } = this.#pair(phoneNumberId, waId);
    return contactAt !== undefined && this.#clock.now() - contactAt < limits.windowMs;
  }

  /** Counts a request message. @throws GraphError 138017, 138009, 138011. */
  request(phoneNumberId: string, waId: string): void {
    const pair = this.#pair(phoneNumberId, waId);
    if (this.grantOf(phoneNumberId, waId).kind === 'permanent') {
      throw new GraphError(138017, 'The user has already granted a permanent call permission.');
    }
    if (!this.isWindowOpen(phoneNumberId, waId)) {
      throw new GraphError(138011, 'A free-form call permission request needs an open customer service window.');
    }
    if (!this.#mayRequest(pair)) {
      throw new GraphError(138009, 'Limit reached: 1 call permission request in 24 hours and 2 in 7 days per user.');
    }
    pair.requests.push(this.#clock.now());
  }

  /** May a call start now? @throws GraphError 138006, 138012. */
  checkCall(phoneNumberId: string, waId: string): void {
    if (this.grantOf(phoneNumberId, waId).kind === 'none') {
      throw new GraphError(138006, 'The user has not approved calls from this business.');
    }
    const connected = this.#connectedToday(this.#pair(phoneNumberId, waId));
    if (connected.length >= limits.connectedPerDay) {
      const next = Math.ceil((connected[0]! + day) / 1000);
      throw new GraphError(138012, `Limit of connected calls in 24 hours reached. Next call allowed at ${next}.`);
    }
  }

  /** A call was picked up, in either direction: the counters of requests and of missed calls start anew. */
  callConnected(phoneNumberId: string, waId: string, businessInitiated: boolean): void {
    const pair = this.#pair(phoneNumberId, waId);
    pair.requests = [];
    pair.unanswered = 0;
    if (businessInitiated) pair.connected.push(this.#clock.now());
  }

  /** A business-initiated call was not answered or declined. The fourth in a row takes the permission away. */
  callUnanswered(phoneNumberId: string, waId: string): 'nothing' | 'warned' | 'revoked' {
    const pair = this.#pair(phoneNumberId, waId);
    pair.unanswered += 1;
    if (pair.unanswered === limits.warnAfterUnanswered) return 'warned';
    if (pair.unanswered < limits.revokeAfterUnanswered) return 'nothing';
    this.revoke(phoneNumberId, waId);
    return 'revoked';
  }

  /** The answer of `GET /{number}/call_permissions`. */
  describe(phoneNumberId: string, waId: string, callable: boolean): Record<string, unknown> {
    const pair = this.#pair(phoneNumberId, waId);
    const grant: Grant = callable ? this.grantOf(phoneNumberId, waId) : { kind: 'none' };
    const connected = this.#connectedToday(pair);
    const full = connected.length >= limits.connectedPerDay;
    return {
      messaging_product: 'whatsapp',
      permission: {
        status: grant.kind === 'none' ? 'no_permission' : grant.kind,
        ...(grant.kind === 'temporary' && { expiration_time: Math.floor(grant.until / 1000) }),
      },
      actions: [
        {
          action_name: 'send_call_permission_request',
          can_perform_action: callable && grant.kind !== 'permanent' && this.#mayRequest(pair),
          limits: [
            describeLimit('PT24H', limits.requestsPerDay, this.#since(pair.requests, day)),
            describeLimit('P7D', limits.requestsPerWeek, this.#since(pair.requests, 7 * day)),
          ],
        },
        {
          action_name: 'start_call',
          can_perform_action: callable && grant.kind !== 'none' && !full,
          limits: [describeLimit('PT24H', limits.connectedPerDay, connected)],
        },
      ],
    };
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #mayRequest(pair: Pair): boolean {
    return (
      this.#since(pair.requests, day).length < limits.requestsPerDay &&
      this.#since(pair.requests, 7 * day).length < limits.requestsPerWeek
    );
  }

  #connectedToday(pair: Pair): number[] {
    pair.connected = this.#since(pair.connected, day);
    return pair.connected;
  }

  #since(times: readonly number[], span: number): number[] {
    const from = this.#clock.now() - span;
    return times.filter((time) => time > from);
  }

  #pair(phoneNumberId: string, waId: string): Pair {
    const key = `${phoneNumberId} ${waId}`;
    let pair = this.#pairs.get(key);
    if (!pair) {
      pair = { grant: { kind: 'none' }, requests: [], connected: [], unanswered: 0, contactAt: undefined };
      this.#pairs.set(key, pair);
    }
    return pair;
  }
}

/** @param times of what counts, oldest first; with the limit reached, the first one to fall out frees it. */
function describeLimit(period: 'PT24H' | 'P7D', allowed: number, times: readonly number[]): Record<string, unknown> {
  const span = period === 'PT24H' ? day : 7 * day;
  const [oldest] = times;
  return {
    time_period: period,
    max_allowed: allowed,
    current_usage: times.length,
    ...(times.length >= allowed &&
      oldest !== undefined && { limit_expiration_time: Math.ceil((oldest + span) / 1000) }),
  };
}
