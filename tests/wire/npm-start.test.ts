import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { freePorts, startProduct } from '../support/npm-start.ts';
import { temporaryFolder } from '../support/services.ts';

const start = suite('npm start');

const OURS = ['postgres', 'redis-server', 'sim/main.ts', 'media/main.ts', 'gateway/main.ts'];

const started: ChildProcess[] = [];
start.after(() => started.forEach((child) => child.kill('SIGKILL')));
const startIn: typeof startProduct = (...given) => {
  const product = startProduct(...given);
  started.push(product.child);
  return product;
};

/** Every process under `pid`, with its command line. */
function descendants(pid: number): { pid: number; command: string }[] {
  const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  const own = children.map((child) => ({
    pid: child,
    command: read(`/proc/${child}/cmdline`).replaceAll('\0', ' '),
  }));
  return own.concat(children.flatMap(descendants));
}

async function allGone(pids: readonly number[]): Promise<void> {
  // A zombie has no command line; it is only not yet collected.
  const lives = (pid: number): boolean => existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`).length > 0;
  for (const deadline = performance.now() + 15_000; pids.some(lives); await pause(50)) {
    assert.ok(performance.now() < deadline, 'a process outlived its parent');
  }
}

const pidOf = (child: ChildProcess): number => child.pid ?? 0;
const portsOfTest = await freePorts();
const folder = temporaryFolder('start');
let password = '';

start('sets everything up, prints three addresses, restarts what dies, and stops at once when told to', async () => {
  const product = startIn(folder, portsOfTest);
  await product.until(/Ctrl-C/);
  assert.match(await product.until(/^ {2}Console/), `http://localhost:${portsOfTest[0]}`);
  assert.match(await product.until(/^ {2}Phone/), `http://localhost:${portsOfTest[2]}/phone`);
  password = (await product.until(/^ {2}Sign in/)).split(/\s+/).at(-1) ?? '';
  assert.is((await fetch(`${product.gatewayUrl}/readyz`)).status, 200);

  const running = descendants(pidOf(product.child));
  for (const name of OURS)
    assert.ok(
      running.some(({ command }) => command.includes(name)),
      `${name} does not run`,
    );
  const gateway = running.find(({ command }) => command.includes('gateway/main.ts'));
  process.kill(gateway?.pid ?? 0, 'SIGKILL');
  await product.until(/gateway has ended .*signal SIGKILL/);
  await product.until(/gateway runs again/);
  assert.is((await fetch(`${product.gatewayUrl}/readyz`)).status, 200);

  const all = descendants(pidOf(product.child)).map(({ pid }) => pid);
  product.child.kill('SIGINT');
  const [code] = (await once(product.child, 'exit')) as [number];
  assert.is(code, 0);
  await allGone(all);
});

start('a second start does none of it again, keeps the password, and leaves nothing when it is killed', async () => {
  const product = startIn(folder, portsOfTest);
  await product.until(/Ctrl-C/);
  assert.match(await product.until(/^ {2}Sign in/), password);
  assert.match(await product.until(/Console {2,}/), 'unchanged');
  const ready = /ready after ([\d.]+) s/.exec(await product.until(/ready after/))?.[1];
  assert.ok(Number(ready) < 10, `ready after ${ready} s`);

  const all = descendants(pidOf(product.child)).map(({ pid }) => pid);
  assert.ok(all.length > OURS.length);
  product.child.kill('SIGKILL');
  await allGone(all);
});

start('two in the same folder, a port that is taken, and a bad setting are told apart and named', async () => {
  const other = await freePorts();
  const first = startIn(folder, portsOfTest);
  await first.until(/Ctrl-C/);
  await startIn(folder, other).until(/already runs with/);
  await startIn(temporaryFolder('other'), [portsOfTest[0], other[1], other[2]]).until(/Port \d+ .* in use.*Set PORT/);
  const bad = startIn(temporaryFolder('bad'), other, { LOG_LEVEL: 'loud' });
  await bad.until(/LOG_LEVEL/);
  if (bad.child.exitCode === null) await once(bad.child, 'exit');
  assert.is(bad.child.exitCode, 78);
  assert.not.match(bad.lines.join('\n'), 'loud');
  first.child.kill('SIGTERM');
  await once(first.child, 'exit');
});

start.run();
