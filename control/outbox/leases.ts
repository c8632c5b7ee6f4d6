import { isDeepStrictEqual } from 'node:util';
import type { CallCommand } from '../call/commands.ts';
import { feed } from '../call/handler.ts';
import type { CallState } from '../call/states.ts';
import type { CallId, NumberId } from '../contract/ids.ts';
import type { Database, Sql } from '../store/database.ts';
import type { Job } from './job.ts';

type Lease = { readonly holder: string; readonly now: number; readonly until: number };
type Row = {
  id: number;
  call_id: CallId;
  number_id: NumberId;
  command: CallCommand;
  attempts: number;
  state: CallState;
  contact_phone: string | null;
  contact_user_id: string | null;
};

// One process at a time, so that the commands of a call come into the same hands, in order.
const lock = 7_110_002;
const batch = 200;

/** Commands whose holder no longer renews its lease, now leased to this one. */
export async function takeOver(database: Database, { holder, now, until }: Lease): Promise<Job[]> {
  const due = await database.pool.query('SELECT 1 FROM outbox WHERE lease_until < $1 LIMIT 1', [new Date(now)]);
  if (due.rowCount === 0) return [];
  return database.transaction(async (sql) => {
    const { rows: locked } = await sql.query<{ got: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS got', [lock]);
    if (!locked[0]?.got) return [];
    const { rows } = await sql.query<Row>(
      `UPDATE outbox o SET holder = $1, lease_until = $2, attempts = o.attempts + 1
         FROM (SELECT id FROM outbox WHERE lease_until < $3 ORDER BY id LIMIT ${batch} FOR UPDATE SKIP LOCKED) due,
              calls c JOIN contacts ct ON ct.id = c.contact_id
        WHERE o.id = due.id AND c.id = o.call_id
       RETURNING o.id, o.call_id, o.command, o.attempts, c.number_id, c.state,
                 ct.phone AS contact_phone, ct.carrier_user_id AS contact_user_id`,
      [holder, new Date(until), new Date(now)],
    );
    const moot = rows.filter(isMoot).map(({ id }) => id);
    if (moot.length > 0) await sql.query('DELETE FROM outbox WHERE id = ANY($1)', [moot]);
    return rows
      .filter((row) => !isMoot(row))
      .toSorted((a, b) => a.id - b.id)
      .map(jobOf);
  });
}

const farewells: ReadonlySet<string> = new Set(['carrier:reject', 'carrier:terminate', 'carrier:connect', 'leg:close']);
/** Of a call that is over, only the end still has to be told; and a connect that Meta may have taken. */
function isMoot({ state, command }: Row): boolean {
  if (state.phase === 'ended') return !farewells.has(command.do);
  return command.do === 'leg:feed' && !isRight(state, command);
}
/** An old source must not take the place of a newer one: it could silence somebody who is not muted any more. */
const isRight = (state: CallState, command: CallCommand): boolean =>
  'handler' in state && feed(state).some((right) => isDeepStrictEqual(right, command));

const jobOf = (row: Row): Job => ({
  id: row.id,
  callId: row.call_id,
  numberId: row.number_id,
  party: { phone: row.contact_phone, userId: row.contact_user_id },
  attempts: row.attempts,
  command: row.command,
});

/** These are under way here. Not "all of this holder": one that it does not know of must find somebody. */
export const renew = (sql: Sql, ids: readonly number[], until: number): Promise<unknown> =>
  sql.query('UPDATE outbox SET lease_until = $2 WHERE id = ANY($1)', [ids, new Date(until)]);

/** Leaves everything to others, at once. */
export const release = (sql: Sql, holder: string): Promise<unknown> =>
  sql.query("UPDATE outbox SET lease_until = '-infinity' WHERE holder = $1", [holder]);

/** Done, and there is nothing to say about it. */
export const discard = (sql: Sql, id: number): Promise<unknown> => sql.query('DELETE FROM outbox WHERE id = $1', [id]);
