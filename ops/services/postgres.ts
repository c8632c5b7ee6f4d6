import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { findPostgres, type PostgresPrograms } from './postgres-programs.ts';
import { startServer, untilGone, untilReady } from './server-process.ts';
import { socketFolder } from './socket-folder.ts';

export type EmbeddedPostgres = {
  /** Of the database `switchboard`; for Sequelize and pg alike. See `postgresUrl`. */
  readonly url: string;
  readonly pid: number;
  /** Resolves with the reason when it ends, whoever ended it. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
};

type PostgresOptions = {
  /** Its data and its socket; made when missing. */
  readonly dir: string;
  /** Default `dir/postgres.log`. */
  readonly logFile?: string;
  /** Sync to disk before a commit is answered. Default true; tests need it not. */
  readonly durable?: boolean;
};

const SOCKET = '.s.PGSQL.5432';
// Used when Postgres may not enter the folder that it was given; root's own home is such a place.
const SYSTEM_FOLDER = '/var/lib/switchboard';
const run = promisify(execFile);

/**
 * A Postgres of our own on a unix socket, without a TCP port; made (`initdb`) at the first start.
 * Postgres refuses to run as root, so under root it becomes the user `postgres` (or `nobody`).
 * It ends with this process.
 * @throws Error when no Postgres is installed, when none has the version that made the data, or
 * when it does not start.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { durable = true } = options;
  const user = unprivilegedUser();
  mkdirSync(options.dir, { recursive: true });
  const dir = user && !othersMayEnter(options.dir) ? systemFolderFor(options.dir) : options.dir;
  mkdirSync(dir, { recursive: true });
  if (user) chownSync(dir, user.uid, user.gid);

  const data = join(dir, 'data');
  const programs = programsFor(data);
  await untilGone(join(data, 'postmaster.pid'), 'postgres');
  if (!existsSync(join(data, 'PG_VERSION'))) await makeCluster(programs, data, user);

  const folder = socketFolder(dir, SOCKET, user ? [user.uid] : []);
  if (folder !== dir && user) chownSync(folder, user.uid, user.gid);
  const logFile = options.logFile ?? join(dir, 'postgres.log');
  const settings = {
    listen_addresses: '',
    unix_socket_directories: folder,
    unix_socket_permissions: '0700',
    max_connections: '200',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' }),
  };
  const server = startServer({
    file: join(programs.folder, 'postgres'),
    args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    logFile,
    cwd: '/',
    ...(user ? { user } : {}),
    deathSignal: 'INT', // "fast shutdown": ends the connections, then itself
  });
  await untilReady(server, logFile, () => query(postgresUrl(folder, 'postgres'), 'SELECT 1'));
  await makeDatabase(folder, 'switchboard');
  return {
    url: postgresUrl(folder, 'switchboard'),
    pid: server.pid,
    ended: server.ended,
    async close() {
      await server.stop('SIGINT', 10_000);
      if (folder !== dir) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * The URL of a database behind a unix socket, in the form that libpq, pg and Sequelize all take:
 * `host` in the query overrules the host (libpq, "Connection URIs").
 */
export const postgresUrl = (folder: string, database: string): string =>
  `postgres://postgres@localhost/${database}?host=${encodeURIComponent(folder)}`;

/** One statement on a connection of its own. */
export async function query(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function makeDatabase(folder: string, name: string): Promise<void> {
  const DUPLICATE_DATABASE = '42P04'; // Postgres, appendix A
  await query(postgresUrl(folder, 'postgres'), `CREATE DATABASE "${name}"`).catch((error: unknown) => {
    if ((error as { code?: string }).code !== DUPLICATE_DATABASE) throw error;
  });
}

function programsFor(data: string): PostgresPrograms {
  const version = join(data, 'PG_VERSION');
  if (!existsSync(version)) {
    const newest = findPostgres();
    if (!newest) throw new Error('PostgreSQL is not installed (Debian: apt-get install postgresql).');
    return newest;
  }
  const major = Number(readFileSync(version, 'utf8'));
  const same = findPostgres(major);
  if (!same) {
    throw new Error(
      `The data in ${data} was made by PostgreSQL ${major}, which is not installed. ` +
        `Install it (Debian: apt-get install postgresql-${major}), or move the folder away to begin anew.`,
    );
  }
  return same;
}

async function makeCluster(programs: PostgresPrograms, data: string, user: User | undefined): Promise<void> {
  // initdb refuses a folder with something in it: what an interrupted run left goes first.
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { mode: 0o700 });
  if (user) chownSync(data, user.uid, user.gid);
  // The socket's folder is the guard: who may enter it may connect. There is no TCP port.
  await run(
    join(programs.folder, 'initdb'),
    ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'],
    { cwd: '/', ...user },
  );
}

type User = { readonly uid: number; readonly gid: number };

function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const ask = (what: string): number => Number(execFileSync('id', [what, name], { stdio: 'pipe' }));
      return { uid: ask('-u'), gid: ask('-g') };
    } catch {
      // No such user; try the next.
    }
  }
  throw new Error('PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody.');
}

function othersMayEnter(dir: string): boolean {
  const OTHERS_SEARCH = 0o001;
  for (let folder = dirname(dir); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & OTHERS_SEARCH) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** A folder of the same data that Postgres may enter; a note in `dir` says where it is. */
function systemFolderFor(dir: string): string {
  const folder = join(SYSTEM_FOLDER, createHash('sha256').update(dir).digest('hex').slice(0, 12));
  mkdirSync(folder, { recursive: true });
  chmodSync(SYSTEM_FOLDER, 0o755);
  writeFileSync(join(dir, 'moved-to'), `${folder}\n`);
  return folder;
}
