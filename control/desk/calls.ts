import type { CallEvent } from '../call/events.ts';
import { findCalls, type CallRecord } from '../call/record.ts';
import type { Runner } from '../call/runner.ts';
import type { Person } from '../call/states.ts';
import { viewOf } from '../call/view.ts';
import type { CallId } from '../contract/ids.ts';
import type { Control, DeskCaller } from '../control.ts';
import { notFound, refusalOf } from '../pickup/refusal.ts';
import type { ClockPort } from '../ports.ts';
import type { Database } from '../store/database.ts';

type Handlers = Pick<
  Control['desk'],
  'call:accept' | 'call:decline' | 'call:hangup' | 'call:mute' | 'call:rejoin' | 'call:report'
>;
type Parts = {
  database: Database;
  clock: ClockPort;
  runner: Runner;
  pickUp: (callId: CallId, by: Person) => Promise<{ record: CallRecord }>;
};
type Doing = {
  readonly [T in CallEvent['type']]: Omit<Extract<CallEvent, { type: T }>, 'at' | 'by'>;
}['declined' | 'hungUp' | 'muted' | 'rejoined' | 'reported'];

export const personOf = ({ user, deskId }: DeskCaller): Person => ({ userId: user.id, name: user.name, deskId });

/** What desks do with calls that exist. */
export function createDeskCalls({ database, clock, runner, pickUp }: Parts): Handlers {
  const owners = createOwners(database);

  async function mine({ user }: DeskCaller, callId: CallId): Promise<void> {
    if ((await owners(callId)) !== user.workspaceId) throw notFound();
  }
  async function act(caller: DeskCaller, callId: CallId, asked: Parameters<typeof refusalOf>[2], doing: Doing) {
    await mine(caller, callId);
    const by = personOf(caller);
    const event = { ...doing, by, at: clock.now() } as CallEvent;
    const { record, ignored } = await runner.apply(callId, event);
    if (ignored) throw refusalOf(record.state, by, asked);
    return { call: viewOf(record) };
  }

  return {
    async 'call:accept'(caller, { callId }) {
      await mine(caller, callId);
      const { record } = await pickUp(callId, personOf(caller));
      return { call: viewOf(record) };
    },
    'call:decline': (caller, { callId }) => act(caller, callId, 'decline', { type: 'declined' }),
    'call:hangup': (caller, { callId }) => act(caller, callId, 'hangup', { type: 'hungUp' }),
    'call:mute': (caller, { callId, muted }) => act(caller, callId, 'mute', { type: 'muted', muted }),
    'call:rejoin': (caller, { callId }) => act(caller, callId, 'rejoin', { type: 'rejoined' }),
    async 'call:report'(caller, { callId, what }) {
      await mine(caller, callId);
      // A report about a call that has just ended is late, and no mistake of the desk.
      await runner.apply(callId, { type: 'reported', what, by: personOf(caller), at: clock.now() });
      return {};
    },
  };
}

/** Whose call is it? That never changes, and in the race for a call everybody asks at once. */
function createOwners(database: Database): (callId: CallId) => Promise<string | undefined> {
  const known = new Map<CallId, Promise<string | undefined>>();
  const most = 10_000;
  return (callId) => {
    const memory = known.get(callId);
    if (memory) return memory;
    const owner = findCalls(database.pool, 'c.id = $1', [callId]).then(([record]) => {
      if (!record) known.delete(callId);
      return record?.workspaceId;
    });
    owner.catch(() => known.delete(callId));
    if (known.size >= most) known.clear();
    known.set(callId, owner);
    return owner;
  };
}
