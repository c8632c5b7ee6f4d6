import type { Runner } from '../call/runner.ts';
import { viewOf } from '../call/view.ts';
import { Fault } from '../contract/fault.ts';
import { createId } from '../contract/ids.ts';
import type { Control } from '../control.ts';
import { faultOf } from '../inbox/callability.ts';
import { callabilityIn, findConversation, type ConversationRecord } from '../inbox/conversation-view.ts';
import type { Permissions } from '../permission/permissions.ts';
import type { ClockPort } from '../ports.ts';
import type { Database } from '../store/database.ts';
import { noCapacity, type Placement } from '../watch/placement.ts';
import { personOf } from './calls.ts';

type Parts = {
  database: Database;
  clock: ClockPort;
  runner: Runner;
  placement: Placement;
  /** How long the customer's phone may ring. */
  dialMs: number;
  permissions: Pick<Permissions, 'requireToCall'>;
};

/**
 * An operator calls a customer.
 * @throws Fault that says what has to be done first, e.g. `permission/needed`, `number/calling-off`
 */
export function createDial(parts: Parts): Control['desk']['call:dial'] {
  const { database, clock, runner, placement, dialMs, permissions } = parts;

  /** The Call button's own reasons; only for the permission Meta is asked as well, since its word counts. */
  async function mustBeCallable(record: ConversationRecord): Promise<void> {
    const { because, text } = callabilityIn(record, clock.now());
    if (because === 'ok') return;
    if (because !== 'no-permission') throw new Fault(faultOf[because], text);
    const { workspaceId, number, contactId } = record;
    await permissions.requireToCall({ workspaceId, numberId: number.id, contactId });
  }

  return async (caller, { conversationId }) => {
    const { workspaceId } = caller.user;
    const to = await findConversation(database.pool, workspaceId, conversationId);
    if (!to) throw new Fault('conversation/not-found', 'This conversation does not exist.');
    await mustBeCallable(to);
    const nodeId = await placement.place();
    if (nodeId === null) throw noCapacity();
    const { number, contactId, contact } = to;
    const id = createId('call', clock.now());
    const { record } = await runner.begin({
      of: { id, workspaceId, numberId: number.id, contactId, conversationId, direction: 'outbound' },
      event: { type: 'dialed', at: clock.now(), by: personOf(caller), nodeId, dialMs },
      number,
      contact,
    });
    return { call: viewOf(record) };
  };
}
