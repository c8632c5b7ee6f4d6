import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, renameSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Running } from './keeper.ts';
import { tailOf, tiedToUs } from './server-process.ts';

export type NodeProcess = {
  readonly name: string;
  readonly entry: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** What answers 200 when it is up. */
  readonly readyUrl: string;
  readonly logFile: string;
  /** A line that it logged as an error, or wrote to stderr. */
  readonly onTrouble: (name: string, line: string) => void;
  /** How long it may take to end after SIGTERM. */
  readonly graceMs: number;
};

const READY_WITHIN_MS = 60_000;
const ROTATE_AT_BYTES = 20_000_000;
export const EX_CONFIG = 78; // sysexits.h: something is wrong in the configuration

/**
 * Starts one of our own processes and waits until it is ready.
 * It leaves the terminal's group, so that Ctrl-C reaches the supervisor alone; and when the
 * supervisor is killed the kernel kills it too: nothing is left behind that holds a port.
 * @throws Error with the end of its log when it ends before it is ready
 */
export async function startNodeProcess(options: NodeProcess): Promise<Running> {
  rotate(options.logFile);
  const [file = '', ...args] = tiedToUs([process.execPath, options.entry], 'KILL');
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  keepLog(child, options);

  const end = new Promise<{ reason: string; code: number | null }>((resolve) => {
    child.once('error', (error) => resolve({ reason: error.message, code: null }));
    child.once('close', (code, signal) => resolve({ reason: signal ? `signal ${signal}` : `exit code ${code}`, code }));
  });
  let ended: { reason: string; code: number | null } | undefined;
  void end.then((how) => (ended = how));
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    const overdue = setTimeout(() => child.kill('SIGKILL'), options.graceMs);
    await end;
    clearTimeout(overdue);
  };

  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await isReady(options.readyUrl))) {
    if (ended) throw new StartFailed(options, ended);
    if (performance.now() > deadline) {
      await close();
      throw new StartFailed(options, { reason: `not ready after ${READY_WITHIN_MS / 1000} s`, code: null });
    }
    await pause(50);
  }
  return { ended: end.then(({ reason }) => reason), isHopeless: () => ended?.code === EX_CONFIG, close };
}

/** One of our processes did not come up. Its message holds the end of its log. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
  readonly code: number | null;

  constructor(of: NodeProcess, end: { reason: string; code: number | null }) {
    super(`${of.name} did not start (${end.reason}). The end of ${of.logFile}:\n\n${tailOf(of.logFile, 12)}`);
    this.code = end.code;
  }
}

/** A pino line in the form that a person reads at a terminal; anything else as it is. */
export function readable(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const { time, msg, level: _level, process: _process, ...fields } = JSON.parse(line) as Record<string, unknown>;
    const rest = Object.entries(fields).map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    return [String(time).slice(11, 19), String(msg), ...rest].join('  ');
  } catch {
    return line;
  }
}

const isError = (line: string): boolean => /"level":"(?:error|fatal)"/.test(line);

function keepLog(child: ChildProcess, { logFile, name, onTrouble }: NodeProcess): void {
  const file = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  const follow = (stream: Readable | null, isTrouble: (line: string) => boolean): void => {
    if (!stream) return;
    createInterface({ input: stream }).on('line', (line) => {
      file.write(`${line}\n`);
      if (isTrouble(line)) onTrouble(name, readable(line));
    });
  };
  follow(child.stdout, isError);
  follow(child.stderr, () => true);
  child.once('close', () => file.end());
}

function rotate(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > ROTATE_AT_BYTES) renameSync(logFile, `${logFile}.1`);
}

const isReady = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    (answer) => answer.ok,
    () => false,
  );
