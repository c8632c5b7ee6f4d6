import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Lockfile, missingOptional, platformOf } from '../../../ops/setup/complete-lockfile.ts';
import { difference } from '../../../ops/setup/dependencies.mjs';
import { mkdirSync, writeFileSync } from 'node:fs';
import { temporaryFolder } from '../../support/services.ts';

const lockfile = suite('package-lock.json');

lockfile('has the optional packages of every platform, without which npm ci refuses it', () => {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package-lock.json'), 'utf8')) as Lockfile;
  const missing = missingOptional(lock).map(({ name, range }) => `${name}@${range}`);
  assert.equal(missing, [], 'run: node ops/setup/complete-lockfile.ts');
});

lockfile('finds an optional package in the folder of who wants it, and in those above', () => {
  const packages = {
    'node_modules/a': { version: '1.0.0', optionalDependencies: { '@x/linux-x64': '1.0.0', gone: '1.0.0' } },
    'node_modules/a/node_modules/b': {
      version: '1.0.0',
      optionalDependencies: { '@x/linux-x64': '1.0.0', own: '1.0.0' },
    },
    'node_modules/a/node_modules/b/node_modules/own': { version: '1.0.0' },
    'node_modules/@x/linux-x64': { version: '1.0.0' },
  };
  assert.equal(missingOptional({ packages }), [{ name: 'gone', range: '1.0.0', wantedBy: 'node_modules/a' }]);
});

lockfile("a platform's package says in its name where it belongs", () => {
  assert.equal(platformOf('@oxlint/binding-linux-arm64-musl'), { os: ['linux'], cpu: ['arm64'], libc: ['musl'] });
  assert.equal(platformOf('@oxfmt/binding-win32-x64-msvc'), { os: ['win32'], cpu: ['x64'] });
  assert.equal(platformOf('left-pad'), {});
});

lockfile('what is installed is compared with it, package by package', () => {
  const root = temporaryFolder('install');
  const locked = (packages: object): string => JSON.stringify({ packages: { '': {}, ...packages } });
  const install = (packages: object): void =>
    writeFileSync(join(root, 'node_modules/.package-lock.json'), locked(packages));
  writeFileSync(
    join(root, 'package-lock.json'),
    locked({
      'node_modules/zod': { version: '4.6.7' },
      'node_modules/@x/for-another-platform': { version: '1.0.0', optional: true },
    }),
  );
  assert.is(difference(root), 'nothing is installed');
  mkdirSync(join(root, 'node_modules'));
  install({});
  assert.is(difference(root), 'zod is missing');
  install({ 'node_modules/zod': { version: '3.0.0' } });
  assert.is(difference(root), 'zod is 3.0.0, not 4.6.7');
  install({ 'node_modules/zod': { version: '4.6.7' } });
  assert.is(difference(root), undefined);
});

lockfile.run();
