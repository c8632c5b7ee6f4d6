import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { outcomeOf, runTestFile } from '../../../ops/setup/test-file.ts';
import { temporaryFolder } from '../../support/services.ts';

const runner = suite('the test runner');

const summary = (total: number, passed: number, skipped = 0): string =>
  `\n  Total:     ${total}\u001B[32m\n  Passed:    ${passed}\u001B[39m\n  Skipped:   ${skipped}\n  Duration:  3.10ms\n\n`;
const counts = (output: string, end?: string) => {
  const { passed, failed, skipped, trouble } = outcomeOf(output, end);
  return `${passed} passed, ${failed} failed, ${skipped} skipped, ${trouble ?? 'no trouble'}`;
};

runner('counts what uvu counted', () => {
  assert.is(counts(summary(5, 5)), '5 passed, 0 failed, 0 skipped, no trouble');
  assert.is(counts(summary(5, 3), 'exit code 1'), '3 passed, 2 failed, 0 skipped, no trouble');
  assert.is(counts(summary(2, 2, 1)), '2 passed, 0 failed, 1 skipped, no trouble');
});

runner('counts tests that never ran as failed, though uvu exits with 0', () => {
  assert.is(counts(summary(4, 0)), '0 passed, 4 failed, 0 skipped, no trouble');
});

runner('a file without a test, without a summary, or with a crash after it, has failed', () => {
  assert.is(counts(summary(0, 0)), '0 passed, 1 failed, 0 skipped, it ran no test');
  assert.is(counts('SyntaxError', 'exit code 1'), '0 passed, 1 failed, 0 skipped, exit code 1');
  assert.is(counts(summary(3, 3), 'exit code 7'), '3 passed, 1 failed, 0 skipped, exit code 7');
  assert.is(counts(summary(3, 3), 'ended by SIGSEGV'), '3 passed, 1 failed, 0 skipped, ended by SIGSEGV');
});

runner('ends a file that hangs, and all that it has started', async () => {
  const folder = temporaryFolder('hangs');
  const file = join(folder, 'hangs.test.ts');
  writeFileSync(
    file,
    `import { spawn } from 'node:child_process';
     spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
     console.log('waiting');`,
  );
  const outcome = await runTestFile({ file, cwd: folder, env: { PATH: process.env['PATH'] }, timeoutMs: 1500 });
  assert.is(outcome.failed, 1);
  assert.match(outcome.trouble ?? '', 'still running');
  assert.match(outcome.output, 'waiting');
});

runner.run();
