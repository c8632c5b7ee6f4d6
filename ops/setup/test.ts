import { chmodSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../services/postgres.ts';
import { beginLog } from '../services/server-process.ts';
import { buildPages, consolePages, phonePages } from './pages.ts';
import { programsOfTests, providePrograms } from './programs.ts';
import { dim, giveUp, green, red, step, yellow } from './steps.mjs';
import { type Outcome, runTestFile } from './test-file.ts';
import { provideWorker } from './worker.ts';

/**
 * `npm test`, or `npm test -- control/claim wire` for the files whose path has one of the words:
 * each file is a process with a time of its own. The last line is `N passed, N failed`.
 */

const ROOT = join(import.meta.dirname, '../..');
const AT_ONCE = 2;
const TIMEOUT_MS = 120_000;
const SLOW_TIMEOUT_MS = 300_000;
// What starts the whole product, or measures sound in real time, gets the machine for itself.
const ALONE = /^tests\/(?:wire|e2e|media|sim)\//;
const SLOW = /^tests\/(?:wire|e2e)\//;

async function main(words: readonly string[]): Promise<boolean> {
  const log = join(ROOT, 'var/log/test-setup.log');
  mkdirSync(join(ROOT, 'var/log'), { recursive: true });
  beginLog(log);
  await step('Programs', (doing) => providePrograms(programsOfTests, doing, log));
  const worker = await step('Media worker', (doing) => provideWorker(doing, log));
  // Most tests need no pages: broken ones are told, and counted, and do not hide the others.
  const troubles: string[] = [];
  for (const pages of [consolePages, phonePages]) {
    await step(pages.title, (doing) => buildPages(pages, doing)).catch((error: unknown) =>
      troubles.push(String(error)),
    );
  }

  const folder = mkdtempSync(join(tmpdir(), `switchboard-test-${process.pid}-run-`));
  chmodSync(folder, 0o755); // Postgres is another user
  const postgres = await startPostgres({ dir: join(folder, 'postgres'), durable: false });
  const env = {
    ...process.env,
    SWITCHBOARD_TEST_DATABASE_URL: postgres.url,
    MEDIASOUP_WORKER_BIN: worker.path,
  };
  try {
    const outcomes = await runAll(testFiles(words), env);
    return summarize(outcomes, words.length === 0, troubles);
  } finally {
    await postgres.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function testFiles(words: readonly string[]): string[] {
  const all = globSync('tests/**/*.test.ts', { cwd: ROOT }).toSorted();
  return words.length === 0 ? all : all.filter((file) => words.some((word) => file.includes(word)));
}

async function runAll(files: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome[]> {
  console.log(`\n${files.length} files`);
  const outcomes: Outcome[] = [];
  const runOne = async (file: string): Promise<void> => {
    const timeoutMs = SLOW.test(file) ? SLOW_TIMEOUT_MS : TIMEOUT_MS;
    const outcome = await runTestFile({ file, cwd: ROOT, env, timeoutMs });
    outcomes.push(outcome);
    tell(outcome);
  };
  const together = files.filter((file) => !ALONE.test(file));
  const lane = async (): Promise<void> => {
    for (let file = together.shift(); file !== undefined; file = together.shift()) await runOne(file);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  for (const file of files) if (ALONE.test(file)) await runOne(file);
  return outcomes;
}

function tell({ file, passed, failed, skipped, trouble, output, tookMs }: Outcome): void {
  const counts = [
    `${passed} passed`,
    ...(failed > 0 ? [red(`${failed} failed`)] : []),
    ...(skipped > 0 ? [yellow(`${skipped} skipped`)] : []),
    ...(trouble === undefined ? [] : [red(trouble)]),
  ];
  console.log(
    `  ${failed > 0 ? red('✘') : green('✔')} ${file}  ${counts.join(', ')} ${dim(`(${(tookMs / 1000).toFixed(1)} s)`)}`,
  );
  if (failed > 0)
    console.log(
      `${output
        .trimEnd()
        .split('\n')
        .map((line) => `    | ${line}`)
        .join('\n')}\n`,
    );
}

/** @returns whether all is well; the last line that it prints is for machines, too */
function summarize(outcomes: readonly Outcome[], isWhole: boolean, troubles: readonly string[]): boolean {
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const passed = sum((outcome) => outcome.passed);
  let failed = sum((outcome) => outcome.failed);
  const bad = outcomes.filter((outcome) => outcome.failed > 0);
  console.log();
  if (bad.length > 0) console.log(`${red('Failed')}: ${bad.map((outcome) => outcome.file).join(', ')}`);
  const skipped = sum((outcome) => outcome.skipped);
  if (skipped > 0) console.log(yellow(`${skipped} skipped`));
  failed += troubles.length;
  for (const trouble of troubles) console.log(red(trouble));
  if (outcomes.length === 0) {
    failed += 1;
    console.log(red('No test file has that in its path.'));
  }
  const { tests: floor } = JSON.parse(readFileSync(join(ROOT, 'tests/floor.json'), 'utf8')) as { tests: number };
  const enough = !isWhole || passed + failed >= floor;
  if (!enough)
    console.log(red(`Only ${passed + failed} tests ran; tests/floor.json says that there are at least ${floor}.`));
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && enough;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
try {
  process.exit((await main(process.argv.slice(2))) ? 0 : 1);
} catch (error) {
  giveUp(error);
}
