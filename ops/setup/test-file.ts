import { spawn } from 'node:child_process';
import { tiedToUs } from '../services/server-process.ts';

/** How one test file ended. A crash, a hang and a file without tests each count as one failure. */
export type Outcome = {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why it failed as a file, whatever its tests said. */
  readonly trouble: string | undefined;
  readonly output: string;
  readonly tookMs: number;
};

type TestFile = {
  readonly file: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
};

const LONGEST_OUTPUT = 200_000;

/** Runs a uvu file as a process of its own, and ends it and all that it left when its time is over. */
export function runTestFile({ file, cwd, env, timeoutMs }: TestFile): Promise<Outcome> {
  const since = performance.now();
  const [program = '', ...args] = tiedToUs([process.execPath, file], 'KILL');
  const child = spawn(program, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: string): void => void (output = (output + chunk).slice(-LONGEST_OUTPUT));
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);

  let hung = false;
  const killAll = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nobody of its group is left.
    }
  };
  const overdue = setTimeout(() => {
    hung = true;
    killAll();
  }, timeoutMs);
  return new Promise((resolve) => {
    const finish = (end: string | undefined): void => {
      clearTimeout(overdue);
      const trouble = hung ? `still running after ${timeoutMs / 1000} s` : end;
      resolve({ file, ...outcomeOf(output, trouble), output, tookMs: performance.now() - since });
    };
    child.once('error', (error) => finish(error.message));
    // What it left in its group may hold its output open: end it, and only then wait for the end of that.
    child.once('exit', killAll);
    child.once('close', (code, signal) =>
      finish(signal ? `ended by ${signal}` : code === 0 ? undefined : `exit code ${code}`),
    );
  });
}

/** What uvu's summary says, and what it does not say: it passes files whose set-up threw. */
export function outcomeOf(
  output: string,
  end: string | undefined,
): Pick<Outcome, 'passed' | 'failed' | 'skipped' | 'trouble'> {
  const total = lastNumber(output, 'Total');
  const passed = lastNumber(output, 'Passed') ?? 0;
  const skipped = lastNumber(output, 'Skipped') ?? 0;
  const failed = (total ?? 0) - passed;
  if (total === undefined || total === 0) {
    return { passed, failed: 1, skipped, trouble: end ?? 'it ran no test' };
  }
  // Failed tests explain a bad exit code; without one the process has failed on its own account.
  const crashed = end !== undefined && (failed === 0 || end !== 'exit code 1');
  return { passed, failed: crashed ? Math.max(failed, 1) : failed, skipped, trouble: crashed ? end : undefined };
}

function lastNumber(output: string, label: string): number | undefined {
  // oxlint-disable-next-line no-control-regex -- the colours of a terminal
  const plain = output.replaceAll(/\u001B\[[\d;]*m/g, '');
  const found = [...plain.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)\\s*$`, 'gm'))].at(-1)?.[1];
  return found === undefined ? undefined : Number(found);
}
