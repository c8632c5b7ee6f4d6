import type { Log } from '../../ops/runtime/log.ts';
import type { ConversationId, WorkspaceId } from '../contract/ids.ts';
import type { ConversationView } from '../contract/views.ts';
import type { ClockPort, NotifierPort } from '../ports.ts';
import type { Database } from '../store/database.ts';
import { findConversation, viewOf } from './conversation-view.ts';
import { entryViews, type EntryRow } from './entries.ts';

export type TellerDeps = {
  readonly database: Database;
  readonly ports: { readonly notifier: NotifierPort; readonly clock: ClockPort };
  readonly log: Log;
};

export type Teller = {
  /**
   * Tells all desks of the workspace how the conversation is now, and what is new in its thread. Comes
   * after the commit, so it never fails: a desk that missed it sees the same with its next request.
   */
  changed(
    of: { workspaceId: WorkspaceId; conversationId: ConversationId },
    entries?: readonly EntryRow[],
  ): Promise<void>;
};

export function createTeller({ database, ports, log }: TellerDeps): Teller {
  const { notifier, clock } = ports;
  return {
    async changed({ workspaceId, conversationId }, entries = []) {
      try {
        const [record, messages] = await Promise.all([
          findConversation(database.pool, workspaceId, conversationId),
          entryViews(database.pool, entries),
        ]);
        for (const message of messages) notifier.toWorkspace(workspaceId, 'message:changed', { message });
        if (!record) return;
        const conversation: ConversationView = viewOf(record, clock.now());
        notifier.toWorkspace(workspaceId, 'conversation:changed', { conversation });
      } catch (error) {
        log.warn({ error: String(error), conversationId }, 'desks were not told of a change');
      }
    },
  };
}
