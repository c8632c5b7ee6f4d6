import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { giveUp, red, SetupError, step } from './steps.mjs';

/** `npm run check`: types, lint, format, dead code. All of them run, whichever fails. */

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const bin = (name: string): string => join(ROOT, 'node_modules/.bin', name);

const checks: readonly { readonly title: string; readonly command: readonly string[]; readonly needs?: string }[] = [
  { title: 'Types', command: [bin('tsc'), '--noEmit'] },
  { title: 'Types of ui', command: [bin('tsc'), '--noEmit', '-p', 'ui'], needs: 'ui/tsconfig.json' },
  {
    title: 'Types of ops/sim/phone',
    command: [bin('tsc'), '--noEmit', '-p', 'ops/sim/phone'],
    needs: 'ops/sim/phone/tsconfig.json',
  },
  {
    title: 'Types of tests/e2e',
    command: [bin('tsc'), '--noEmit', '-p', 'tests/e2e'],
    needs: 'tests/e2e/tsconfig.json',
  },
  { title: 'Lint', command: [bin('oxlint'), '--type-aware', '--deny-warnings'] },
  { title: 'Format', command: [bin('oxfmt'), '--check'] },
  { title: 'Dead code', command: [bin('knip'), '--no-progress'] },
];

const complaints: string[] = [];
for (const { title, command, needs } of checks) {
  if (needs !== undefined && !existsSync(join(ROOT, needs))) throw new SetupError(`${needs} is missing.`);
  const [file = '', ...args] = command;
  await step(title, async () => {
    await run(file, args, { cwd: ROOT, maxBuffer: 2 ** 26 });
    return 'clean';
  }).catch((error: unknown) => {
    const { stdout = '', stderr = String(error) } = error as { stdout?: string; stderr?: string };
    complaints.push(`${red(title)}\n${`${stdout}\n${stderr}`.trim()}`);
  });
}
if (complaints.length > 0) giveUp(new SetupError(complaints.join('\n\n')));
