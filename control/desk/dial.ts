import type { CallRecord } from '../call/record.ts';
import type { Runner } from '../call/runner.ts';
import { viewOf } from '../call/view.ts';
import { Fault } from '../contract/fault.ts';
import { createId, type ContactId, type ConversationId, type NumberId, type WorkspaceId } from '../contract/ids.ts';
import type { Control } from '../control.ts';
import type { ClockPort } from '../ports.ts';
import type { Database } from '../store/database.ts';
import { noCapacity, type Placement } from '../watch/placement.ts';
import { personOf } from './calls.ts';

type Pair = { readonly workspaceId: WorkspaceId; readonly numberId: NumberId; readonly contactId: ContactId };
type Parts = {
  database: Database;
  clock: ClockPort;
  runner: Runner;
  placement: Placement;
  dialMs: number;
  /** @throws Fault that says why this customer cannot be called from this number now. */
  requireToCall: (pair: Pair) => Promise<void>;
};

type Row = {
  number_id: NumberId;
  contact_id: ContactId;
  display_number: string;
  label: string;
  name: string;
  phone: string | null;
  carrier_user_id: string | null;
};

/** An operator calls a customer. */
export function createDial(parts: Parts): Control['desk']['call:dial'] {
  const { database, clock, runner, placement, dialMs, requireToCall } = parts;

  async function whom(workspaceId: WorkspaceId, conversationId: ConversationId): Promise<Row> {
    const { rows } = await database.pool.query<Row>(
      `SELECT cv.number_id, cv.contact_id, n.display_number, n.label, ct.name, ct.phone, ct.carrier_user_id
         FROM conversations cv JOIN numbers n ON n.id = cv.number_id JOIN contacts ct ON ct.id = cv.contact_id
        WHERE cv.id = $1 AND cv.workspace_id = $2`,
      [conversationId, workspaceId],
    );
    if (!rows[0]) throw new Fault('conversation/not-found', 'This conversation does not exist.');
    return rows[0];
  }

  return async (caller, { conversationId }) => {
    const { workspaceId } = caller.user;
    const to = await whom(workspaceId, conversationId);
    await requireToCall({ workspaceId, numberId: to.number_id, contactId: to.contact_id });
    const nodeId = await placement.place();
    if (nodeId === null) throw noCapacity();
    const id = createId('call', clock.now());
    const contact: CallRecord['contact'] = { name: to.name, phone: to.phone, userId: to.carrier_user_id };
    const { record } = await runner.begin({
      of: {
        id,
        workspaceId,
        numberId: to.number_id,
        contactId: to.contact_id,
        conversationId,
        direction: 'outbound',
      },
      event: { type: 'dialed', at: clock.now(), by: personOf(caller), nodeId, dialMs },
      number: { displayNumber: to.display_number, label: to.label },
      contact,
    });
    return { call: viewOf(record) };
  };
}
