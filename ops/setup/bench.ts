import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beginLog } from '../services/server-process.ts';
import { buildPages, consolePages, phonePages } from './pages.ts';
import { programsOfTests, providePrograms } from './programs.ts';
import { giveUp, step } from './steps.mjs';
import { provideWorker } from './worker.ts';

/** `npm run bench [-- name …]`: sets up what the benchmarks need and runs them (ops/bench/main.ts). */
const ROOT = join(import.meta.dirname, '../..');
const log = join(ROOT, 'var/log/bench-setup.log');
mkdirSync(join(log, '..'), { recursive: true });
beginLog(log);
try {
  await step('Programs', (doing) => providePrograms(programsOfTests, doing, log));
  const worker = await step('Media worker', (doing) => provideWorker(doing, log));
  for (const pages of [consolePages, phonePages]) await step(pages.title, (doing) => buildPages(pages, doing));
  const bench = spawnSync(process.execPath, [join(ROOT, 'ops/bench/main.ts'), ...process.argv.slice(2)], {
    cwd: ROOT,
    env: { ...process.env, MEDIASOUP_WORKER_BIN: worker.path },
    stdio: 'inherit',
  });
  process.exitCode = bench.status ?? 1;
} catch (error) {
  giveUp(error);
}
