import type { CallDirection } from '../contract/views.ts';
import type { CallId, ContactId, ConversationId, NumberId, WorkspaceId } from '../contract/ids.ts';
import type { CarrierParty } from '../ports.ts';
import type { Sql } from '../store/database.ts';
import type { CallCommand } from './commands.ts';
import { nextDeadline } from './deadlines.ts';
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

const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

/** What others look a call up by, read off its state. */
export function columnsOf(state: Begun) {
  const deadline = nextDeadline(state);
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

/** What one step leaves behind. */
export type Trace = {
  readonly of: CallIdentity;
  readonly startedAt: Date;
  readonly event: CallEvent;
  /** The state that was stepped from, and its revision: 0 for a call that begins. */
  readonly before: CallState;
  readonly revision: number;
  readonly after: Begun;
  readonly ignored: boolean;
  readonly commands: readonly CallCommand[];
  /** The outbox row whose result this event is. */
  readonly finished: number | null;
  readonly holder: string;
  readonly leaseUntil: number;
};

/**
 * Saves the state, appends the event to the history, writes the commands and strikes the one that it
 * answers: one statement, so all of it or nothing, in one round trip. It takes effect only if the call is
 * still as the step found it.
 * @returns the commands' rows in order; undefined when another process was first (or has begun the call)
 */
export async function saveStep(sql: Sql, t: Trace): Promise<number[] | undefined> {
  const write = writeOf(t, 12);
  const { rows } = await sql.query<{ saved: boolean; ids: number[] }>(
    `WITH saved AS (${write.text}), history AS (
       INSERT INTO call_events (call_id, workspace_id, at, event, phase_before, phase_after, ignored)
       SELECT $1, $2, $3::timestamptz, $4::jsonb, $5, $6, $7::boolean FROM saved
     ), finished AS (
       DELETE FROM outbox WHERE id = $8 AND EXISTS (SELECT FROM saved)
     ), commanded AS (
       INSERT INTO outbox (workspace_id, call_id, command, holder, lease_until)
       SELECT $2, $1, command::jsonb, $10, $11::timestamptz
         FROM saved, unnest($9::text[]) WITH ORDINALITY AS list (command, place) ORDER BY place
       RETURNING id
     )
     SELECT EXISTS (SELECT FROM saved) AS saved,
            coalesce((SELECT json_agg(id ORDER BY id) FROM commanded), '[]') AS ids`,
    [
      t.of.id,
      t.of.workspaceId,
      new Date(t.event.at),
      JSON.stringify(withoutSecrets(t.event)),
      t.before.phase === 'new' ? null : t.before.phase,
      t.after.phase,
      t.ignored,
      t.finished,
      t.commands.map((command) => JSON.stringify(command)),
      t.holder,
      new Date(t.leaseUntil),
      ...write.values,
    ],
  );
  return rows[0]?.saved ? rows[0].ids : undefined;
}

/** The statement that begins the call, changes it, or only makes sure that it is unchanged. */
function writeOf(t: Trace, firstPlace: number): { readonly text: string; readonly values: readonly unknown[] } {
  if (t.before === t.after) {
    return { text: `SELECT id FROM calls WHERE id = $1 AND revision = $${firstPlace}`, values: [t.revision] };
  }
  const columns = { revision: t.revision + 1, ...columnsOf(t.after) };
  if (t.revision > 0) {
    const assignments = Object.keys(columns).map((name, i) => `${name} = $${firstPlace + 1 + i}`);
    return {
      text: `UPDATE calls SET ${assignments.join(', ')} WHERE id = $1 AND revision = $${firstPlace} RETURNING id`,
      values: [t.revision, ...Object.values(columns)],
    };
  }
  const row = {
    number_id: t.of.numberId,
    contact_id: t.of.contactId,
    conversation_id: t.of.conversationId,
    direction: t.of.direction,
    started_at: t.startedAt,
    ...columns,
  };
  const places = Object.keys(row).map((_, i) => `$${firstPlace + i}`);
  return {
    text: `INSERT INTO calls (id, workspace_id, ${Object.keys(row).join(', ')}) VALUES ($1, $2, ${places.join(', ')})
           ON CONFLICT (carrier_call_id) DO NOTHING RETURNING id`,
    values: Object.values(row),
  };
}

/** Session descriptions carry credentials: the history shows that there was one, never which. */
function withoutSecrets(event: CallEvent): object {
  if (!('sdp' in event)) return event;
  const { sdp, ...rest } = event;
  return { ...rest, sdpBytes: sdp.length };
}
