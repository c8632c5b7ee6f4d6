import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beginLog } from '../services/server-process.ts';
import { buildPages, consolePages, phonePages } from './pages.ts';
import { giveUp, step } from './steps.mjs';
import { provideWorker } from './worker.ts';

/**
 * `npm run build`: what `npm start` would build, without starting anything: the console's pages,
 * the phone's, and mediasoup's worker. A container image is made of it.
 */
const log = join(import.meta.dirname, '../../var/log/build.log');
mkdirSync(join(log, '..'), { recursive: true });
beginLog(log);
try {
  await step('Media worker', (doing) => provideWorker(doing, log));
  for (const pages of [consolePages, phonePages]) await step(pages.title, (doing) => buildPages(pages, doing));
} catch (error) {
  giveUp(error);
}
