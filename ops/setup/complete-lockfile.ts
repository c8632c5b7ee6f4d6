import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Run by hand after `npm install`, when tests/ops/setup/lockfile.test.ts asks for it.
 *
 * A registry mirror that lacks the builds for other platforms makes npm write a lockfile without
 * them, and then `npm ci` refuses that lockfile everywhere. This writes them in: their names and exact
 * versions are in the package that wants them, and the platform is in their names. They carry no
 * hash; npm adds it when it next sees them.
 */

export type LockedPackage = {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};
export type Lockfile = { packages: Record<string, LockedPackage> };

export type Missing = { readonly name: string; readonly range: string; readonly wantedBy: string };

/** The optional packages that somebody wants and the lockfile does not have. */
export function missingOptional({ packages }: Lockfile): Missing[] {
  return Object.entries(packages).flatMap(([wantedBy, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !resolves(packages, wantedBy, name))
      .map(([name, range]) => ({ name, range, wantedBy })),
  );
}

/** As Node looks for it: in the package's own node_modules, then in each one above. */
function resolves(packages: Lockfile['packages'], from: string, name: string): boolean {
  const parts = from.split(/\/?node_modules\//).slice(1);
  const folders = parts.map((_, depth) =>
    parts
      .slice(0, depth + 1)
      .map((part) => `node_modules/${part}/`)
      .join(''),
  );
  return ['', ...folders].some((folder) => packages[`${folder}node_modules/${name}`] !== undefined);
}

const OS = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** What the name of a platform's package says about where it may be installed. */
export function platformOf(name: string): { os?: string[]; cpu?: string[]; libc?: string[] } {
  const words = name.split(/[/-]/);
  const os = OS.filter((word) => words.includes(word));
  const cpu = CPU.filter((word) => words.includes(word));
  const libc = words.some((word) => word.startsWith('musl')) ? ['musl'] : words.includes('gnu') ? ['glibc'] : [];
  return { ...(os.length > 0 ? { os } : {}), ...(cpu.length > 0 ? { cpu } : {}), ...(libc.length > 0 ? { libc } : {}) };
}

if (import.meta.main) {
  const path = join(import.meta.dirname, '../../package-lock.json');
  const lockfile = JSON.parse(readFileSync(path, 'utf8')) as Lockfile;
  for (const { name, range, wantedBy } of missingOptional(lockfile)) {
    const platform = platformOf(name);
    if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(range) || (platform.os ?? platform.cpu) === undefined) {
      console.error(`${name}@${range} (wanted by ${wantedBy}): add it by hand`);
      process.exitCode = 1;
      continue;
    }
    const dev = lockfile.packages[wantedBy]?.dev === true ? { dev: true } : {};
    lockfile.packages[`node_modules/${name}`] = { version: range, ...platform, ...dev, optional: true };
    console.log(`added ${name}@${range}`);
  }
  const sorted = Object.entries(lockfile.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
  lockfile.packages = Object.fromEntries(sorted);
  writeFileSync(path, `${JSON.stringify(lockfile, null, 2)}\n`);
}
