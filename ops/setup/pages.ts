import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SetupError } from './steps.mjs';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

/** Pages for a browser that vite makes of `folder`, into its `dist`. */
export type Pages = {
  readonly title: string;
  readonly folder: string;
  /** Everything that they are made of. */
  readonly sources: readonly string[];
};

export const consolePages: Pages = {
  title: 'Console',
  folder: 'ui',
  sources: ['ui/**/*', 'control/contract/*', 'package-lock.json'],
};
export const phonePages: Pages = {
  title: 'Phone page',
  folder: 'ops/sim/phone',
  sources: ['ops/sim/**/*', 'package-lock.json'],
};

/** Builds them, unless they were built from these very sources. Says what it did. */
export async function buildPages(pages: Pages, doing: (what: string) => void): Promise<string> {
  const { folder, title } = pages;
  if (!existsSync(join(ROOT, folder, 'index.html'))) throw new SetupError(`${title}: ${folder}/index.html is missing.`);
  // Beside the pages, hidden: vite empties the folder, so a build that was cut off leaves no stamp.
  const stamp = join(ROOT, folder, 'dist/.built-from');
  const sources = hashOf(pages.sources);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return 'unchanged';
  doing('building with vite');
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  await run(process.execPath, [vite, 'build', folder], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 2 ** 26,
  }).catch((error: unknown) => {
    const { stdout = '', stderr = String(error) } = error as { stdout?: string; stderr?: string };
    throw new SetupError(`${title} could not be built.\n\n${(stdout + stderr).trim()}`);
  });
  writeFileSync(stamp, sources);
  return `built into ${folder}/dist`;
}

function hashOf(sources: readonly string[]): string {
  const hash = createHash('sha256');
  const files = globSync([...sources], { cwd: ROOT, exclude: ['**/dist', '**/dist/**', '**/node_modules'] });
  for (const file of files.toSorted()) {
    const path = join(ROOT, file);
    if (statSync(path).isFile()) hash.update(file).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}
