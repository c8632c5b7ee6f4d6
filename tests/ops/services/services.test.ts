import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Sequelize } from 'sequelize';
import { setImmediate as turn } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog } from '../../../ops/runtime/log.ts';
import { createRedis } from '../../../ops/runtime/redis.ts';
import { startPostgres } from '../../../ops/services/postgres.ts';
import { startRedis } from '../../../ops/services/redis.ts';
import { freshDatabase, freshRedis, temporaryFolder } from '../../support/services.ts';

const services = suite('embedded services');

services('Sequelize reaches a fresh database by its URL over the unix socket', async () => {
  const database = await freshDatabase();
  const sequelize = new Sequelize(database.url, { logging: false });
  const [rows] = await sequelize.query("SELECT lower('ÉLISE') AS name");
  assert.equal(rows, [{ name: 'élise' }]);
  await sequelize.close();
  await database.drop();
});

services('two fresh databases do not see each other, and a dropped one is gone though in use', async () => {
  const one = await freshDatabase();
  const two = await freshDatabase();
  const inOne = new Sequelize(one.url, { logging: false });
  const inTwo = new Sequelize(two.url, { logging: false });
  await inOne.query('CREATE TABLE calls (id int)');
  const [tables] = await inTwo.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
  assert.equal(tables, []);
  await two.drop();
  let refused: unknown;
  await inTwo.query('SELECT 1').catch((error: unknown) => (refused = error));
  assert.ok(refused, 'the dropped database still answers');
  await Promise.all([inOne.close(), inTwo.close().catch(() => undefined)]);
  await one.drop();
});

services('each fresh Redis is empty and alone', async () => {
  const log = createLog('test', 'silent');
  const [one, two] = await Promise.all([freshRedis(), freshRedis()]);
  const inOne = createRedis(one.url, log);
  const inTwo = createRedis(two.url, log);
  await Promise.all([inOne.connect(), inTwo.connect()]);
  await inOne.set('call', 'ringing');
  assert.is(await inTwo.get('call'), null);
  inOne.destroy();
  inTwo.destroy();
  await Promise.all([one.close(), two.close()]);
});

services('data outlives a restart, and a path too long for a socket is no obstacle', async () => {
  const dir = join(temporaryFolder('long'), 'a'.repeat(60), 'b'.repeat(60));
  const first = { postgres: await startPostgres({ dir: join(dir, 'pg') }), redis: await startRedis({ dir }) };
  const before = new Sequelize(first.postgres.url, { logging: false });
  await before.query('CREATE TABLE kept (word text)');
  await before.query("INSERT INTO kept VALUES ('hello')");
  await before.close();
  await Promise.all([first.postgres.close(), first.redis.close()]);

  const second = { postgres: await startPostgres({ dir: join(dir, 'pg') }), redis: await startRedis({ dir }) };
  const after = new Sequelize(second.postgres.url, { logging: false });
  const [rows] = await after.query('SELECT word FROM kept');
  assert.equal(rows, [{ word: 'hello' }]);
  await after.close();
  await Promise.all([second.postgres.close(), second.redis.close()]);
});

services('both end when their process is killed, and the same folder starts again at once', async () => {
  const dir = temporaryFolder('killed');
  const child = fork(join(import.meta.dirname, 'start-both.ts'), [dir]);
  const [pids] = (await once(child, 'message')) as [number[]];
  assert.ok(pids.every(isAlive));
  child.kill('SIGKILL');
  await once(child, 'exit');
  const again = { postgres: await startPostgres({ dir: join(dir, 'pg') }), redis: await startRedis({ dir }) };
  for (const deadline = performance.now() + 5000; pids.some(isAlive);) {
    assert.ok(performance.now() < deadline, 'a server outlived its process');
    await turn();
  }
  await Promise.all([again.postgres.close(), again.redis.close()]);
});

services('a folder that the user postgres may not enter gets its data elsewhere', async () => {
  if (process.getuid?.() !== 0) return;
  const { chmodSync, readFileSync } = await import('node:fs');
  const closed = temporaryFolder('closed');
  chmodSync(closed, 0o700);
  const postgres = await startPostgres({ dir: join(closed, 'pg') });
  const moved = readFileSync(join(closed, 'pg', 'moved-to'), 'utf8').trim();
  assert.ok(existsSync(join(moved, 'data', 'PG_VERSION')));
  await postgres.close();
  rmSync(moved, { recursive: true });
});

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

services.run();
