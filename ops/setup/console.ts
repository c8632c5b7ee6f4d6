import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SetupError } from './steps.mjs';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
// Beside the pages, hidden: vite empties the folder, so a build that was cut off leaves no stamp.
const STAMP = join(ROOT, 'ui/dist/.built-from');

/** Builds the console's pages into ui/dist, unless they were built from these very sources. */
export async function buildConsole(doing: (what: string) => void): Promise<string> {
  if (!existsSync(join(ROOT, 'ui/index.html'))) throw new SetupError('The console (ui/index.html) is missing.');
  const sources = hashOfSources();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sources) return 'unchanged';
  doing('building with vite');
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  await run(process.execPath, [vite, 'build', 'ui'], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 2 ** 26,
  }).catch((error: unknown) => {
    const { stdout = '', stderr = String(error) } = error as { stdout?: string; stderr?: string };
    throw new SetupError(`The console could not be built.\n\n${(stdout + stderr).trim()}`);
  });
  writeFileSync(STAMP, sources);
  return 'built into ui/dist';
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  const files = globSync(['ui/**/*', 'control/contract/*', 'package-lock.json'], {
    cwd: ROOT,
    exclude: ['ui/dist/**', 'ui/dist'],
  });
  for (const file of files.toSorted()) {
    const path = join(ROOT, file);
    if (statSync(path).isFile()) hash.update(file).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}
