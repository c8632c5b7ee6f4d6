import { spawnSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const log = suite('the log');

const program = `
  import { createLog } from './ops/runtime/log.ts';
  const secret = { detail: 'Key (phone)=(4915112345) already exists.', parameters: ['4915112345'] };
  const error = Object.assign(new Error('duplicate key', { cause: new Error('why') }), { code: '23505', ...secret });
  createLog('test').error({ error: Object.assign(error, { parent: Object.assign(new Error('pg'), secret) }) }, 'not stored');
  createLog('test').warn({ error: 'a word' }, 'not stored');
`;

log('an error is shown without the values that it carries', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: new URL('../../..', import.meta.url),
    encoding: 'utf8',
    timeout: 20_000,
  });
  const [first, second] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { error: unknown });
  assert.ok(first && second, stderr);
  const { stack, ...error } = first.error as { stack: string };
  assert.equal(error, { type: 'Error', message: 'duplicate key', code: '23505', cause: 'why' });
  assert.match(stack, /duplicate key/);
  assert.not.match(stdout, /4915112345/);
  assert.is(second.error, 'a word');
});

log.run();
