import { createId, type ContactId, type ConversationId, type NumberId, type WorkspaceId } from '../contract/ids.ts';
import type { CarrierParty } from '../ports.ts';
import type { Sql } from '../store/database.ts';
import { mergeContacts } from './merge.ts';
import { shorten } from './shorten.ts';

/** Who it is, as the carrier or a teammate names them. */
export type Party = CarrierParty & { readonly name: string | null };

export type Customer = {
  readonly contactId: ContactId;
  readonly conversationId: ConversationId;
  /** As they are known now. */
  readonly contact: CarrierParty & { readonly name: string };
};

type Meeting = {
  readonly workspaceId: WorkspaceId;
  readonly numberId: NumberId;
  readonly party: Party;
  readonly at: number;
  /** Who gave the name: the customer in their profile (the default), or the team. A team's name is shown first. */
  readonly namedBy?: 'customer' | 'team';
};

/**
 * The customer behind a phone number, a user id, or both, and the conversation of this number with
 * them; what is not there yet is made. What the party adds to what was known (a phone number, a new
 * name) is kept, and two contacts that turn out to be one person become one.
 */
export async function findOrCreateCustomer(sql: Sql, meeting: Meeting): Promise<Customer> {
  const contact = await findOrCreateContact(sql, meeting);
  const conversationId = await findOrCreateConversation(sql, meeting, contact.id);
  const { id: contactId, name, phone, carrier_user_id: userId } = contact;
  return { contactId, conversationId, contact: { name, phone, userId } };
}

type ContactRow = { id: ContactId; name: string; phone: string | null; carrier_user_id: string | null };
const contactColumns = 'id, name, phone, carrier_user_id';

async function findOrCreateContact(sql: Sql, meeting: Meeting): Promise<ContactRow> {
  const { workspaceId, party } = meeting;
  await lockIdentities(sql, workspaceId, party);
  const { rows } = await sql.query<ContactRow>(
    `SELECT ${contactColumns} FROM contacts WHERE workspace_id = $1 AND (phone = $2 OR carrier_user_id = $3)`,
    [workspaceId, party.phone, party.userId],
  );
  const byPhone = rows.find((row) => party.phone !== null && row.phone === party.phone);
  const byUserId = rows.find((row) => party.userId !== null && row.carrier_user_id === party.userId);
  if (byPhone && byUserId && byPhone !== byUserId) return unite(sql, meeting, { byPhone, byUserId });
  const known = byPhone ?? byUserId;
  return known ? learn(sql, known, meeting) : createContact(sql, meeting);
}

/** Two webhooks of one new customer at the same moment must not make two contacts. */
async function lockIdentities(sql: Sql, workspaceId: WorkspaceId, { phone, userId }: Party): Promise<void> {
  const keys = [phone, userId].filter((key) => key !== null).map((key) => `${workspaceId} ${key}`);
  // Always in the same order: two that want both cannot wait for each other.
  for (const key of keys.toSorted()) {
    await sql.query(`SELECT pg_advisory_xact_lock(hashtextextended('contact ' || $1, 0))`, [key]);
  }
}

/** The phone's owner and the user id's owner were two contacts until now. */
async function unite(
  sql: Sql,
  meeting: Meeting,
  { byPhone, byUserId }: { readonly byPhone: ContactRow; readonly byUserId: ContactRow },
): Promise<ContactRow> {
  if (byUserId.phone === null) {
    const merged = await mergeContacts(sql, { from: byUserId.id, into: byPhone.id });
    // In the middle of a call they stay two; the next message or call makes them one.
    if (!merged) return byPhone;
  } else {
    // A person whose number changed, or a number that changed hands: the phone is who we speak with.
    await sql.query('UPDATE contacts SET carrier_user_id = NULL WHERE id = $1', [byUserId.id]);
  }
  return learn(sql, byPhone, meeting);
}

async function learn(sql: Sql, known: ContactRow, { party, namedBy }: Meeting): Promise<ContactRow> {
  const given = namedBy === 'team' ? party.name : null;
  const profile = namedBy === 'team' ? null : party.name;
  const { rows } = await sql.query<ContactRow>(
    `UPDATE contacts
        SET phone = coalesce($2, phone), carrier_user_id = coalesce($3, carrier_user_id),
            given_name = coalesce($4, given_name), profile_name = coalesce($5, profile_name)
      WHERE id = $1 AND (phone, carrier_user_id, given_name, profile_name) IS DISTINCT FROM
            (coalesce($2, phone), coalesce($3, carrier_user_id), coalesce($4, given_name), coalesce($5, profile_name))
      RETURNING ${contactColumns}`,
    [known.id, party.phone, party.userId, cleanName(given), cleanName(profile)],
  );
  return rows[0] ?? known;
}

async function createContact(sql: Sql, { workspaceId, party, at, namedBy }: Meeting): Promise<ContactRow> {
  const name = cleanName(party.name);
  const [given, profile] = namedBy === 'team' ? [name, null] : [null, name];
  const { rows } = await sql.query<ContactRow>(
    `INSERT INTO contacts (id, workspace_id, phone, carrier_user_id, given_name, profile_name, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${contactColumns}`,
    [createId('ct', at), workspaceId, party.phone, party.userId, given, profile, new Date(at)],
  );
  if (!rows[0]) throw new Error('a contact was not made');
  return rows[0];
}

/** Profile names are free text of strangers: no control characters, no turning of the reading direction, and an end. */
function cleanName(name: string | null): string | null {
  const clean = name?.replaceAll(/[\p{Cc}\u202A-\u202E\u2066-\u2069\s]+/gu, ' ').trim() ?? '';
  return shorten(clean, 100) || null;
}

async function findOrCreateConversation(
  sql: Sql,
  { workspaceId, numberId, at }: Meeting,
  contactId: ContactId,
): Promise<ConversationId> {
  const values = [numberId, contactId];
  const find = async (): Promise<ConversationId | undefined> => {
    const { rows } = await sql.query<{ id: ConversationId }>(
      'SELECT id FROM conversations WHERE number_id = $1 AND contact_id = $2',
      values,
    );
    return rows[0]?.id;
  };
  const known = await find();
  if (known !== undefined) return known;
  await sql.query(
    `INSERT INTO conversations (number_id, contact_id, id, workspace_id, last_activity_at, created_at)
     VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (number_id, contact_id) DO NOTHING`,
    [...values, createId('conv', at), workspaceId, new Date(at)],
  );
  const made = await find();
  if (made === undefined) throw new Error('a conversation was not made');
  return made;
}
