import type { CallDirection } from '../contract/views.ts';
import type { CallId, ContactId, ConversationId, NumberId, WorkspaceId } from '../contract/ids.ts';
import type { CarrierParty } from '../ports.ts';
import type { Sql } from '../store/database.ts';
import type { CallCommand } from './commands.ts';
import { nextDeadline, type Deadline } from './deadlines.ts';
import type { CallEvent } from './events.ts';
import type { CallState } from './states.ts';

type Begun = Exclude<CallState, { phase: 'new' }>;

/** Whose call it is: fixed when it begins. */
export type CallIdentity = {
  readonly id: CallId;
  readonly workspaceId: WorkspaceId;
  readonly numberId: NumberId;
  readonly contactId: ContactId;
  readonly conversationId: ConversationId;
  readonly direction: CallDirection;
};

/** A call as it is stored, with the names that its view shows. */
export type CallRecord = CallIdentity & {
  readonly revision: number;
  readonly startedAt: Date;
  readonly state: Begun;
  readonly number: { readonly displayNumber: string; readonly label: string };
  readonly contact: CarrierParty & { readonly name: string };
};

type Row = {
  id: CallId;
  workspace_id: WorkspaceId;
  number_id: NumberId;
  contact_id: ContactId;
  conversation_id: ConversationId;
  direction: CallDirection;
  revision: number;
  started_at: Date;
  state: Begun;
  display_number: string;
  label: string;
  contact_name: string;
  contact_phone: string | null;
  contact_user_id: string | null;
};

/** The columns and joins of a `CallRecord`; more may stand before and behind it. */
export const recordSql = `
  SELECT c.id, c.workspace_id, c.number_id, c.contact_id, c.conversation_id, c.direction, c.revision, c.started_at,
         c.state, n.display_number, n.label,
         ct.name AS contact_name, ct.phone AS contact_phone, ct.carrier_user_id AS contact_user_id
    FROM calls c
    JOIN numbers n ON n.id = c.number_id
    JOIN contacts ct ON ct.id = c.contact_id`;

export const recordOf = (row: Row): CallRecord => ({
  id: row.id,
  workspaceId: row.workspace_id,
  numberId: row.number_id,
  contactId: row.contact_id,
  conversationId: row.conversation_id,
  direction: row.direction,
  revision: row.revision,
  startedAt: row.started_at,
  state: row.state,
  number: { displayNumber: row.display_number, label: row.label },
  contact: { name: row.contact_name, phone: row.contact_phone, userId: row.contact_user_id },
});

/** Every record that the condition finds; `$1…` are its values. */
export async function findCalls(sql: Sql, condition: string, values: unknown[]): Promise<CallRecord[]> {
  const { rows } = await sql.query<Row>(`${recordSql} WHERE ${condition}`, values);
  return rows.map(recordOf);
}

/** The record, and nobody else's until the transaction ends. */
export async function lockCall(sql: Sql, id: CallId): Promise<CallRecord | undefined> {
  const [record] = await findCalls(sql, 'c.id = $1 FOR UPDATE OF c', [id]);
  return record;
}

const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

/** What others look a call up by, read off its state. */
function columnsOf(state: Begun, deadline: Deadline | null) {
  const handler = 'handler' in state ? state.handler : null;
  const ended = state.phase === 'ended' ? state : null;
  const answeredAt = state.phase === 'live' || ended ? (state as { answeredAt: number | null }).answeredAt : null;
  return {
    phase: state.phase,
    state: JSON.stringify(state),
    carrier_call_id: state.carrierCallId,
    node_id: state.nodeId,
    handler_user_id: handler?.userId ?? null,
    handler_desk_id: handler?.deskId ?? null,
    deadline: deadline?.type ?? null,
    deadline_at: dateOf(deadline?.due ?? null),
    answered_at: dateOf(answeredAt),
    ended_at: dateOf(ended?.endedAt ?? null),
    duration_seconds: ended?.durationSeconds ?? null,
    disposition: ended?.disposition ?? null,
    end_reason: ended?.reason ?? null,
  };
}

/** Begins a call. False when Meta's id of it is known already. */
export async function insertCall(sql: Sql, of: CallIdentity, state: Begun, startedAt: number): Promise<boolean> {
  const row = {
    id: of.id,
    workspace_id: of.workspaceId,
    number_id: of.numberId,
    contact_id: of.contactId,
    conversation_id: of.conversationId,
    direction: of.direction,
    revision: 1,
    started_at: new Date(startedAt),
    ...columnsOf(state, nextDeadline(state)),
  };
  const names = Object.keys(row);
  const { rowCount } = await sql.query(
    `INSERT INTO calls (${names.join(', ')}) VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')})
     ON CONFLICT (carrier_call_id) DO NOTHING`,
    Object.values(row),
  );
  return rowCount === 1;
}

/** What one step leaves behind, for one statement: a round trip less is a faster pick-up. */
export type Trace = {
  readonly of: Pick<CallIdentity, 'id' | 'workspaceId'>;
  readonly event: CallEvent;
  readonly before: CallState['phase'];
  readonly after: Begun;
  readonly ignored: boolean;
  /** The new revision, or null when the state is as it was. */
  readonly revision: number | null;
  readonly commands: readonly CallCommand[];
  /** The outbox row whose result this event is. */
  readonly finished: number | null;
  readonly holder: string;
  readonly leaseUntil: number;
};

/** Saves the state, appends the event to the history, writes the commands. Returns their rows' ids, in order. */
export async function saveStep(sql: Sql, t: Trace): Promise<number[]> {
  const columns = t.revision === null ? {} : { revision: t.revision, ...columnsOf(t.after, nextDeadline(t.after)) };
  const names = Object.keys(columns);
  const values: unknown[] = [
    t.of.id,
    t.of.workspaceId,
    new Date(t.event.at),
    JSON.stringify(withoutSecrets(t.event)),
    t.before === 'new' ? null : t.before,
    t.after.phase,
    t.ignored,
    t.finished,
    t.commands.map((command) => JSON.stringify(command)),
    t.holder,
    new Date(t.leaseUntil),
    ...Object.values(columns),
  ];
  const update = names.length > 0 ? `UPDATE calls SET ${names.map((n, i) => `${n} = $${i + 12}`).join(', ')}` : '';
  const { rows } = await sql.query<{ id: number }>(
    `WITH history AS (
       INSERT INTO call_events (call_id, workspace_id, at, event, phase_before, phase_after, ignored)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
     ), finished AS (
       DELETE FROM outbox WHERE id = $8
     ) ${update && `, saved AS (${update} WHERE id = $1)`}
     INSERT INTO outbox (workspace_id, call_id, command, holder, lease_until)
     SELECT $2, $1, command::jsonb, $10, $11 FROM unnest($9::text[]) WITH ORDINALITY AS list (command, place)
      ORDER BY place
     RETURNING id`,
    values,
  );
  return rows.map(({ id }) => id);
}

/** Session descriptions carry credentials: the history shows that there was one, never which. */
function withoutSecrets(event: CallEvent): object {
  if (!('sdp' in event)) return event;
  const { sdp, ...rest } = event;
  return { ...rest, sdpBytes: sdp.length };
}
