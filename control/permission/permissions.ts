import { Fault } from '../contract/fault.ts';
import type { NumberId } from '../contract/ids.ts';
import { findOrCreateCustomer } from '../inbox/customers.ts';
import { insertEntry, openWindow, touchConversation, type EntryRow } from '../inbox/entries.ts';
import { ownerOf } from '../inbox/numbers.ts';
import { permissionInWords } from '../inbox/preview.ts';
import { createTeller, type TellerDeps } from '../inbox/teller.ts';
import type { CarrierEvent, CarrierLine, CarrierParty, CarrierPort } from '../ports.ts';
import type { Sql } from '../store/database.ts';
import { findPermission, lockPermission, savePermission, type Pair } from './record.ts';
import * as rules from './rules.ts';
import type { Change, Permission } from './rules.ts';
import { requestBlocked } from './words.ts';

export type PermissionDeps = TellerDeps & {
  readonly ports: { readonly carrier: Pick<CarrierPort, 'permission' | 'requestPermission'> };
  readonly lineOf: (numberId: NumberId) => Promise<CarrierLine>;
};

/** What we know of the customers' consent to be called, and how it changes. */
export type Permissions = {
  /**
   * May this number call the customer now? Where our record says no, Meta is asked, since its word counts.
   * @throws Fault `permission/needed` (send a request first), `permission/limit-reached` (none can be sent
   * now either; `details.again` says when)
   */
  requireToCall(pair: Pair): Promise<void>;
  /** The customer answered a request, or Meta gave or took a permission by itself. */
  replied(event: Extract<CarrierEvent, { kind: 'permission-reply' }>): Promise<void>;
  /** A call of either direction was picked up. */
  callConnected(pair: Pair): Promise<void>;
  /** A call of ours was declined or not answered. */
  unanswered(pair: Pair): Promise<void>;
  /** Meta refused a call or a request; what that says about the permission is kept. Other faults say nothing. */
  refusedByCarrier(pair: Pair, fault: Fault): Promise<void>;
  /** Asks Meta and corrects the record. Without an answer the record stays as it is. */
  refresh(pair: Pair): Promise<Permission>;
};

type Step = { readonly permission: Permission; readonly change: Change | null };

export function createPermissions(deps: PermissionDeps): Permissions {
  const { database, log, lineOf } = deps;
  const { carrier, clock } = deps.ports;
  const teller = createTeller(deps);

  /** One change of one record; the thread and the desks hear of it if it is one that people notice. */
  async function change(pair: Pair, step: (before: Permission, now: number) => Step): Promise<Permission> {
    const now = clock.now();
    const done = await database.transaction(async (sql) => {
      const before = await lockPermission(sql, pair);
      const { permission, change: what } = step(before, now);
      if (permission !== before) await savePermission(sql, pair, permission);
      const conversation = await conversationOf(sql, pair);
      const entry =
        what && conversation ? await record(sql, { pair, conversation, what, permission, at: now }) : undefined;
      return {
        permission,
        conversation,
        entry,
        isNoticed: rules.mayCall(before, now) !== rules.mayCall(permission, now),
      };
    });
    if (done.conversation && (done.entry || done.isNoticed)) {
      const of = { workspaceId: pair.workspaceId, conversationId: done.conversation };
      await teller.changed(of, done.entry ? [done.entry] : []);
    }
    return done.permission;
  }

  async function refresh(pair: Pair): Promise<Permission> {
    try {
      const party = await partyOf(database.pool, pair);
      const answer = await carrier.permission(await lineOf(pair.numberId), party);
      return await change(pair, (before, now) => {
        const permission = rules.corrected(before, answer, now);
        return { permission, change: rules.mayCall(before, now) && answer.status === 'none' ? 'revoked' : null };
      });
    } catch (error) {
      log.warn({ error: String(error), numberId: pair.numberId }, 'meta was not asked about a permission');
      return findPermission(database.pool, pair);
    }
  }

  return {
    refresh,

    async requireToCall(pair) {
      const known = await findPermission(database.pool, pair);
      if (rules.mayCall(known, clock.now())) return;
      const permission = await refresh(pair);
      const now = clock.now();
      if (rules.mayCall(permission, now)) return;
      throw needed(permission, { now, windowOpenUntil: await windowOf(database.pool, pair) });
    },

    async replied(event) {
      const owner = await ownerOf(database.pool, event.phoneNumberId);
      if (!owner) return;
      const at = Math.min(event.at, clock.now());
      const told = await database.transaction(async (sql) => {
        const { contactId, conversationId } = await findOrCreateCustomer(sql, { ...owner, party: event.customer, at });
        const pair = { ...owner, contactId };
        const step = rules.answered(await lockPermission(sql, pair), event);
        if (!step) return undefined;
        await savePermission(sql, pair, step.permission);
        // A tap in the chat is a message of the customer; a change in the business's profile is none.
        if (!event.automatic && event.contextId !== null) await openWindow(sql, conversationId, at);
        const { change: what, permission } = step;
        const entry = what
          ? await record(sql, { pair, conversation: conversationId, what, permission, at, reply: event })
          : undefined;
        return { of: { ...owner, conversationId }, entry };
      });
      if (told) await teller.changed(told.of, told.entry ? [told.entry] : []);
    },

    async callConnected(pair) {
      await change(pair, (before) => ({ permission: rules.connected(before), change: null }));
    },

    async unanswered(pair) {
      await change(pair, (before, now) => {
        const { permission, revoked } = rules.notAnswered(before, now);
        return { permission, change: revoked ? 'revoked' : null };
      });
    },

    async refusedByCarrier(pair, { code }) {
      if (code === 'carrier/permission-exists') await refresh(pair);
      if (code !== 'carrier/no-permission') return;
      await change(pair, (before, now) => {
        const permission = rules.refused(before, now);
        return { permission, change: permission === before ? null : 'revoked' };
      });
    },
  };
}

