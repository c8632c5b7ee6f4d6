import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../../control/contract/fault.ts';
import { readConfig, settingNames } from '../../../ops/runtime/config.ts';

const config = suite('configuration');

const refusal = (env: NodeJS.ProcessEnv): Fault => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof Fault) return error;
  }
  throw new Error('nothing was refused');
};

config('an empty environment is a demo with everything embedded', () => {
  const { demo, http, databaseUrl, media } = readConfig({});
  assert.is(demo, true);
  assert.is(http.publicUrl, 'http://localhost:3000');
  assert.is(databaseUrl, undefined);
  assert.is(media.announcedAddress, media.listenIp);
});

config('an access token of Meta ends the demo, unless it is asked for', () => {
  assert.is(readConfig({ META_ACCESS_TOKEN: 'token' }).demo, false);
  assert.is(readConfig({ META_ACCESS_TOKEN: 'token', DEMO: '1' }).demo, true);
  assert.is(readConfig({ DEMO: '0' }).demo, false);
});

config('an empty variable counts as not set', () => {
  assert.equal(readConfig({ PORT: '', APP_KEY: '', META_ACCESS_TOKEN: '' }), readConfig({}));
});

config('every bad setting is named at once', () => {
  const fault = refusal({ PORT: 'eighty', APP_KEY: 'short', META_GRAPH_URL: 'graph', DESK_ICE_SERVERS: '{' });
  assert.is(fault.code, 'config/invalid');
  for (const name of ['PORT', 'APP_KEY', 'META_GRAPH_URL', 'DESK_ICE_SERVERS']) assert.match(fault.message, name);
});

config('no value of a bad setting is shown, whichever it is', () => {
  const secret = 'hunter2';
  for (const name of settingNames) {
    try {
      readConfig({ [name]: secret });
    } catch (error) {
      assert.instance(error, Fault);
      assert.match((error as Fault).message, name);
      assert.not.match(JSON.stringify([(error as Fault).message, (error as Fault).details ?? '']), secret);
    }
  }
});

config('media ports in the wrong order are refused', () => {
  assert.match(refusal({ MEDIA_PORT_MIN: '50000', MEDIA_PORT_MAX: '40000' }).message, 'MEDIA_PORT_M');
});

const example = [
  ...readFileSync(join(import.meta.dirname, '../../../ops/env.example'), 'utf8').matchAll(/^#?([A-Z_]+)=(.*)$/gm),
];

config('ops/env.example names every setting once, and no other', () => {
  assert.equal(example.map((line) => line[1] ?? '').toSorted(), settingNames.toSorted());
});

config('the defaults that ops/env.example shows are the defaults', () => {
  const shown = example
    .map((line) => [line[1] ?? '', line[2] ?? ''] as const)
    .filter(([, value]) => !value.startsWith('<'));
  assert.ok(shown.length > 10);
  assert.equal(readConfig(Object.fromEntries(shown)), readConfig({}));
});

config.run();
