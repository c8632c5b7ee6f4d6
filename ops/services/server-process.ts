import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A server of somebody else's making (Redis, Postgres) that lives and dies with this process. */
export type ServerProcess = {
  readonly pid: number;
  /** Resolves once with the reason, e.g. `exit code 1` or `signal SIGKILL`. */
  readonly ended: Promise<string>;
  readonly isRunning: () => boolean;
  /** Asks it to end with `signal`; kills it when it has not after `graceMs`. */
  stop(signal: NodeJS.Signals, graceMs?: number): Promise<void>;
};

export type ServerCommand = {
  readonly file: string;
  readonly args: readonly string[];
  /** Everything it prints is added to this file. */
  readonly logFile: string;
  readonly cwd: string;
  /** Which user it runs as, when not ours. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** What the kernel sends it when we die in a way that leaves us no time to (SIGKILL, a crash). */
  readonly deathSignal: 'TERM' | 'INT' | 'KILL';
  readonly env?: NodeJS.ProcessEnv;
};

// Where there is no setpriv, at least an exit that we live to see takes them along.
const alive = new Set<ChildProcess>();
process.once('exit', () => alive.forEach((child) => child.kill('SIGKILL')));

/** The full path of a program that we may run, or undefined. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  // oxlint-disable-next-line node/no-process-env -- PATH belongs to the machine, not to our configuration
  const path = (process.env['PATH'] ?? '').split(delimiter);
  return [...path, ...folders]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/**
 * The command, in a form in which the kernel sends it `signal` when we die in whatever way (Linux;
 * prctl(2), PR_SET_PDEATHSIG). We may die before that is set: then it has another parent already, sees
 * that, and ends by itself.
 */
export function tiedToUs(command: readonly string[], signal: ServerCommand['deathSignal']): string[] {
  const setpriv = findProgram('setpriv', ['/usr/bin', '/bin']);
  if (!setpriv) return [...command];
  const check = '[ "$PPID" = "$0" ] || exit 1; exec "$@"';
  return [setpriv, '--pdeathsig', signal, '--', '/bin/sh', '-c', check, String(process.pid), ...command];
}

/**
 * Starts it detached from the terminal, so that Ctrl-C reaches us alone and we decide the order in
 * which things end, yet tied to our life. It holds no pipe and no handle: a test process that
 * forgets it still exits, and takes it along.
 */
export function startServer(command: ServerCommand): ServerProcess {
  const [file = '', ...args] = tiedToUs([command.file, ...command.args], command.deathSignal);
  const output = openSync(command.logFile, 'a', 0o600);
  const child = spawn(file, args, {
    cwd: command.cwd,
    detached: true,
    stdio: ['ignore', output, output],
    ...command.user,
    ...(command.env ? { env: command.env } : {}),
  });
  closeSync(output);
  child.unref();

  let running = true;
  alive.add(child);
  const ended = endOf(child).then((reason) => {
    running = false;
    alive.delete(child);
    return reason;
  });

  return {
    pid: child.pid ?? 0,
    ended,
    isRunning: () => running,
    async stop(signal, graceMs = 5000) {
      if (!running) return;
      child.ref();
      child.kill(signal);
      const overdue = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(overdue);
    },
  };
}

/**
 * Waits until `probe` succeeds. @throws with the end of its log when the server ends first, or is
 * not ready after `withinMs`.
 */
export async function untilReady(
  server: ServerProcess,
  logFile: string,
  probe: () => Promise<void>,
  withinMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const failure = await probe().then(
      () => undefined,
      (error: unknown) => String(error),
    );
    if (failure === undefined) return;
    if (!server.isRunning()) throw new Error(`It ended (${await server.ended}):\n${tailOf(logFile)}`);
    if (performance.now() > deadline) {
      throw new Error(`Not ready after ${withinMs / 1000} s (${failure}):\n${tailOf(logFile)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Waits for the end of the server whose pid a file holds: the one of a run before us that was
 * killed a moment ago and still puts its files in order.
 */
export async function untilGone(pidFile: string, program: string, withinMs = 15_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const pid = Number.parseInt(readOr(pidFile, ''), 10);
    // A zombie has no command line left, only a name.
    if (!(pid > 0) || !readOr(`/proc/${pid}/cmdline`, '').includes(program)) return;
    if (performance.now() > deadline) {
      throw new Error(`Another ${program} (pid ${pid}) uses this folder. Is Switchboard running already?`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The last lines of a log, for an error message. */
export function tailOf(logFile: string, lines = 15): string {
  return readOr(logFile, '').trimEnd().split('\n').slice(-lines).join('\n');
}

/** Empties a log that is grown by a process for a long time, once a start. */
export function beginLog(logFile: string): void {
  writeFileSync(logFile, '', { mode: 0o600 });
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
