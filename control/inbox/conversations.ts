import { Fault } from '../contract/fault.ts';
import type { ConversationId, NumberId, WorkspaceId } from '../contract/ids.ts';
import type { RouteBody, RouteQuery, RouteReply } from '../contract/rest.ts';
import type { ConversationView, MessageView } from '../contract/views.ts';
import type { Caller } from '../control.ts';
import type { Permissions } from '../permission/permissions.ts';
import { mayCall } from '../permission/rules.ts';
import type { Sql } from '../store/database.ts';
import { findConversations, viewOf, type ConversationRecord } from './conversation-view.ts';
import { pageOf, placeOf } from './cursor.ts';
import { findOrCreateCustomer } from './customers.ts';
import { entryViews, findEntries } from './entries.ts';
import { requireConversation } from './require.ts';
import { createTeller, type TellerDeps } from './teller.ts';

/** What the team sees of its conversations. */
export type Conversations = {
  list(caller: Caller, query: RouteQuery<'conversations:list'>): Promise<RouteReply<'conversations:list'>>;
  start(caller: Caller, body: RouteBody<'conversations:start'>): Promise<ConversationView>;
  get(caller: Caller, id: ConversationId): Promise<ConversationView>;
  thread(
    caller: Caller,
    id: ConversationId,
    query: RouteQuery<'conversations:thread'>,
  ): Promise<{ items: MessageView[]; next: string | null }>;
  read(caller: Caller, id: ConversationId): Promise<ConversationView>;
};

// How long our record of "not allowed" is taken for granted before Meta is asked again.
const trustMs = 10 * 60_000;

export function createConversations(
  deps: TellerDeps & { readonly permissions: Pick<Permissions, 'refresh'> },
): Conversations {
  const { database, permissions, log } = deps;
  const { clock } = deps.ports;
  const teller = createTeller(deps);

  /**
   * A permission may have been given where we did not see it: in the customer's profile, or before the
   * number came to us. Whoever looks at a conversation that may not be called hears of it by a notice.
   */
  function checkPermission({ workspaceId, number, contact, contactId, permission }: ConversationRecord): void {
    const now = clock.now();
    if (mayCall(permission, now) || !number.callingEnabled) return;
    if (contact.phone === null && contact.userId === null) return;
    if (permission.checkedAt !== null && now < permission.checkedAt + trustMs) return;
    permissions.refresh({ workspaceId, numberId: number.id, contactId }).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'a permission was not looked at again');
    });
  }

  return {
    async list({ user }, { cursor, limit, search }) {
      const values: unknown[] = [user.workspaceId];
      const bind = (value: unknown): string => `$${values.push(value)}`;
      let where = 'v.workspace_id = $1';
      const wanted = search?.trim() ?? '';
      if (wanted !== '') where += ` AND ${matches(wanted, bind)}`;
      if (cursor !== undefined) {
        const { at, id } = placeOf(cursor);
        where += ` AND (v.last_activity_at, v.id) < (${bind(at)}, ${bind(id)})`;
      }
      const order = `ORDER BY v.last_activity_at DESC, v.id DESC LIMIT ${bind(limit + 1)}`;
      const records = await findConversations(database.pool, `WHERE ${where} ${order}`, values);
      const { items, next } = pageOf(records, limit, ({ lastActivityAt, id }) => ({
        at: new Date(lastActivityAt),
        id,
      }));
      return { items: items.map((record) => viewOf(record, clock.now())), next };
    },

    async start(caller, { phone, name, numberId }) {
      const { workspaceId } = caller.user;
      const number = numberId ?? (await firstNumberOf(database.pool, workspaceId));
      const party = { phone, userId: null, name: name ?? null };
      const { conversationId } = await database.transaction(async (sql) => {
        await assertOwnNumber(sql, workspaceId, number);
        const at = clock.now();
        return findOrCreateCustomer(sql, { workspaceId, numberId: number, party, at, namedBy: 'team' });
      });
      await teller.changed({ workspaceId, conversationId });
      const record = await requireConversation(database.pool, caller, conversationId);
      checkPermission(record);
      return viewOf(record, clock.now());
    },

    async get(caller, id) {
      const record = await requireConversation(database.pool, caller, id);
      checkPermission(record);
      return viewOf(record, clock.now());
    },

    async thread(caller, id, { cursor, limit }) {
      await requireConversation(database.pool, caller, id);
      const values: unknown[] = [id, limit + 1];
      let where = 'conversation_id = $1';
      if (cursor !== undefined) {
        const place = placeOf(cursor);
        values.push(place.at, place.id);
        where += ' AND (at, id) < ($3, $4)';
      }
      const rows = await findEntries(database.pool, `WHERE ${where} ORDER BY at DESC, id DESC LIMIT $2`, values);
      const { items, next } = pageOf(rows, limit, (row) => row);
      return { items: await entryViews(database.pool, items), next };
    },

    async read(caller, id) {
      const { rowCount } = await database.pool.query(
        'UPDATE conversations SET unread = 0 WHERE workspace_id = $1 AND id = $2 AND unread > 0',
        [caller.user.workspaceId, id],
      );
      if (rowCount) await teller.changed({ workspaceId: caller.user.workspaceId, conversationId: id });
      return viewOf(await requireConversation(database.pool, caller, id), clock.now());
    },
  };
}

/** Part of the name, or of the number in whatever way it was typed. */
function matches(search: string, bind: (value: unknown) => string): string {
  const byName = `ct.name ILIKE ${bind(`%${literally(search)}%`)}`;
  const digits = search.replaceAll(/[\s().+-]/g, '');
  return /^\d+$/.test(digits) ? `(${byName} OR ct.phone LIKE ${bind(`%${digits}%`)})` : byName;
}

const literally = (text: string): string => text.replaceAll('\0', '').replaceAll(/[\\%_]/g, String.raw`\$&`);

async function firstNumberOf(sql: Sql, workspaceId: WorkspaceId): Promise<NumberId> {
  const { rows } = await sql.query<{ id: NumberId }>(
    'SELECT id FROM numbers WHERE workspace_id = $1 ORDER BY calling_enabled DESC, created_at, id LIMIT 1',
    [workspaceId],
  );
  if (!rows[0]) throw new Fault('number/not-found', 'There is no number yet. An admin has to connect one first.');
  return rows[0].id;
}

async function assertOwnNumber(sql: Sql, workspaceId: WorkspaceId, numberId: NumberId): Promise<void> {
  const { rows } = await sql.query('SELECT 1 FROM numbers WHERE workspace_id = $1 AND id = $2', [
    workspaceId,
    numberId,
  ]);
  if (!rows[0]) throw new Fault('number/not-found', 'This number does not exist.');
}
