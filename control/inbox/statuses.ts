import type { MessageId, WorkspaceId } from '../contract/ids.ts';
import type { Sql } from '../store/database.ts';
import { entryColumns, findEntries, type EntryRow } from './entries.ts';
import { further, mayFollow, type Outgoing } from './message-status.ts';

type Report = { readonly status: Outgoing; readonly failure: string | null; readonly at: number };

/** Meta's answer to our request and its first webhook about the message race: one after the other, please. */
async function lockMessage(sql: Sql, carrierMessageId: string): Promise<void> {
  await sql.query(`SELECT pg_advisory_xact_lock(hashtextextended('message ' || $1, 0))`, [carrierMessageId]);
}

/**
 * What a webhook says about a message of ours. A status that goes back is ignored; one about a message
 * that is not known yet is kept until it is.
 * @returns the entry as it is now, or undefined when nothing changed
 */
export async function takeStatus(
  sql: Sql,
  workspaceId: WorkspaceId,
  carrierMessageId: string,
  report: Report,
): Promise<EntryRow | undefined> {
  await lockMessage(sql, carrierMessageId);
  const [entry] = await findEntries(sql, 'WHERE workspace_id = $1 AND carrier_message_id = $2 FOR UPDATE', [
    workspaceId,
    carrierMessageId,
  ]);
  if (!entry) {
    await keepForLater(sql, { workspaceId, carrierMessageId }, report);
    return undefined;
  }
  return advance(sql, entry, report);
}

async function advance(sql: Sql, entry: EntryRow, { status, failure }: Report): Promise<EntryRow | undefined> {
  if (entry.status === null || entry.status === 'received' || !mayFollow(entry.status, status)) return undefined;
  const { rows } = await sql.query<EntryRow>(
    `UPDATE messages SET status = $2, failure = $3 WHERE id = $1 RETURNING ${entryColumns}`,
    [entry.id, status, failure],
  );
  return rows[0];
}

type Unknown = { readonly workspaceId: WorkspaceId; readonly carrierMessageId: string };

async function keepForLater(sql: Sql, of: Unknown, { status, failure, at }: Report): Promise<void> {
  const { rows } = await sql.query<{ status: Outgoing }>(
    'SELECT status FROM early_statuses WHERE workspace_id = $1 AND carrier_message_id = $2',
    [of.workspaceId, of.carrierMessageId],
  );
  if (rows[0] && further(rows[0].status, status) === rows[0].status) return;
  await sql.query(
    `INSERT INTO early_statuses (workspace_id, carrier_message_id, status, failure, at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (workspace_id, carrier_message_id) DO UPDATE SET status = $3, failure = $4, at = $5`,
    [of.workspaceId, of.carrierMessageId, status, failure, new Date(at)],
  );
}

/** WhatsApp took the message: from now on it is known by this id, and what webhooks said earlier counts. */
export async function settleSent(sql: Sql, id: MessageId, carrierMessageId: string): Promise<EntryRow | undefined> {
  await lockMessage(sql, carrierMessageId);
  const { rows } = await sql.query<EntryRow>(
    `UPDATE messages SET status = 'sent', failure = NULL, carrier_message_id = $2
      WHERE id = $1 AND carrier_message_id IS NULL RETURNING ${entryColumns}`,
    [id, carrierMessageId],
  );
  const [sent] = rows;
  if (!sent) return undefined;
  const { rows: early } = await sql.query<{ status: Outgoing; failure: string | null; at: Date }>(
    `DELETE FROM early_statuses WHERE workspace_id = $1 AND carrier_message_id = $2 RETURNING status, failure, at`,
    [sent.workspace_id, carrierMessageId],
  );
  if (!early[0]) return sent;
  return (await advance(sql, sent, { ...early[0], at: early[0].at.getTime() })) ?? sent;
}

export async function settleFailed(sql: Sql, id: MessageId, failure: string): Promise<EntryRow | undefined> {
  const { rows } = await sql.query<EntryRow>(
    `UPDATE messages SET status = 'failed', failure = $2 WHERE id = $1 AND status = 'sending' RETURNING ${entryColumns}`,
    [id, failure],
  );
  return rows[0];
}

const unsureAfterMs = 120_000;
const earlyForMs = 24 * 3_600_000;
const unsure =
  'It is not known whether WhatsApp got this message. Please look whether the customer answers before you send it again.';

/**
 * A process died between asking WhatsApp and hearing its answer: nobody can tell whether the customer
 * has the message, so it is not sent a second time. Also forgets statuses that nobody came for.
 */
export async function sweepStatuses(sql: Sql, now: number): Promise<EntryRow[]> {
  await sql.query('DELETE FROM early_statuses WHERE at < $1', [new Date(now - earlyForMs)]);
  const { rows } = await sql.query<EntryRow>(
    `UPDATE messages SET status = 'failed', failure = $2
      WHERE status = 'sending' AND at < $1 RETURNING ${entryColumns}`,
    [new Date(now - unsureAfterMs), unsure],
  );
  return rows;
}

const reasons: { readonly [code: number]: string } = {
  131026: "The customer's WhatsApp cannot receive this: it is too old, or the number is not on WhatsApp.",
  131042: 'Meta has no valid payment method for this account. An admin has to add one in the WhatsApp Manager.',
  131047: 'More than 24 hours have passed since the customer last wrote or called.',
  131049: 'Meta held the message back so that the customer does not get too many of this kind.',
  131050: 'The customer does not want such messages from this business.',
};

/** Why a message that WhatsApp had taken did not arrive. */
export const failureOf = (error: { readonly code: number } | null): string =>
  error === null
    ? 'WhatsApp could not deliver the message.'
    : (reasons[error.code] ?? `WhatsApp could not deliver the message (error ${error.code}).`);
