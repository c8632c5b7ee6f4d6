import type { CallView } from '../contract/views.ts';
import { findCalls, type CallRecord } from '../call/record.ts';
import { viewOf as callViewOf } from '../call/view.ts';
import { createId, type ConversationId, type NumberId, type ContactId, type WorkspaceId } from '../contract/ids.ts';
import { expirePermissions, lockPermission, savePermission } from '../permission/record.ts';
import { requestLost } from '../permission/rules.ts';
import type { CarrierEvent } from '../ports.ts';
import type { Sql } from '../store/database.ts';
import { findOrCreateCustomer } from './customers.ts';
import { entryColumns, insertEntry, touchConversation, type EntryRow, type NewEntry } from './entries.ts';
import { ownerOf } from './numbers.ts';
import { callInWords, firstWords, otherInWords } from './preview.ts';
import { failureOf, sweepStatuses, takeStatus } from './statuses.ts';
import { createTeller, type TellerDeps } from './teller.ts';
import { windowFrom } from './window.ts';

type Event<K extends CarrierEvent['kind']> = Extract<CarrierEvent, { kind: K }>;

/** What happens to conversations from outside; each change is told to the desks after its commit. */
export type Threads = {
  /** The customer wrote. A message that is known already changes nothing. */
  messageReceived(event: Event<'message'>): Promise<void>;
  /** A message of ours came further, or did not arrive. */
  messageStatusChanged(event: Event<'message-status'>): Promise<void>;
  /** A call took a step: its thread, preview, unread count and window follow. Stale views are ignored. */
  callChanged(call: CallView): Promise<void>;
  /** Mends what a process that died left undone; to be called now and then. */
  sweep(): Promise<void>;
};

/** How far back the first sweep of a process looks, after who knows how long; and those that follow it closely. */
const atStartMs = 24 * 3_600_000;
const soonMs = 15 * 60_000;

export function createThreads(deps: TellerDeps): Threads {
  const { database, log } = deps;
  const { clock } = deps.ports;
  const teller = createTeller(deps);
  let lookBackMs = atStartMs;
  const tell = (entry: EntryRow): Promise<void> =>
    teller.changed({ workspaceId: entry.workspace_id, conversationId: entry.conversation_id }, [entry]);

  async function callChanged(call: CallView): Promise<void> {
    const entry = await database.transaction((sql) => recordCall(sql, call));
    if (entry) await tell(entry);
  }

  return {
    async messageReceived(event) {
      const owner = await ownerOf(database.pool, event.phoneNumberId);
      if (!owner) {
        log.warn({ phoneNumberId: event.phoneNumberId }, 'a message for a number that is not ours');
        return;
      }
      // Meta's clock may be ahead; what has happened is not in the future.
      const at = Math.min(event.at, clock.now());
      const entry = await database.transaction(async (sql) => {
        const { conversationId } = await findOrCreateCustomer(sql, { ...owner, party: event.customer, at });
        return recordMessage(sql, event, { ...owner, conversationId, at: new Date(at) });
      });
      if (entry) await tell(entry);
    },

    async messageStatusChanged(event) {
      const owner = await ownerOf(database.pool, event.phoneNumberId);
      if (!owner) return;
      const failure = event.status === 'failed' ? failureOf(event.error) : null;
      const report = { status: event.status, failure, at: clock.now() };
      const entry = await database.transaction(async (sql) => {
        const changed = await takeStatus(sql, owner.workspaceId, event.carrierMessageId, report);
        if (changed?.kind === 'permission' && changed.status === 'failed') await forgetRequest(sql, changed);
        return changed;
      });
      if (entry) await tell(entry);
    },

    callChanged,

    async sweep() {
      const now = clock.now();
      for (const entry of await sweepStatuses(database.pool, now)) await tell(entry);
      for (const expired of await expirePermissions(database.pool, now)) await teller.changed(expired);
      for (const record of await findBehind(database.pool, new Date(now - lookBackMs))) {
        await callChanged(callViewOf(record));
      }
      lookBackMs = soonMs;
    },
  };
}

