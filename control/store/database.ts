import { Pool, types, type PoolClient } from 'pg';
import { Sequelize } from 'sequelize';
import type { Log } from '../../ops/runtime/log.ts';

/** What runs a statement: the pool, or one connection inside a transaction. */
export type Sql = Pick<PoolClient, 'query'>;

/**
 * Two doors to one Postgres. `sequelize` serves whatever is a model (people, conversations, numbers);
 * `pool` and `transaction` serve the hot paths (calls, inbox, outbox), where a statement is written by
 * hand and a round trip is counted.
 */
export type Database = {
  readonly sequelize: Sequelize;
  readonly pool: Pool;
  /** For webhooks alone: Meta waits for them, and must not wait for what they cause. */
  readonly intake: Pool;
  /** Commits what `run` did, or rolls it back when it throws. */
  transaction<T>(run: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

// bigint comes as text by default. Ours are row numbers and never pass 2^53.
types.setTypeParser(types.builtins.INT8, Number);

/** A database that says nothing for so long is hung: the connection is given up, and the work tried again. */
const hungMs = 10_000;

/** `url`: what libpq takes, also with a unix socket as `host` in the query. Connects when first used. */
export function openDatabase({
  url,
  log,
  connections = 10,
}: {
  url: string;
  log: Log;
  connections?: number;
}): Database {
  const onError = (error: Error): void => log.warn({ error: error.message }, 'database connection lost');
  const open = (max: number): Pool => {
    const made = new Pool({
      connectionString: url,
      max,
      application_name: 'switchboard',
      connectionTimeoutMillis: hungMs,
      query_timeout: hungMs,
      keepAlive: true,
    });
    // Without listeners a connection that breaks would end the process, idle ones and those in use alike.
    made.on('error', onError);
    made.on('connect', (client) => client.on('error', onError));
    return made;
  };
  const pool = open(connections);
  const intake = open(2);
  const sequelize = new Sequelize(url, {
    dialect: 'postgres',
    logging: false,
    // No limit on its statements: migrations are among them, and they take what they take.
    dialectOptions: { connectionTimeoutMillis: hungMs, keepAlive: true },
    pool: { max: connections },
    define: { underscored: true, timestamps: false },
  });
  return {
    sequelize,
    pool,
    intake,
    async transaction(run) {
      const client = await pool.connect();
      let broken: Error | undefined;
      try {
        await client.query('BEGIN');
        const value = await run(client);
        await client.query('COMMIT');
        return value;
      } catch (error) {
        await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
        throw error;
      } finally {
        client.release(broken);
      }
    },
    async close() {
      await Promise.all([pool.end(), intake.end(), sequelize.close()]);
    },
  };
}
