import { SequelizeStorage, Umzug, type RunnableMigration } from 'umzug';
import type { QueryInterface } from 'sequelize';
import type { Log } from '../../ops/runtime/log.ts';
import type { Database } from './database.ts';
import * as calls from './migrations/0001-calls.ts';
import * as people from './migrations/0002-people.ts';

/** One step of the schema, forward only: a mistake is mended by the next one. */
export type Migration = { readonly name: string; up(queries: QueryInterface): Promise<void> };

/** In the order in which they run. A migration that has been released is never changed. */
const migrations: readonly Migration[] = [calls, people];

// Any number will do, as long as all processes of all versions use this one.
const lock = 7_110_001;

/** Another process may be in the middle of a long migration. */
const longestMs = 3_600_000;

/** Brings the schema up to date. Processes that start at the same moment wait for the one that does it. */
export async function migrate({ sequelize, pool }: Database, log: Log): Promise<void> {
  const holder = await pool.connect();
  try {
    const wait = { text: 'SELECT pg_advisory_lock($1)', values: [lock], query_timeout: longestMs };
    await holder.query(wait);
    const umzug = new Umzug({
      migrations: migrations.map((migration): RunnableMigration<QueryInterface> => ({
        name: migration.name,
        up: ({ context }) => migration.up(context),
      })),
      context: sequelize.getQueryInterface(),
      storage: new SequelizeStorage({ sequelize, tableName: 'migrations' }),
      logger: undefined,
    });
    for (const { name } of await umzug.up()) log.info({ migration: name }, 'schema migrated');
  } finally {
    await holder.query('SELECT pg_advisory_unlock($1)', [lock]).catch(() => undefined); // ends with the connection
    holder.release();
  }
}
