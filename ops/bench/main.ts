import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './statistics.ts';

/**
 * `npm run bench [name …]`: every benchmark as a process of its own, one after the other, since two would measure
 * each other. Prints one table and writes var/bench.json.
 */
const benches: Readonly<Record<string, readonly string[]>> = {
  click: ['ops/bench/browser/click.ts'],
  media: ['ops/bench/media/leg.ts'],
  webhooks: ['ops/bench/webhooks.ts'],
  race: ['ops/bench/race.ts'],
};

const root = join(import.meta.dirname, '../..');
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(64);
}

const figures: Figure[] = [];
const failed: string[] = [];
for (const [name, script] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`measuring ${name} …`);
  try {
    figures.push(...(await run(script)));
  } catch (error) {
    failed.push(name);
    console.error(`${name} did not finish: ${String(error)}`);
  }
}
const machine = { cores: cpus().length, cpu: cpus()[0]?.model ?? 'unknown', node: process.version };
mkdirSync(join(root, 'var'), { recursive: true });
writeFileSync(join(root, 'var/bench.json'), `${JSON.stringify({ machine, figures }, null, 2)}\n`);
console.log(`${machine.cores} cores, ${machine.cpu}, Node ${machine.node}`);
console.table(
  Object.fromEntries(
    figures.map(({ name, unit, p50, p95, p99, count, goal, met }) => [
      name,
      { unit, p50, p95, p99, n: count, goal: goal ?? '', met: met === null ? '' : met ? 'yes' : 'NO' },
    ]),
  ),
);
process.exitCode = failed.length > 0 ? 1 : 0;

async function run(script: readonly string[]): Promise<Figure[]> {
  const child = spawn(process.execPath, [...script, '--json'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${script.join(' ')} ended with ${code}`);
  // The figures are the last line; whatever else a bench says comes before.
  return JSON.parse(output.trim().split('\n').at(-1) ?? '[]') as Figure[];
}
