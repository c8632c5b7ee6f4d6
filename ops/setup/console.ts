import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SetupError } from './steps.mjs';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

/** The console, and the demo's phone. Each is built from its own folder and what it shares with a server. */
const pages = [
  { folder: 'ui', shares: 'control/contract/*' },
  { folder: 'ops/sim/phone', shares: 'ops/sim/line/*' },
] as const;
type Pages = (typeof pages)[number];

/** Builds the pages into their `dist` folders, unless they were built from these very sources. */
export async function buildConsole(doing: (what: string) => void): Promise<string> {
  const built: string[] = [];
  for (const one of pages) if (await build(one, doing)) built.push(`${one.folder}/dist`);
  return built.length === 0 ? 'unchanged' : `built into ${built.join(' and ')}`;
}

async function build(one: Pages, doing: (what: string) => void): Promise<boolean> {
  const { folder } = one;
  if (!existsSync(join(ROOT, folder, 'index.html'))) throw new SetupError(`${folder}/index.html is missing.`);
  const sources = hashOfSources(one);
  // Beside the pages, hidden: vite empties the folder, so a build that was cut off leaves no stamp.
  const stamp = join(ROOT, folder, 'dist/.built-from');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return false;
  doing('building with vite');
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  await run(process.execPath, [vite, 'build', folder], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 2 ** 26,
  }).catch((error: unknown) => {
    const { stdout = '', stderr = String(error) } = error as { stdout?: string; stderr?: string };
    throw new SetupError(`The pages of ${folder} could not be built.\n\n${(stdout + stderr).trim()}`);
  });
  writeFileSync(stamp, sources);
  return true;
}

function hashOfSources({ folder, shares }: Pages): string {
  const hash = createHash('sha256');
  const files = globSync([`${folder}/**/*`, shares, 'package-lock.json'], {
    cwd: ROOT,
    exclude: [`${folder}/dist/**`, `${folder}/dist`],
  });
  for (const file of files.toSorted()) {
    const path = join(ROOT, file);
    if (statSync(path).isFile()) hash.update(file).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}
