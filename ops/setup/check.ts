import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { giveUp, red, SetupError, step } from './steps.mjs';

/** `npm run check`: types, lint, format, dead code. All of them run, whichever fails. */

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const bin = (name: string): string => join(ROOT, 'node_modules/.bin', name);

// The root's configuration is for Node; folders with another world (a browser) have their own.
const projects = globSync('{ui,ops,tests}/**/tsconfig.json', { cwd: ROOT }).map((file) => dirname(file));

const checks: readonly { readonly title: string; readonly command: readonly string[] }[] = [
  { title: 'Types', command: [bin('tsc'), '--noEmit'] },
  ...projects.map((folder) => ({ title: `Types: ${folder}`, command: [bin('tsc'), '--noEmit', '-p', folder] })),
  { title: 'Lint', command: [bin('oxlint'), '--type-aware', '--deny-warnings'] },
  { title: 'Format', command: [bin('oxfmt'), '--check'] },
  { title: 'Dead code', command: [bin('knip'), '--no-progress'] },
];

// Their output is collected and shown later: colours would end up in logs.
const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' };
const complaints: string[] = [];
for (const { title, command } of checks) {
  const [file = '', ...args] = command;
  await step(title, async () => {
    await run(file, args, { cwd: ROOT, env, maxBuffer: 2 ** 26 });
    return 'clean';
  }).catch((error: unknown) => {
    const { stdout = '', stderr = String(error) } = error as { stdout?: string; stderr?: string };
    complaints.push(`${red(title)}\n${`${stdout}\n${stderr}`.trim()}`);
  });
}
if (complaints.length > 0) giveUp(new SetupError(complaints.join('\n\n')));
