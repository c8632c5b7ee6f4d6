// What `npm start`, `npm test` and the others run. Plain JavaScript without a dependency, so that a
// machine with Node 20 and nothing else gets through it; the rest is TypeScript on Node 24.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode, installDependencies } from './dependencies.mjs';
import { bold, giveUp, SetupError, step } from './steps.mjs';

const NODE = 24; // native type stripping, AsyncDisposableStack; long-term support
const OLDEST = 20; // what can run this file and npm ci
const SETPRIV = '/usr/bin/setpriv';
const root = fileURLToPath(new URL('../..', import.meta.url));
const [task = 'start', ...rest] = process.argv.slice(2);

try {
  if (!/^[a-z]+$/.test(task) || !existsSync(join(root, 'ops/setup', `${task}.ts`))) {
    throw new SetupError(`There is no task "${task}".`);
  }
  if (Number.parseInt(process.versions.node, 10) < OLDEST) {
    throw new SetupError(`Node ${OLDEST} or newer is needed to begin; this is ${process.version}.`);
  }
  process.chdir(root);
  console.log(bold('Switchboard'));
  await step('Dependencies', (doing) => installDependencies(root, doing));
  const node = await step('Node', () => {
    const found = findNode(root, NODE);
    return { ...found, did: found.version };
  });
  run(node.path);
} catch (error) {
  giveUp(error);
}

/** Runs the task, hands every signal on to it, and ends as it ends. */
function run(node) {
  const command = [node, join(root, 'ops/setup', `${task}.ts`), ...rest];
  // When we are killed without warning, the kernel tells the task (see tiedToUs in ops/services).
  const check = ['/bin/sh', '-c', '[ "$PPID" = "$0" ] || exit 1; exec "$@"', String(process.pid)];
  const tied = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'TERM', '--', ...check, ...command] : command;
  const child = spawn(tied[0], tied.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  if (process.env['npm_lifecycle_event'] !== undefined) watchParent(() => child.kill('SIGTERM'));
  child.once('error', giveUp);
  child.once('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

/** npm that is killed takes nobody along. Its children see it by being handed to another parent. */
function watchParent(onOrphaned) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onOrphaned();
  }, 500);
}
