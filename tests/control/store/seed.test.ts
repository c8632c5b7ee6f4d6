import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openDatabase, type Database } from '../../../control/store/database.ts';
import { migrate } from '../../../control/store/migrate.ts';
import { createSeal } from '../../../control/store/seal.ts';
import { seedWorkspace, type MetaConfig } from '../../../control/store/seed.ts';
import { readSettings } from '../../../control/store/settings.ts';
import { createLog } from '../../../ops/runtime/log.ts';
import { freshDatabase, type TestDatabase } from '../../support/services.ts';

const seeds = suite<{ database: Database; fresh: TestDatabase }>('the first workspace');
const log = createLog('test', 'silent');
const seal = createSeal('a test key of at least thirty-two characters');
const meta: MetaConfig = {
  appSecret: 'secret',
  verifyToken: 'verify',
  accessToken: 'token',
  phoneNumberId: '1',
  wabaId: '2',
};
const seed = (database: Database, change: Partial<MetaConfig> = {}) =>
  seedWorkspace(database, { meta: { ...meta, ...change }, seal, now: Date.now() });

seeds.before.each(async (context) => {
  context.fresh = await freshDatabase();
  context.database = openDatabase({ url: context.fresh.url, log });
});
seeds.after.each(async ({ database, fresh }) => {
  await database.close();
  await fresh.drop();
});

seeds('processes that start together migrate once and agree on one workspace', async ({ database, fresh }) => {
  const other = openDatabase({ url: fresh.url, log });
  await Promise.all([migrate(database, log), migrate(other, log)]);
  const [a, b] = await Promise.all([seed(database), seed(other)]);
  assert.is(a, b);
  const { rows } = await database.pool.query(
    'SELECT (SELECT count(*) FROM workspaces) + (SELECT count(*) FROM numbers) AS n',
  );
  assert.is(rows[0].n, 2);
  await other.close();
});

seeds('keeps secrets sealed', async ({ database }) => {
  await migrate(database, log);
  const workspaceId = await seed(database);
  assert.equal(await readSettings(database.pool, workspaceId, seal), { appSecret: 'secret', verifyToken: 'verify' });
  const { rows } = await database.pool.query(
    'SELECT sealed AS text FROM settings UNION ALL SELECT sealed_access_token FROM numbers',
  );
  for (const { text } of rows as { text: string }[]) assert.match(text, /^v1\./);
});

seeds('follows the environment until the console sets a value', async ({ database }) => {
  await migrate(database, log);
  const workspaceId = await seed(database);
  await seed(database, { appSecret: 'a new one', verifyToken: undefined });
  const followed = await readSettings(database.pool, workspaceId, seal);
  assert.equal([followed.appSecret, followed.verifyToken], ['a new one', 'verify']);
  await database.pool.query('UPDATE settings SET from_environment = false');
  await seed(database, { appSecret: 'ignored' });
  assert.is((await readSettings(database.pool, workspaceId, seal)).appSecret, 'a new one');
});

seeds.run();
