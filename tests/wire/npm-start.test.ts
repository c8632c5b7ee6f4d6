import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort } from '../support/product.ts';
import { temporaryFolder } from '../support/services.ts';

const start = suite('npm start');

const ROOT = join(import.meta.dirname, '../..');
const OURS = ['postgres', 'redis-server', 'sim/main.ts', 'media/main.ts', 'gateway/main.ts'];

type Started = {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly gatewayUrl: string;
  until(pattern: RegExp): Promise<string>;
};

const started: ChildProcess[] = [];
start.after(() => started.forEach((child) => child.kill('SIGKILL')));

function startIn(varDir: string, ports: readonly [number, number, number], more: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(process.execPath, ['ops/setup/run.mjs', 'start'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      MEDIASOUP_WORKER_BIN: process.env['MEDIASOUP_WORKER_BIN'],
      MEDIA_WORKERS: '1',
      VAR_DIR: varDir,
      PORT: String(ports[0]),
      MEDIA_URL: `http://127.0.0.1:${ports[1]}`,
      SIM_PORT: String(ports[2]),
      ...more,
    },
  });
  started.push(child);
  const lines: string[] = [];
  const arrived = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      arrived.dispatchEvent(new Event('news'));
    });
  }
  let ended = false;
  // 'close' and not 'exit': its last words have arrived.
  child.once('close', () => {
    ended = true;
    arrived.dispatchEvent(new Event('news'));
  });
  return {
    child,
    lines,
    gatewayUrl: `http://127.0.0.1:${ports[0]}`,
    async until(pattern) {
      const late = AbortSignal.timeout(60_000);
      for (;;) {
        const line = lines.find((text) => pattern.test(text));
        if (line !== undefined) return line;
        const told = `in:\n${lines.join('\n')}`;
        if (ended) throw new Error(`it ended with ${child.exitCode}, and no line like ${pattern} ${told}`);
        await once(arrived, 'news', { signal: late }).catch(() => {
          throw new Error(`no line like ${pattern} ${told}`);
        });
      }
    },
  };
}

const freePorts = async (): Promise<[number, number, number]> => [await freePort(), await freePort(), await freePort()];

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
