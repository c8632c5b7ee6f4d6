import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { deriveKey, loadAppKey } from '../../gateway/app-key.ts';
import { temporaryFolder } from '../support/services.ts';

const keys = suite('the key of the installation');

keys('what is configured counts, and nothing is written', () => {
  const folder = temporaryFolder('key');
  assert.is(loadAppKey('configured', join(folder, 'app.key')), 'configured');
  assert.equal(readdirSync(folder), []);
});

keys('one is made once, for this user alone, and stays the same', () => {
  const file = join(temporaryFolder('key'), 'deeper', 'app.key');
  const key = loadAppKey(undefined, file);
  assert.ok(key.length >= 32);
  assert.is(loadAppKey(undefined, file), key);
  assert.is(statSync(file).mode & 0o777, 0o600);
  assert.equal(readdirSync(join(file, '..')), ['app.key']);
});

keys('a damaged one is never replaced: what it sealed would be lost', () => {
  const file = join(temporaryFolder('key'), 'app.key');
  writeFileSync(file, 'short\n');
  assert.throws(() => loadAppKey(undefined, file), /damaged/);
  assert.is(readFileSync(file, 'utf8'), 'short\n');
});

keys('each purpose has a key of its own', () => {
  const made = ['sessions', 'other'].map((purpose) =>
    deriveKey('a test key of at least thirty-two characters', purpose),
  );
  assert.is(new Set(made).size, 2);
  assert.is(made[0], deriveKey('a test key of at least thirty-two characters', 'sessions'));
});

keys('a gateway that is configured wrongly says what is wrong, shows no value, and exits 78', () => {
  const run = (environment: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, ['gateway/main.ts'], {
      env: { PATH: process.env['PATH'], VAR_DIR: temporaryFolder('var'), ...environment },
      encoding: 'utf8',
    });
  const bad = run({ PORT: 'secret-value', META_GRAPH_URL: 'secret-value' });
  assert.is(bad.status, 78);
  assert.match(bad.stderr, /PORT.*META_GRAPH_URL/);
  assert.not.match(bad.stdout + bad.stderr, 'secret-value');
  const missing = run({ REDIS_URL: 'redis://127.0.0.1:1' });
  assert.is(missing.status, 78);
  assert.match(missing.stderr, 'DATABASE_URL, MEDIA_TOKEN');
});

keys.run();
