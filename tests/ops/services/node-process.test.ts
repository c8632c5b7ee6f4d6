import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readable, StartFailed, startNodeProcess } from '../../../ops/services/node-process.ts';
import { freePort } from '../../support/product.ts';
import { temporaryFolder } from '../../support/services.ts';

const processes = suite('our own processes');

async function start(source: string) {
  const folder = temporaryFolder('process');
  const port = await freePort();
  const entry = join(folder, 'main.ts');
  writeFileSync(entry, `import { createServer } from 'node:http';\nconst port = ${port};\n${source}`);
  const troubles: string[] = [];
  const logFile = join(folder, 'gateway.log');
  const running = await startNodeProcess({
    name: 'gateway',
    entry,
    cwd: folder,
    env: {},
    readyUrl: `http://127.0.0.1:${port}/readyz`,
    logFile,
    onTrouble: (_, line) => troubles.push(line),
    graceMs: 1000,
  });
  return { running, troubles, log: () => readFileSync(logFile, 'utf8') };
}

const refusal = (source: string): Promise<StartFailed> =>
  start(source).then(
    () => {
      throw new Error('it started');
    },
    (error: unknown) => error as StartFailed,
  );

processes('is up when it says that it is ready, and only its errors reach the terminal', async () => {
  const { running, troubles, log } = await start(`
    console.log(JSON.stringify({ level: 'info', time: '2026-11-23T10:00:00.000Z', msg: 'listening', port }));
    console.log(JSON.stringify({ level: 'error', time: '2026-11-23T10:00:01.000Z', process: 'gateway', msg: 'graph refused', code: 190 }));
    createServer((request, response) => response.end('ok')).listen(port, '127.0.0.1');
  `);
  await running.close();
  assert.equal(troubles, ['10:00:01  graph refused  code=190']);
  assert.match(log(), 'listening');
});

processes('is not up while it says that it is not ready', async () => {
  const { running, log } = await start(`
    let asked = 0;
    createServer((request, response) => {
      asked += 1;
      console.log('asked', asked);
      response.writeHead(asked < 3 ? 503 : 200).end();
    }).listen(port, '127.0.0.1');
  `);
  await running.close();
  assert.match(log(), 'asked 3');
});

processes('one that ends before it is ready is told with its exit code and its last words', async () => {
  const failure = await refusal(`console.error('PORT is not valid'); process.exit(78);`);
  assert.is(failure.code, 78);
  assert.match(failure.message, 'PORT is not valid');
});

processes('one that ignores SIGTERM is ended when its time is over', async () => {
  const { running } = await start(`
    process.on('SIGTERM', () => undefined);
    createServer((request, response) => response.end()).listen(port, '127.0.0.1');
  `);
  await running.close();
  assert.is(await running.ended, 'signal SIGKILL');
});

processes('a configuration error is hopeless, a crash is not', async () => {
  for (const [code, hopeless] of [
    [78, true],
    [1, false],
  ] as const) {
    const { running } = await start(`
      createServer((request, response) => { response.end(); setImmediate(() => process.exit(${code})); }).listen(port, '127.0.0.1');
    `);
    assert.is(await running.ended, `exit code ${code}`);
    assert.is(running.isHopeless?.(), hopeless);
  }
});

processes('a line that only looks like JSON is shown as it is', () => {
  assert.is(readable('{ not json'), '{ not json');
  assert.is(readable('    at main.ts:3'), '    at main.ts:3');
});

processes.run();
