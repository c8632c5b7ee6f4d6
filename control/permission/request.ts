import { Fault } from '../contract/fault.ts';
import type { ConversationId, NumberId } from '../contract/ids.ts';
import type { ConversationView } from '../contract/views.ts';
import type { Caller } from '../control.ts';
import { viewOf, type ConversationRecord } from '../inbox/conversation-view.ts';
import { closeWindow, insertEntry, touchConversation } from '../inbox/entries.ts';
import { permissionInWords } from '../inbox/preview.ts';
import { requireConversation } from '../inbox/require.ts';
import { settleSent } from '../inbox/statuses.ts';
import { createTeller, type TellerDeps } from '../inbox/teller.ts';
import type { CarrierLine, CarrierPort } from '../ports.ts';
import type { Permissions } from './permissions.ts';
import { lockPermission, savePermission, type Pair } from './record.ts';
import { requested, requestWithdrawn, type Permission } from './rules.ts';
import { requestBlocked } from './words.ts';

export type RequestDeps = TellerDeps & {
  readonly ports: { readonly carrier: Pick<CarrierPort, 'requestPermission'> };
  readonly lineOf: (numberId: NumberId) => Promise<CarrierLine>;
  readonly permissions: Pick<Permissions, 'refresh' | 'refusedByCarrier'>;
};

/**
 * Asks the customer for permission to call. The request counts before Meta hears of it: two teammates,
 * or a process that dies, never ask twice. A request that Meta refuses is taken back.
 */
export function createRequests(deps: RequestDeps) {
  const { database, permissions, lineOf } = deps;
  const { carrier, clock } = deps.ports;
  const teller = createTeller(deps);

  /** Counts the request and puts it into the thread, if one is possible. */
  const reserve = (caller: Caller, record: ConversationRecord, text: string | null) =>
    database.transaction(async (sql) => {
      const now = clock.now();
      const pair = pairOf(record);
      const before = await lockPermission(sql, pair);
      assertMayRequest(before, record, now);
      await savePermission(sql, pair, requested(before, now));
      const at = new Date(now);
      const entry = await insertEntry(sql, {
        workspace_id: record.workspaceId,
        conversation_id: record.id,
        at,
        kind: 'permission',
        sender: 'business',
        permission_event: 'requested',
        text,
        author_id: caller.user.id,
        author_name: caller.user.name,
        status: 'sending',
      });
      if (!entry) throw new Error('an entry was not made');
      await touchConversation(sql, record.id, { at, preview: permissionInWords('requested') });
      return { entry, at: now, pendingBefore: before.pendingSince };
    });

  type Reserved = Awaited<ReturnType<typeof reserve>>;
  const withdraw = (record: ConversationRecord, reserved: Reserved): Promise<void> =>
    database.transaction(async (sql) => {
      const pair = pairOf(record);
      await savePermission(sql, pair, requestWithdrawn(await lockPermission(sql, pair), reserved));
      await sql.query('DELETE FROM messages WHERE id = $1', [reserved.entry.id]);
      await sql.query('UPDATE conversations SET preview = $2 WHERE id = $1', [record.id, record.preview]);
    });

  const ask = async ({ number, contact }: ConversationRecord, text: string | null) =>
    carrier.requestPermission(await lineOf(number.id), contact, text);

  /** Meta's refusal in the light of what it says about the limits now. */
  async function explain(record: ConversationRecord, fault: Fault): Promise<Fault> {
    const pair = pairOf(record);
    await permissions.refusedByCarrier(pair, fault);
    if (fault.code === 'carrier/window-closed') await closeWindow(database.pool, record.id, clock.now());
    // Asked too fast is another limit than asked too often.
    if (fault.code !== 'carrier/limit-reached' || fault.retryable) return fault;
    const known = await permissions.refresh(pair);
    const obstacle = requestBlocked(known, { now: clock.now(), windowOpenUntil: record.windowOpenUntil });
    const details = obstacle?.again ? { again: new Date(obstacle.again).toISOString() } : {};
    return new Fault('permission/limit-reached', obstacle?.text ?? fault.message, { details, cause: fault });
  }

  return {
    /**
     * @throws Fault `conversation/not-found`, `number/calling-off`, `permission/limit-reached` (`details.again`
     * says when), `carrier/permission-exists`, `carrier/window-closed`, or what Meta answers
     */
    async request(caller: Caller, conversationId: ConversationId, text: string | null): Promise<ConversationView> {
      let record = await requireConversation(database.pool, caller, conversationId);
      assertCanBeAsked(record);
      const when = { now: clock.now(), windowOpenUntil: record.windowOpenUntil };
      if (requestBlocked(record.permission, when)?.because === 'limit') {
        // Our count may be too strict: a call that we did not see resets Meta's.
        await permissions.refresh(pairOf(record));
        record = await requireConversation(database.pool, caller, conversationId);
      }
      const reserved = await reserve(caller, record, text);
      const sent = await ask(record, text).catch(async (error: unknown) => {
        await withdraw(record, reserved);
        const fault = error instanceof Fault ? await explain(record, error) : error;
        await teller.changed({ workspaceId: record.workspaceId, conversationId });
        throw fault;
      });
      const entry = await database.transaction((sql) => settleSent(sql, reserved.entry.id, sent.carrierMessageId));
      await teller.changed({ workspaceId: record.workspaceId, conversationId }, [entry ?? reserved.entry]);
      return viewOf(await requireConversation(database.pool, caller, conversationId), clock.now());
    },
  };
}

const pairOf = ({ workspaceId, number, contactId }: ConversationRecord): Pair => ({
  workspaceId,
  numberId: number.id,
  contactId,
});

function assertCanBeAsked({ number, contact, hasPlan }: ConversationRecord): void {
  if (!hasPlan) throw new Fault('account/forbidden', 'Calls are not part of your plan.');
  if (!number.callingEnabled) {
    throw new Fault('number/calling-off', 'Calling is switched off for this number. A manager can switch it on.');
  }
  if (contact.phone === null && contact.userId === null) {
    throw new Fault('carrier/not-callable', 'There is no phone number and no WhatsApp user id to ask.');
  }
}

const codes = {
  limit: 'permission/limit-reached',
  permanent: 'carrier/permission-exists',
  window: 'carrier/window-closed',
} as const;

function assertMayRequest(permission: Permission, { windowOpenUntil }: ConversationRecord, now: number): void {
  const obstacle = requestBlocked(permission, { now, windowOpenUntil });
  if (!obstacle) return;
  const details = obstacle.again === null ? {} : { again: new Date(obstacle.again).toISOString() };
  throw new Fault(codes[obstacle.because], obstacle.text, { details });
}
