import { Fault } from '../contract/fault.ts';
import type { ConversationId } from '../contract/ids.ts';
import type { Caller } from '../control.ts';
import type { Sql } from '../store/database.ts';
import { findConversation, type ConversationRecord } from './conversation-view.ts';

/** A conversation of the caller's workspace. @throws Fault `conversation/not-found`, for those of others as well. */
export async function requireConversation(sql: Sql, { user }: Caller, id: ConversationId): Promise<ConversationRecord> {
  const record = await findConversation(sql, user.workspaceId, id);
  if (!record) throw new Fault('conversation/not-found', 'This conversation does not exist.');
  return record;
}
