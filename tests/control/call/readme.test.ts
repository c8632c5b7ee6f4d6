import { writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { currentReadme, readmePath } from './transition-table.ts';

const readme = suite("the call machine's README");

readme('shows the table as the code has it', () => {
  const { stored, wanted } = currentReadme();
  if (process.env['UPDATE_README'] === '1') writeFileSync(readmePath, wanted);
  else assert.ok(stored === wanted, 'run: UPDATE_README=1 node tests/control/call/readme.test.ts');
});

readme.run();
