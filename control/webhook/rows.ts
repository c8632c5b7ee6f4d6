import type { WebhookItem } from '../ports.ts';
import type { Sql } from '../store/database.ts';

export type Stored = { readonly id: number; readonly payload: unknown };
type Lease = { readonly holder: string; readonly now: number; readonly until: number };

/** Writes the items, leased to this process. Returns those that were new: a known key is a repetition. */
export async function store(sql: Sql, items: readonly WebhookItem[], { holder, now, until }: Lease): Promise<Stored[]> {
  const payloads = new Map(items.map(({ key, payload }) => [key, payload]));
  const { rows } = await sql.query<{ id: number; key: string }>(
    `INSERT INTO webhook_inbox (key, payload, received_at, holder, lease_until)
     SELECT key, payload::jsonb, $3, $4, $5 FROM unnest($1::text[], $2::text[]) AS list (key, payload)
     ON CONFLICT (key) DO NOTHING
     RETURNING id, key`,
    [[...payloads.keys()], [...payloads.values()].map(storable), new Date(now), holder, new Date(until)],
  );
  return rows.toSorted((a, b) => a.id - b.id).map(({ id, key }) => ({ id, payload: payloads.get(key) }));
}

/** Postgres keeps no NUL in text, and a payload with one must not be lost for it. */
const storable = (payload: unknown): string => JSON.stringify(payload ?? null).replaceAll(String.raw`\u0000`, '');

/** What nobody works on: its process died, failed, or had no time. */
export async function takeOver(sql: Sql, { holder, now, until }: Lease): Promise<Stored[]> {
  const { rows } = await sql.query<Stored>(
    `UPDATE webhook_inbox w SET holder = $1, lease_until = $2, attempts = w.attempts + 1
       FROM (SELECT id FROM webhook_inbox WHERE status = 'waiting' AND lease_until <= $3
              ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED) due
      WHERE w.id = due.id
     RETURNING w.id, w.payload`,
    [holder, new Date(until), new Date(now)],
  );
  return rows.toSorted((a, b) => a.id - b.id);
}

export async function renew(sql: Sql, ids: readonly number[], until: number): Promise<void> {
  if (ids.length === 0) return;
  await sql.query('UPDATE webhook_inbox SET lease_until = $2 WHERE id = ANY($1)', [ids, new Date(until)]);
}

/** Applied: the key stays, to know a repetition; what was private in it goes. */
export const finish = (sql: Sql, ids: readonly number[]): Promise<unknown> =>
  sql.query("UPDATE webhook_inbox SET status = 'done', payload = NULL, error = NULL WHERE id = ANY($1)", [ids]);

/** Given up: kept as it came, with the reason. */
export const fail = (sql: Sql, id: number, error: string): Promise<unknown> =>
  sql.query("UPDATE webhook_inbox SET status = 'failed', error = $2 WHERE id = $1", [id, error]);

export const forget = (sql: Sql, before: number): Promise<unknown> =>
  sql.query("DELETE FROM webhook_inbox WHERE status <> 'waiting' AND received_at < $1", [new Date(before)]);
