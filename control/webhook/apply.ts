import type { Log } from '../../ops/runtime/log.ts';
import type { CallEvent } from '../call/events.ts';
import { findCalls, type CallIdentity } from '../call/record.ts';
import type { Runner } from '../call/runner.ts';
import { CallId, createId, type NodeId, type WorkspaceId } from '../contract/ids.ts';
import { findOrCreateCustomer } from '../inbox/customers.ts';
import type { CarrierEvent, ClockPort } from '../ports.ts';
import type { Threads } from '../inbox/threads.ts';
import type { Permissions } from '../permission/permissions.ts';
import type { Numbers, StoredNumber } from '../number/numbers.ts';
import type { Database } from '../store/database.ts';
import type { Placement } from '../watch/placement.ts';
import { TooEarly } from './inbox.ts';

type Of<K extends CarrierEvent['kind']> = Extract<CarrierEvent, { kind: K }>;
type AboutCall = Of<'call-offered' | 'call-answered' | 'call-status' | 'call-terminated'>;

type Parts = {
  database: Database;
  clock: ClockPort;
  log: Log;
  runner: Runner;
  numbers: Numbers;
  placement: Placement;
  threads: Pick<Threads, 'messageReceived' | 'messageStatusChanged'>;
  permissions: Pick<Permissions, 'replied'>;
  /** How long a call rings at this workspace's desks. */
  ringMs: (workspaceId: WorkspaceId) => Promise<number>;
};

/** An older terminate of an unknown outbound call is not worth waiting for. */
const hopefulMs = 20_000;

/** Meta tells of a call within a second or two; only a clock that is wrong, or a late repetition, shows more. */
const oddAgeMs = 30_000;

/** What Meta says, as events of our calls. */
export function createApply(parts: Parts): (event: CarrierEvent) => Promise<void> {
  const { database, clock, log, runner, numbers, placement, threads, permissions, ringMs } = parts;

  /** The call by Meta's id, or by our own that Meta gives back: its webhook may be faster than its reply. */
  async function find(number: StoredNumber, { carrierCallId, opaque }: AboutCall): Promise<CallId | undefined> {
    const ours = CallId.safeParse(opaque);
    const [call] = await findCalls(
      database.pool,
      'c.number_id = $1 AND (c.carrier_call_id = $2 OR (c.id = $3 AND c.carrier_call_id IS NULL))',
      [number.id, carrierCallId, ours.success ? ours.data : null],
    );
    return call?.id;
  }

  async function begin(
    number: StoredNumber,
    e: Of<'call-offered' | 'call-terminated'>,
    direction: CallIdentity['direction'],
    event: CallEvent,
  ): Promise<void> {
    const { id: numberId, workspaceId } = number;
    const { contactId, conversationId, contact } = await database.transaction((sql) =>
      findOrCreateCustomer(sql, { workspaceId, numberId, party: e.customer, at: e.at }),
    );
    const id = createId('call', clock.now());
    await runner.begin({
      of: { id, workspaceId, numberId, contactId, conversationId, direction },
      event,
      number,
      contact,
    });
  }

  async function offered(number: StoredNumber, e: Of<'call-offered'>): Promise<void> {
    const known = await find(number, e);
    const ageMs = clock.now() - e.at;
    if (Math.abs(ageMs) > oddAgeMs) log.warn({ ageMs }, 'an offer is old or of the future: is the clock right?');
    // A process that has never read the registry has to wait for Redis: the item is tried again.
    const nodeId: NodeId | null = known ? null : await placement.place();
    const event: CallEvent = {
      type: 'offered',
      at: clock.now(),
      carrierCallId: e.carrierCallId,
      sdp: e.sdp,
      sentAt: e.at,
      ringMs: await ringMs(number.workspaceId),
      nodeId,
    };
    await (known ? runner.apply(known, event) : begin(number, e, 'inbound', event));
  }

  async function terminated(number: StoredNumber, e: Of<'call-terminated'>): Promise<void> {
    const known = await find(number, e);
    const direction = e.direction ?? 'inbound';
    const { carrierCallId, failed, startedAt, endedAt, durationSeconds, error } = e;
    const event: CallEvent = {
      type: 'terminated',
      at: clock.now(),
      carrierCallId,
      direction,
      failed,
      startedAt,
      endedAt,
      durationSeconds,
      error,
    };
    if (known) await runner.apply(known, event);
    // It overtook its offer: the ended call is there for the offer to fall on.
    else if (direction === 'inbound') await begin(number, e, direction, event);
    else notOurs(e);
  }

  const statuses = { ringing: 'remoteRang', accepted: 'remoteAccepted', rejected: 'remoteRejected' } as const;
  async function onCall(number: StoredNumber, e: Of<'call-answered' | 'call-status'>): Promise<void> {
    const known = await find(number, e);
    if (!known) return notOurs(e);
    const { carrierCallId } = e;
    const at = clock.now();
    if (e.kind === 'call-answered') await runner.apply(known, { type: 'answered', at, carrierCallId, sdp: e.sdp });
    else await runner.apply(known, { type: statuses[e.status], at, carrierCallId });
  }

  /** A call that we placed a moment ago may not be known by Meta's id yet. One of another system never will be. */
  function notOurs(e: AboutCall): void {
    if (clock.now() - e.at < hopefulMs) throw new TooEarly('the call is not known');
    log.warn({ kind: e.kind }, 'webhook of a call that is not ours');
  }

  return async (event) => {
    const number = await numbers.byPhoneNumberId(event.phoneNumberId);
    if (!number) {
      log.warn({ kind: event.kind }, 'webhook of a number that is not ours');
      return;
    }
    switch (event.kind) {
      case 'call-offered':
        return offered(number, event);
      case 'call-terminated':
        return terminated(number, event);
      case 'call-answered':
      case 'call-status':
        return onCall(number, event);
      case 'message':
        return threads.messageReceived(event);
      case 'message-status':
        return threads.messageStatusChanged(event);
      case 'permission-reply':
        return permissions.replied(event);
    }
  };
}
