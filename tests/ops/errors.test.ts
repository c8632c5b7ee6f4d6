import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { faultCodes, httpStatusOf } from '../../control/contract/fault.ts';

const errors = suite('ops/errors.md');

const rows = [
  ...readFileSync(join(import.meta.dirname, '../../ops/errors.md'), 'utf8').matchAll(
    /^\| `([^`]+)` \| (\d+) \| (.+) \|$/gm,
  ),
];

errors('lists every code once with its status, and no other', () => {
  const listed = rows.map((row) => `${row[1]} ${row[2]}`).toSorted();
  assert.equal(listed, faultCodes.map((code) => `${code} ${httpStatusOf(code)}`).toSorted());
});

errors('says something about each', () => {
  for (const [, code, , text] of rows) assert.ok((text ?? '').length > 15, `${code} is not explained`);
});

errors.run();
