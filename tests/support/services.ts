import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, query, startPostgres } from '../../ops/services/postgres.ts';
import { startRedis } from '../../ops/services/redis.ts';

/**
 * Real Postgres and Redis for tests. Under `npm test` all files share the Postgres of the run
 * (SWITCHBOARD_TEST_DATABASE_URL); a file that is run alone gets one of its own, which ends with the
 * process, however that ends.
 */

export type TestDatabase = { readonly url: string; drop(): Promise<void> };
export type TestRedis = {
  readonly url: string;
  /** To take it away in the middle of a test. */
  readonly pid: number;
  close(): Promise<void>;
};

/** A new, empty database. Whatever is still connected to it when it is dropped is thrown out. */
export async function freshDatabase(): Promise<TestDatabase> {
  const server = process.env['SWITCHBOARD_TEST_DATABASE_URL'] ?? (await ownPostgres()).url;
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await query(server, `CREATE DATABASE ${name} TEMPLATE template0`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => query(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/**
 * A new, empty Redis of its own: it starts in tens of milliseconds, and neither channels nor
 * FLUSHALL stop at the border of a logical database.
 */
export async function freshRedis(): Promise<TestRedis> {
  const dir = temporaryFolder('redis');
  const redis = await startRedis({ dir, durable: false });
  return {
    url: redis.url,
    pid: redis.pid,
    async close() {
      await redis.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

let own: Promise<EmbeddedPostgres> | undefined;
const ownPostgres = (): Promise<EmbeddedPostgres> =>
  (own ??= startPostgres({ dir: join(temporaryFolder('postgres'), 'postgres'), durable: false }));

/** A folder that is removed when this process ends, or by the next run when it was killed. */
export function temporaryFolder(what: string): string {
  sweep();
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-${what}-`));
  chmodSync(folder, 0o755); // Postgres is another user
  folders.push(folder);
  return folder;
}

const PREFIX = 'switchboard-test-';
const folders: string[] = [];
process.once('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
let swept = false;

/** Removes the folders of test processes that are gone. */
function sweep(): void {
  if (swept || !existsSync('/proc/self')) return;
  swept = true;
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN;
    if (pid > 0 && !existsSync(`/proc/${pid}`)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}
