import { execFileSync } from 'node:child_process';
import { findPostgres, packagedPostgres } from '../services/postgres-programs.ts';
import { findRedis } from '../services/redis.ts';
import { findProgram } from '../services/server-process.ts';
import { aptInstall, canApt } from './system-packages.ts';
import type { Config } from '../runtime/config.ts';

type Program = {
  readonly name: string;
  /** Debian's package. */
  readonly package: string;
  /** Its version in a word, or undefined when it is not there. */
  readonly find: () => string | undefined;
};

const redis: Program = {
  name: 'Redis',
  package: 'redis-server',
  find: () => versionOf(findRedis(), '--version', /v=([\d.]+)/),
};

const postgres: Program = {
  name: 'PostgreSQL',
  package: 'postgresql',
  find() {
    const found = findPostgres();
    // The one in node_modules is for those who cannot install: the distribution's gets its updates.
    if (!found || (found.folder === packagedPostgres() && canApt())) return undefined;
    return String(found.major);
  },
};

const ffmpeg: Program = {
  name: 'ffmpeg',
  package: 'ffmpeg',
  find: () => versionOf(process.env['FFMPEG_BIN'] ?? findProgram('ffmpeg'), '-version', /version (\S+)/),
};

const chromium: Program = {
  name: 'Chromium',
  package: 'chromium',
  find: () => versionOf(process.env['CHROMIUM_BIN'] ?? findProgram('chromium'), '--version', /([\d.]+)/),
};

/** What the product needs of the system; external servers make their programs needless. */
export const programsOfProduct = (config: Config): Program[] => [
  ...(config.redisUrl === undefined ? [redis] : []),
  ...(config.databaseUrl === undefined ? [postgres] : []),
  ffmpeg,
];
export const programsOfTests: Program[] = [redis, postgres, ffmpeg, chromium];

/** Installs what is missing of them, and says what is there. */
export async function providePrograms(
  programs: readonly Program[],
  doing: (what: string) => void,
  logFile: string,
): Promise<string> {
  const found = new Map(programs.map((program) => [program, program.find()]));
  const missing = programs.filter((program) => found.get(program) === undefined);
  if (missing.length > 0) {
    const packages = missing.map((program) => program.package);
    if (canApt()) doing(`apt-get install ${packages.join(' ')}`);
    await aptInstall(packages, missing.map((program) => program.name).join(', '), logFile);
    for (const program of missing) found.set(program, program.find());
  }
  const list = programs.map((program) => `${program.name} ${found.get(program) ?? '(missing)'}`).join(', ');
  return missing.length > 0 ? `${list} (new: ${missing.map((program) => program.name).join(', ')})` : list;
}

function versionOf(path: string | undefined, flag: string, pattern: RegExp): string | undefined {
  if (path === undefined) return undefined;
  try {
    const output = execFileSync(path, [flag], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return pattern.exec(output)?.[1] ?? 'of unknown version';
  } catch {
    return undefined;
  }
}
