import type { ContactId, ConversationId, NumberId } from '../contract/ids.ts';
import type { Sql } from '../store/database.ts';

type Pair = { readonly from: ContactId; readonly into: ContactId };

/**
 * Makes two contacts one: everything of `from` becomes `into`'s, and `from` is gone. Done only while
 * no call with `from` is under way, since a call in progress is not ours to touch.
 * @returns whether it was done
 */
export async function mergeContacts(sql: Sql, { from, into }: Pair): Promise<boolean> {
  const { rows: calls } = await sql.query<{ phase: string }>(
    'SELECT phase FROM calls WHERE contact_id = $1 FOR UPDATE',
    [from],
  );
  if (calls.some(({ phase }) => phase !== 'ended')) return false;
  const { rows } = await sql.query<{ id: ConversationId; number_id: NumberId; contact_id: ContactId }>(
    'SELECT id, number_id, contact_id FROM conversations WHERE contact_id IN ($1, $2) ORDER BY id FOR UPDATE',
    [from, into],
  );
  for (const loser of rows.filter((row) => row.contact_id === from)) {
    const winner = rows.find((row) => row.contact_id === into && row.number_id === loser.number_id);
    if (winner) await mergeConversations(sql, loser.id, winner.id);
  }
  await mergePermissions(sql, { from, into });
  await sql.query('UPDATE conversations SET contact_id = $2 WHERE contact_id = $1', [from, into]);
  await sql.query('UPDATE calls SET contact_id = $2 WHERE contact_id = $1', [from, into]);
  // First gone, then inherited: the user id may stand in one row only.
  await sql.query(
    `WITH gone AS (DELETE FROM contacts WHERE id = $1 RETURNING given_name, profile_name)
     UPDATE contacts c
        SET given_name = coalesce(c.given_name, gone.given_name), profile_name = coalesce(c.profile_name, gone.profile_name)
       FROM gone WHERE c.id = $2`,
    [from, into],
  );
  return true;
}

async function mergeConversations(sql: Sql, from: ConversationId, into: ConversationId): Promise<void> {
  await sql.query('UPDATE messages SET conversation_id = $2 WHERE conversation_id = $1', [from, into]);
  await sql.query('UPDATE calls SET conversation_id = $2 WHERE conversation_id = $1', [from, into]);
  await sql.query(
    `UPDATE conversations w
        SET unread = w.unread + l.unread,
            preview = CASE WHEN l.last_activity_at > w.last_activity_at THEN l.preview ELSE w.preview END,
            last_activity_at = greatest(w.last_activity_at, l.last_activity_at),
            window_open_until = greatest(w.window_open_until, l.window_open_until)
       FROM conversations l
      WHERE l.id = $1 AND w.id = $2`,
    [from, into],
  );
  await sql.query('DELETE FROM conversations WHERE id = $1', [from]);
}

/** Where both have one towards the same number, the newer word counts, and every request counts towards the limits. */
async function mergePermissions(sql: Sql, { from, into }: Pair): Promise<void> {
  await sql.query(
    `UPDATE permissions w
        SET consent = CASE WHEN newer THEN l.consent ELSE w.consent END,
            expires_at = CASE WHEN newer THEN l.expires_at ELSE w.expires_at END,
            replied_at = greatest(w.replied_at, l.replied_at),
            pending_since = greatest(w.pending_since, l.pending_since),
            requests = ARRAY(SELECT unnest(w.requests || l.requests) AS at ORDER BY at),
            blocked_until = greatest(w.blocked_until, l.blocked_until)
       FROM (SELECT a.*, coalesce(a.replied_at > b.replied_at, b.replied_at IS NULL) AS newer
               FROM permissions a JOIN permissions b ON b.number_id = a.number_id AND b.contact_id = $2
              WHERE a.contact_id = $1) l
      WHERE w.contact_id = $2 AND w.number_id = l.number_id`,
    [from, into],
  );
  await sql.query(
    `DELETE FROM permissions l USING permissions w
      WHERE l.contact_id = $1 AND w.contact_id = $2 AND w.number_id = l.number_id`,
    [from, into],
  );
  await sql.query('UPDATE permissions SET contact_id = $2 WHERE contact_id = $1', [from, into]);
}
