import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfig, settingNames } from '../../ops/runtime/config.ts';

const docker = suite('containers');

const ROOT = join(import.meta.dirname, '../..');
const compose = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
const dockerfile = readFileSync(join(ROOT, 'ops/docker/Dockerfile'), 'utf8');
const ofTheImage = new Set([...dockerfile.matchAll(/\b([A-Z_]+)=/g)].map((match) => match[1]));

docker('hand every setting on, and none that does not exist', () => {
  const handedOn = [...compose.matchAll(/^ {4}([A-Z_]+): /gm)].map((match) => match[1] ?? '');
  for (const name of settingNames) {
    assert.ok(handedOn.includes(name) || ofTheImage.has(name), `${name} does not reach the containers`);
  }
  assert.equal(
    handedOn.filter((name) => !settingNames.includes(name)),
    [],
  );
});

docker('start without a single setting', () => {
  const values = [...compose.matchAll(/^ {4}([A-Z_]+): (.+)$/gm)].map(([, name = '', value = '']) => [
    name,
    value.replaceAll(/\$\{[A-Z_]+:-([^}]*)\}/g, '$1'),
  ]);
  assert.is(readConfig(Object.fromEntries(values)).demo, true);
});

docker('copy only what exists', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
    (match[1] ?? '').split(' '),
  );
  assert.ok(copied.length > 5);
  for (const path of copied) assert.ok(existsSync(join(ROOT, path)), `${path} does not exist`);
});

docker.run();
