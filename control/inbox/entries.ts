import { findCalls } from '../call/record.ts';
import { viewOf as callViewOf } from '../call/view.ts';
import {
  createId,
  type CallId,
  type ConversationId,
  type MessageId,
  type UserId,
  type WorkspaceId,
} from '../contract/ids.ts';
import type { CallView, MessageView } from '../contract/views.ts';
import type { Sql } from '../store/database.ts';
import type { Outgoing } from './message-status.ts';
import { windowFrom } from './window.ts';

type Body = MessageView['body'];
type PermissionEvent = Extract<Body, { kind: 'permission' }>['what'];

/** One entry of a thread, as stored. Which columns are set goes with the kind. */
export type EntryRow = {
  id: MessageId;
  workspace_id: WorkspaceId;
  conversation_id: ConversationId;
  at: Date;
  kind: Body['kind'];
  sender: 'customer' | 'business' | null;
  text: string | null;
  author_id: UserId | null;
  author_name: string | null;
  status: Outgoing | 'received' | null;
  failure: string | null;
  carrier_message_id: string | null;
  call_id: CallId | null;
  permission_event: PermissionEvent | null;
  expires_at: Date | null;
  type: string | null;
};

export const entryColumns =
  'id, workspace_id, conversation_id, at, kind, sender, text, author_id, author_name, status, failure, ' +
  'carrier_message_id, call_id, permission_event, expires_at, type';

export type NewEntry = Pick<EntryRow, 'workspace_id' | 'conversation_id' | 'at' | 'kind'> & Partial<EntryRow>;

/** Adds to a thread. Undefined when the carrier's message stands in it already. */
export async function insertEntry(sql: Sql, entry: NewEntry): Promise<EntryRow | undefined> {
  const row = { id: createId('msg', entry.at.getTime()), ...entry };
  const names = Object.keys(row);
  const { rows } = await sql.query<EntryRow>(
    `INSERT INTO messages (${names.join(', ')}) VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')})
     ON CONFLICT (workspace_id, carrier_message_id) DO NOTHING
     RETURNING ${entryColumns}`,
    Object.values(row),
  );
  return rows[0];
}

export async function findEntries(sql: Sql, rest: string, values: unknown[]): Promise<EntryRow[]> {
  const { rows } = await sql.query<EntryRow>(`SELECT ${entryColumns} FROM messages ${rest}`, values);
  return rows;
}

/** Entries as desks see them, in the order given. */
export async function entryViews(sql: Sql, rows: readonly EntryRow[]): Promise<MessageView[]> {
  const ids = rows.map((row) => row.call_id).filter((id) => id !== null);
  const records = ids.length > 0 ? await findCalls(sql, 'c.id = ANY($1)', [ids]) : [];
  const calls = new Map(records.map((record) => [record.id, callViewOf(record)]));
  return rows.map((row) => ({
    id: row.id,
    conversationId: row.conversation_id,
    at: row.at.toISOString(),
    body: bodies[row.kind](row, calls),
  }));
}

type Calls = ReadonlyMap<CallId, CallView>;
const bodies: { readonly [K in Body['kind']]: (row: EntryRow, calls: Calls) => Body } = {
  text: ({ sender, text, author_name: authorName, status, failure }) => ({
    kind: 'text',
    from: sender ?? 'customer',
    text: text ?? '',
    authorName,
    status: status ?? 'received',
    failure,
  }),
  note: ({ text, author_name }) => ({ kind: 'note', text: text ?? '', authorName: author_name ?? '' }),
  call: ({ call_id }, calls) => {
    const call = call_id === null ? undefined : calls.get(call_id);
    if (!call) throw new Error('a call of a thread is not there');
    return { kind: 'call', call };
  },
  permission: ({ permission_event, author_name, expires_at }) => ({
    kind: 'permission',
    what: permission_event ?? 'requested',
    authorName: author_name,
    expiresAt: expires_at?.toISOString() ?? null,
  }),
  other: ({ type }) => ({ kind: 'other', type: type ?? 'unknown' }),
};

export type Activity = {
  readonly at: Date;
  readonly preview: string;
  /** How many things nobody of the team has seen yet it adds. */
  readonly unread?: number;
  /** Until when it opens the customer-service window, if it does. */
  readonly windowUntil?: Date | null;
};

/** Something happened in a conversation. What arrives late counts, yet does not become its newest. */
export async function touchConversation(sql: Sql, id: ConversationId, activity: Activity): Promise<void> {
  const { at, preview, unread = 0, windowUntil = null } = activity;
  await sql.query(
    `UPDATE conversations
        SET preview = CASE WHEN $2 >= last_activity_at OR preview = '' THEN $3 ELSE preview END,
            last_activity_at = greatest(last_activity_at, $2),
            unread = unread + $4,
            window_open_until = greatest(window_open_until, $5)
      WHERE id = $1`,
    [id, at, preview, unread, windowUntil],
  );
}

/** The customer did something that opens the customer-service window, and nothing else that a thread shows. */
export async function openWindow(sql: Sql, id: ConversationId, at: number): Promise<void> {
  await sql.query('UPDATE conversations SET window_open_until = greatest(window_open_until, $2) WHERE id = $1', [
    id,
    windowFrom(at),
  ]);
}

/** Meta says that the customer-service window is closed: its count wins over ours. */
export async function closeWindow(sql: Sql, id: ConversationId, at: number): Promise<void> {
  await sql.query('UPDATE conversations SET window_open_until = least(window_open_until, $2) WHERE id = $1', [
    id,
    new Date(at),
  ]);
}
