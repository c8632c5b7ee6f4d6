import { Fault } from '../contract/fault.ts';
import type { ConversationId, NumberId } from '../contract/ids.ts';
import type { MessageView } from '../contract/views.ts';
import type { Caller } from '../control.ts';
import type { CarrierLine, CarrierPort } from '../ports.ts';
import type { ConversationRecord } from './conversation-view.ts';
import { closeWindow, entryViews, insertEntry, touchConversation, type EntryRow } from './entries.ts';
import { firstWords } from './preview.ts';
import { requireConversation } from './require.ts';
import { settleFailed, settleSent } from './statuses.ts';
import { createTeller, type TellerDeps } from './teller.ts';

export type WriterDeps = TellerDeps & {
  readonly ports: { readonly carrier: Pick<CarrierPort, 'sendText'> };
  readonly lineOf: (numberId: NumberId) => Promise<CarrierLine>;
};

/** What the team writes: texts to the customer, and notes to each other. */
export type Writer = {
  /**
   * Sends a text. It is in the thread as `sending` before WhatsApp is asked, and is never asked twice: if
   * this process dies in between, `sweep` says that nobody knows. Refused by WhatsApp: `failed`, with why.
   * @throws Fault `conversation/not-found`, `carrier/window-closed`, `carrier/not-callable`
   */
  send(caller: Caller, conversationId: ConversationId, text: string): Promise<MessageView>;
  note(caller: Caller, conversationId: ConversationId, text: string): Promise<MessageView>;
};

export function createWriter(deps: WriterDeps): Writer {
  const { database, log, lineOf } = deps;
  const { carrier, clock } = deps.ports;
  const teller = createTeller(deps);

  /** Puts it into the thread and tells everybody. */
  async function add(by: Written): Promise<EntryRow> {
    const at = new Date(clock.now());
    const { user } = by.caller;
    const entry = await database.transaction(async (sql) => {
      const inserted = await insertEntry(sql, {
        workspace_id: user.workspaceId,
        conversation_id: by.conversationId,
        at,
        kind: by.kind,
        sender: 'business',
        text: by.text,
        author_id: user.id,
        author_name: user.name,
        status: by.kind === 'text' ? 'sending' : null,
      });
      const before = by.kind === 'note' ? `Note by ${user.name}` : user.name;
      await touchConversation(sql, by.conversationId, { at, preview: firstWords(`${before}: ${by.text}`) });
      return inserted;
    });
    if (!entry) throw new Error('an entry was not made');
    await teller.changed({ workspaceId: user.workspaceId, conversationId: by.conversationId }, [entry]);
    return entry;
  }

  async function viewOf(entry: EntryRow): Promise<MessageView> {
    const [view] = await entryViews(database.pool, [entry]);
    if (!view) throw new Error('an entry has no view');
    return view;
  }

  /** Asks WhatsApp; the entry as it is after that. */
  async function post(entry: EntryRow, { number, contact }: ConversationRecord): Promise<EntryRow | undefined> {
    let carrierMessageId: string;
    try {
      const line = await lineOf(number.id);
      ({ carrierMessageId } = await carrier.sendText(line, contact, entry.text ?? ''));
    } catch (error) {
      // The stack alone: what else such an error carries may quote the message.
      if (error instanceof Error && !(error instanceof Fault)) {
        log.error({ stack: error.stack, messageId: entry.id }, 'a message was not sent');
      }
      const { code, message } = Fault.toWire(error);
      if (code === 'carrier/window-closed') await closeWindow(database.pool, entry.conversation_id, clock.now());
      return settleFailed(database.pool, entry.id, message);
    }
    return database.transaction((sql) => settleSent(sql, entry.id, carrierMessageId));
  }

  return {
    async send(caller, conversationId, text) {
      const record = await requireConversation(database.pool, caller, conversationId);
      assertWritable(record, clock.now());
      const entry = await add({ kind: 'text', caller, conversationId, text: storable(text) });
      const settled = await post(entry, record);
      if (settled) await teller.changed({ workspaceId: record.workspaceId, conversationId }, [settled]);
      return viewOf(settled ?? entry);
    },

    async note(caller, conversationId, text) {
      await requireConversation(database.pool, caller, conversationId);
      return viewOf(await add({ kind: 'note', caller, conversationId, text: storable(text) }));
    },
  };
}

type Written = {
  readonly kind: 'text' | 'note';
  readonly caller: Caller;
  readonly conversationId: ConversationId;
  readonly text: string;
};

/** Postgres has no way to store the character 0, and no keyboard one to type it. */
const storable = (text: string): string => text.replaceAll('\0', '');

function assertWritable({ contact, windowOpenUntil }: ConversationRecord, now: number): void {
  if (contact.phone === null && contact.userId === null) {
    throw new Fault('carrier/not-callable', 'There is no phone number and no WhatsApp user id to write to.');
  }
  if (windowOpenUntil !== null && windowOpenUntil > now) return;
  throw new Fault(
    'carrier/window-closed',
    'WhatsApp lets us write within 24 hours after the customer wrote or called. Once they do, you can answer.',
  );
}