/** Calls that have gone on since their thread last heard of them. */
async function findBehind(sql: Sql, endedSince: Date): Promise<CallRecord[]> {
  const isBehind = 'NOT EXISTS (SELECT FROM messages m WHERE m.call_id = c.id AND m.call_revision >= c.revision)';
  // Two conditions with an index each.
  const going = await findCalls(sql, `c.phase <> 'ended' AND ${isBehind}`, []);
  const over = await findCalls(sql, `c.ended_at > $1 AND ${isBehind}`, [endedSince]);
  return [...going, ...over];
}

type Place = { readonly workspaceId: WorkspaceId; readonly conversationId: ConversationId; readonly at: Date };

// What a person typed or tapped; everything else is shown as what it is.
const textTypes = new Set(['text', 'button', 'interactive']);

async function recordMessage(sql: Sql, event: Event<'message'>, place: Place): Promise<EntryRow | undefined> {
  // Postgres has no way to store the character 0.
  const text = event.text?.replaceAll('\0', '') ?? null;
  const isText = textTypes.has(event.type) && text !== null;
  const entry: NewEntry = {
    workspace_id: place.workspaceId,
    conversation_id: place.conversationId,
    at: place.at,
    kind: isText ? 'text' : 'other',
    sender: 'customer',
    text,
    status: 'received',
    type: event.type,
    carrier_message_id: event.carrierMessageId,
  };
  const inserted = await insertEntry(sql, entry);
  if (!inserted) return undefined;
  await touchConversation(sql, place.conversationId, {
    at: place.at,
    preview: isText ? firstWords(text) : otherInWords(event.type, text),
    unread: 1,
    windowUntil: windowFrom(place.at.getTime()),
  });
  return inserted;
}

/** A permission request that did not arrive waits for no answer. */
async function forgetRequest(sql: Sql, { workspace_id: workspaceId, conversation_id }: EntryRow): Promise<void> {
  const { rows } = await sql.query<{ numberId: NumberId; contactId: ContactId }>(
    'SELECT number_id AS "numberId", contact_id AS "contactId" FROM conversations WHERE id = $1',
    [conversation_id],
  );
  if (!rows[0]) return;
  const pair = { workspaceId, ...rows[0] };
  await savePermission(sql, pair, requestLost(await lockPermission(sql, pair)));
}

const missed: ReadonlySet<CallView['disposition']> = new Set(['missed', 'abandoned', 'failed']);

/** @returns the call's entry, or undefined when nothing that a thread shows has changed */
async function recordCall(sql: Sql, call: CallView): Promise<EntryRow | undefined> {
  const { rows: known } = await sql.query<{ call_phase: CallView['phase'] }>(
    'SELECT call_phase FROM messages WHERE call_id = $1 FOR UPDATE',
    [call.id],
  );
  // Read off the call and not off its view: contacts may have become one in between.
  const { rows } = await sql.query<EntryRow>(
    `INSERT INTO messages (id, workspace_id, conversation_id, at, kind, call_id, call_revision, call_phase)
     SELECT $2, workspace_id, conversation_id, started_at, 'call', id, $3, $4 FROM calls WHERE id = $1
     ON CONFLICT (call_id) DO UPDATE SET call_revision = $3, call_phase = $4 WHERE messages.call_revision < $3
     RETURNING ${entryColumns}`,
    [call.id, createId('msg', Date.parse(call.startedAt)), call.revision, call.phase],
  );
  const [entry] = rows;
  if (!entry) return undefined;
  const before = known[0]?.call_phase;
  const ended = call.phase === 'ended';
  if (before === call.phase && !ended) return undefined;
  const inbound = call.direction === 'inbound';
  const contactAt = inbound ? call.startedAt : call.answeredAt;
  const isNewlyMissed = ended && before !== 'ended' && inbound && missed.has(call.disposition);
  await touchConversation(sql, entry.conversation_id, {
    at: new Date(call.endedAt ?? call.answeredAt ?? call.startedAt),
    preview: callInWords(call),
    unread: isNewlyMissed && call.answeredAt === null ? 1 : 0,
    windowUntil: contactAt === null ? null : windowFrom(Date.parse(contactAt)),
  });
  return entry;
}
