import type { CallEvent } from '../call/events.ts';
import { findCalls } from '../call/record.ts';
import { viewOf } from '../call/view.ts';
import { describe } from '../call/words.ts';
import { Fault } from '../contract/fault.ts';
import type { CallId } from '../contract/ids.ts';
import type { RouteQuery, RouteReply } from '../contract/rest.ts';
import type { CallHistoryEntry } from '../contract/views.ts';
import type { Caller } from '../control.ts';
import { pageOf, placeOf } from '../inbox/cursor.ts';
import type { Database, Sql } from '../store/database.ts';

/** The call log: every call of the workspace from its first ring. */
export type CallLog = {
  list(caller: Caller, query: RouteQuery<'calls:list'>): Promise<RouteReply<'calls:list'>>;
  /** @throws Fault `call/not-found`, for those of other workspaces as well. */
  get(caller: Caller, id: CallId): Promise<RouteReply<'calls:get'>>;
};

export function createCallLog({ database }: { readonly database: Database }): CallLog {
  return {
    async list({ user }, { cursor, limit, conversationId, direction, disposition }) {
      const values: unknown[] = [user.workspaceId];
      const bind = (value: unknown): string => `$${values.push(value)}`;
      const where = ['c.workspace_id = $1'];
      if (conversationId !== undefined) where.push(`c.conversation_id = ${bind(conversationId)}`);
      if (direction !== undefined) where.push(`c.direction = ${bind(direction)}`);
      if (disposition !== undefined) where.push(`c.disposition = ${bind(disposition)}`);
      if (cursor !== undefined) {
        const { at, id } = placeOf(cursor);
        where.push(`(c.started_at, c.id) < (${bind(at)}, ${bind(id)})`);
      }
      const order = `ORDER BY c.started_at DESC, c.id DESC LIMIT ${bind(limit + 1)}`;
      const records = await findCalls(database.pool, `${where.join(' AND ')} ${order}`, values);
      const { items, next } = pageOf(records, limit, ({ startedAt, id }) => ({ at: startedAt, id }));
      return { items: items.map(viewOf), next };
    },

    async get({ user }, id) {
      const [record] = await findCalls(database.pool, 'c.workspace_id = $1 AND c.id = $2', [user.workspaceId, id]);
      if (!record) throw new Fault('call/not-found', 'This call does not exist.');
      return { call: viewOf(record), history: await historyOf(database.pool, id) };
    },
  };
}

type EventRow = {
  at: Date;
  event: CallEvent;
  phase_before: CallHistoryEntry['phaseBefore'];
  phase_after: CallHistoryEntry['phaseAfter'];
  ignored: boolean;
};

async function historyOf(sql: Sql, id: CallId): Promise<CallHistoryEntry[]> {
  const { rows } = await sql.query<EventRow>(
    'SELECT at, event, phase_before, phase_after, ignored FROM call_events WHERE call_id = $1 ORDER BY id',
    [id],
  );
  return rows.map((row) => ({
    at: row.at.toISOString(),
    event: row.event.type,
    text: describe(row.event),
    phaseBefore: row.phase_before,
    phaseAfter: row.phase_after,
    ignored: row.ignored,
  }));
}
