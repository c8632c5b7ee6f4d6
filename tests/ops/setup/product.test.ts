import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfig } from '../../../ops/runtime/config.ts';
import { planProduct, type ProcessPlan } from '../../../ops/setup/product.ts';
import { keptSecrets } from '../../../ops/setup/secrets.ts';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/services.ts';

const product = suite('the processes of npm start');

const secrets = {
  adminPassword: 'made-up',
  mediaToken: 'made-up-token',
  demo: { appSecret: 'demo-app-secret', verifyToken: 'demo-verify', accessToken: 'demo-access' },
};
const provided = { databaseUrl: 'postgres://here', redisUrl: 'unix:/here', workerBin: '/worker', secrets };

function plan(env: Record<string, string>) {
  const processes = planProduct(readConfig(env), provided, env);
  const named = (name: ProcessPlan['name']): ProcessPlan => {
    const found = processes.find((process) => process.name === name);
    if (!found) throw new Error(`no ${name}`);
    return found;
  };
  return { names: processes.map(({ name }) => name), named };
}

product('a demo has the stand-in for Meta, and gateway and stand-in agree on its secrets', () => {
  const { names, named } = plan({ PORT: '4000', SIM_PORT: '4200' });
  assert.equal(names, ['sim', 'media', 'gateway']);
  const [sim, gateway] = [named('sim').env, named('gateway').env];
  assert.is(gateway['META_GRAPH_URL'], 'http://127.0.0.1:4200/graph/v25.0');
  assert.is(sim['WEBHOOK_URL'], 'http://127.0.0.1:4000/webhooks/wa-calling');
  for (const name of [
    'META_APP_SECRET',
    'META_VERIFY_TOKEN',
    'META_ACCESS_TOKEN',
    'META_PHONE_NUMBER_ID',
    'META_WABA_ID',
  ]) {
    assert.ok(sim[name]);
    assert.is(sim[name], gateway[name]);
  }
});

product('with a number at Meta there is no stand-in', () => {
  const { names, named } = plan({ META_ACCESS_TOKEN: 'real', META_APP_SECRET: 'real-secret' });
  assert.equal(names, ['media', 'gateway']);
  assert.is(named('gateway').env['META_ACCESS_TOKEN'], 'real');
  assert.is(named('gateway').env['DEMO'], '0');
});

product('media never sees the secrets of the gateway, nor the stand-in those of either', () => {
  const { named } = plan({
    DATABASE_URL: 'postgres://db',
    APP_KEY: 'k'.repeat(40),
    ADMIN_PASSWORD: 'secret',
    MEDIA_TOKEN: 'token',
    META_APP_SECRET: 'app',
    META_ACCESS_TOKEN: 'access',
    DEMO: '1',
  });
  for (const name of ['DATABASE_URL', 'APP_KEY', 'ADMIN_PASSWORD', 'META_APP_SECRET', 'META_ACCESS_TOKEN']) {
    assert.is(named('media').env[name], undefined, `media knows ${name}`);
  }
  for (const name of ['DATABASE_URL', 'APP_KEY', 'ADMIN_PASSWORD', 'MEDIA_TOKEN']) {
    assert.is(named('sim').env[name], undefined, `the stand-in knows ${name}`);
  }
  assert.is(named('sim').env['META_ACCESS_TOKEN'], 'demo-access', 'the stand-in got the real token');
  assert.is(named('media').env['MEDIA_TOKEN'], named('gateway').env['MEDIA_TOKEN']);
});

product('a gateway that listens on every address is still asked on loopback', () => {
  assert.is(plan({ HOST: '0.0.0.0' }).named('gateway').url, 'http://127.0.0.1:3000');
  assert.is(plan({ HOST: '::1' }).named('gateway').url, 'http://[::1]:3000');
});

product('made-up secrets are kept, for their owner alone', () => {
  const folder = temporaryFolder('secrets');
  const first = keptSecrets(folder);
  assert.equal(keptSecrets(folder), first);
  assert.match(first.adminPassword, /^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
  assert.is(statSync(join(folder, 'secrets.json')).mode & 0o077, 0);
});

product('secrets of an older version are completed, and a damaged file is not overwritten', () => {
  const folder = temporaryFolder('secrets');
  const path = join(folder, 'secrets.json');
  writeFileSync(path, JSON.stringify({ adminPassword: 'as it was' }));
  const completed = keptSecrets(folder);
  assert.is(completed.adminPassword, 'as it was');
  assert.ok(completed.mediaToken.length >= 32);
  assert.equal(keptSecrets(folder), completed);
  writeFileSync(path, '{ "adminPassw');
  assert.throws(() => keptSecrets(folder), /damaged/);
  assert.is(readFileSync(path, 'utf8'), '{ "adminPassw');
});

product.run();
