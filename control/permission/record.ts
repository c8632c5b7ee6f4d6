import type { ContactId, ConversationId, NumberId, WorkspaceId } from '../contract/ids.ts';
import type { Sql } from '../store/database.ts';
import { nothingKnown, type Consent, type Permission } from './rules.ts';

/** Whose permission: a customer's, towards one number. */
export type Pair = { readonly workspaceId: WorkspaceId; readonly numberId: NumberId; readonly contactId: ContactId };

/** The columns, all null where nothing is known yet (a left join). */
export type PermissionRow = {
  consent: Consent['status'] | null;
  expires_at: Date | null;
  replied_at: Date | null;
  pending_since: Date | null;
  requests: Date[] | null;
  blocked_until: Date | null;
  unanswered: number | null;
  checked_at: Date | null;
};

export const permissionColumns = (table: string): string =>
  ['consent', 'expires_at', 'replied_at', 'pending_since', 'requests', 'blocked_until', 'unanswered', 'checked_at']
    .map((column) => `${table}.${column}`)
    .join(', ');

const ms = (date: Date | null): number | null => date?.getTime() ?? null;
const date = (time: number | null): Date | null => (time === null ? null : new Date(time));

export function permissionOf(row: PermissionRow): Permission {
  if (row.consent === null) return nothingKnown;
  return {
    consent:
      row.consent === 'temporary' ? { status: 'temporary', until: ms(row.expires_at) ?? 0 } : { status: row.consent },
    repliedAt: ms(row.replied_at),
    pendingSince: ms(row.pending_since),
    requests: (row.requests ?? []).map((time) => time.getTime()),
    blockedUntil: ms(row.blocked_until),
    unanswered: row.unanswered ?? 0,
    checkedAt: ms(row.checked_at),
  };
}

export async function findPermission(sql: Sql, { workspaceId, numberId, contactId }: Pair): Promise<Permission> {
  const { rows } = await sql.query<PermissionRow>(
    `SELECT ${permissionColumns('p')} FROM permissions p
      WHERE workspace_id = $1 AND number_id = $2 AND contact_id = $3`,
    [workspaceId, numberId, contactId],
  );
  return rows[0] ? permissionOf(rows[0]) : nothingKnown;
}

/** As it is now, and nobody else's until the transaction ends. */
export async function lockPermission(sql: Sql, { workspaceId, numberId, contactId }: Pair): Promise<Permission> {
  await sql.query(
    `INSERT INTO permissions (workspace_id, number_id, contact_id, consent, requests, unanswered)
     VALUES ($1, $2, $3, 'none', '{}', 0) ON CONFLICT DO NOTHING`,
    [workspaceId, numberId, contactId],
  );
  const { rows } = await sql.query<PermissionRow>(
    `SELECT ${permissionColumns('p')} FROM permissions p
      WHERE workspace_id = $1 AND number_id = $2 AND contact_id = $3 FOR UPDATE`,
    [workspaceId, numberId, contactId],
  );
  if (!rows[0]) throw new Error('a permission was there and is not');
  return permissionOf(rows[0]);
}

export async function savePermission(sql: Sql, pair: Pair, permission: Permission): Promise<void> {
  const { consent } = permission;
  await sql.query(
    `UPDATE permissions
        SET consent = $4, expires_at = $5, replied_at = $6, pending_since = $7, requests = $8, blocked_until = $9,
            unanswered = $10, checked_at = $11
      WHERE workspace_id = $1 AND number_id = $2 AND contact_id = $3`,
    [
      pair.workspaceId,
      pair.numberId,
      pair.contactId,
      consent.status,
      consent.status === 'temporary' ? new Date(consent.until) : null,
      date(permission.repliedAt),
      date(permission.pendingSince),
      permission.requests.map((time) => new Date(time)),
      date(permission.blockedUntil),
      permission.unanswered,
      date(permission.checkedAt),
    ],
  );
}

/** Ends the temporary ones whose time is over. @returns the conversations that desks should hear of */
export async function expirePermissions(
  sql: Sql,
  now: number,
): Promise<{ workspaceId: WorkspaceId; conversationId: ConversationId }[]> {
  const { rows } = await sql.query<{ workspaceId: WorkspaceId; conversationId: ConversationId }>(
    `WITH expired AS (
       UPDATE permissions SET consent = 'none', expires_at = NULL WHERE expires_at <= $1
       RETURNING number_id, contact_id)
     SELECT v.workspace_id AS "workspaceId", v.id AS "conversationId"
       FROM expired JOIN conversations v USING (number_id, contact_id)`,
    [new Date(now)],
  );
  return rows;
}