/** What somebody who wants to call has to do first. */
function needed(permission: Permission, when: { now: number; windowOpenUntil: number | null }): Fault {
  const obstacle = requestBlocked(permission, when);
  const none = 'The customer has not allowed calls from this number.';
  if (rules.isPending(permission, when.now)) {
    return new Fault('permission/needed', `${none} They have been asked and have not answered yet.`);
  }
  if (!obstacle) return new Fault('permission/needed', `${none} Send a call permission request first.`);
  const details = obstacle.again === null ? {} : { again: new Date(obstacle.again).toISOString() };
  const code = obstacle.because === 'limit' ? 'permission/limit-reached' : 'permission/needed';
  return new Fault(code, `${none} ${obstacle.text}`, { details });
}

type Noted = {
  readonly pair: Pair;
  readonly conversation: EntryRow['conversation_id'];
  readonly what: Change;
  readonly permission: Permission;
  readonly at: number;
  readonly reply?: { readonly carrierMessageId: string; readonly automatic: boolean };
};

/** Writes it into the thread. */
async function record(
  sql: Sql,
  { pair, conversation, what, permission, at, reply }: Noted,
): Promise<EntryRow | undefined> {
  const { consent } = permission;
  const entry = await insertEntry(sql, {
    workspace_id: pair.workspaceId,
    conversation_id: conversation,
    at: new Date(at),
    kind: 'permission',
    sender: reply && !reply.automatic ? 'customer' : null,
    permission_event: what,
    expires_at: what === 'granted' && consent.status === 'temporary' ? new Date(consent.until) : null,
    carrier_message_id: reply?.carrierMessageId ?? null,
  });
  if (!entry) return undefined;
  // What the customer decided waits for somebody to read it; what Meta did by itself does not.
  const unread = reply && !reply.automatic ? 1 : 0;
  await touchConversation(sql, conversation, { at: new Date(at), preview: permissionInWords(what), unread });
  return entry;
}

async function conversationOf(sql: Sql, { workspaceId, numberId, contactId }: Pair) {
  const { rows } = await sql.query<{ id: EntryRow['conversation_id'] }>(
    'SELECT id FROM conversations WHERE workspace_id = $1 AND number_id = $2 AND contact_id = $3',
    [workspaceId, numberId, contactId],
  );
  return rows[0]?.id;
}

async function windowOf(sql: Sql, { numberId, contactId }: Pair): Promise<number | null> {
  const { rows } = await sql.query<{ until: Date | null }>(
    'SELECT window_open_until AS until FROM conversations WHERE number_id = $1 AND contact_id = $2',
    [numberId, contactId],
  );
  return rows[0]?.until?.getTime() ?? null;
}

async function partyOf(sql: Sql, { workspaceId, contactId }: Pair): Promise<CarrierParty> {
  const { rows } = await sql.query<CarrierParty>(
    'SELECT phone, carrier_user_id AS "userId" FROM contacts WHERE workspace_id = $1 AND id = $2',
    [workspaceId, contactId],
  );
  if (!rows[0]) throw new Fault('contact/not-found', 'This contact does not exist.');
  return rows[0];
}
