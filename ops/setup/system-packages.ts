import { execFile, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { findProgram, tailOf } from '../services/server-process.ts';
import { SetupError } from './steps.mjs';

const run = promisify(execFile);
const POLICY = '/usr/sbin/policy-rc.d';
// Of what we install, these would also run as services of the system, beside ours.
const SERVICES: Readonly<Record<string, string>> = { 'redis-server': 'redis-server', postgresql: 'postgresql' };

/**
 * Installs Debian packages, where that is possible.
 * @throws SetupError with `what` is missing and the exact command, where it is not
 */
export async function aptInstall(packages: readonly string[], what: string, logFile: string): Promise<void> {
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const obstacle = aptObstacle();
  if (obstacle !== undefined) {
    throw new SetupError(
      `Missing: ${what}. It can't be installed from here: ${obstacle}.\n` +
        `Install it yourself (on Debian 12, as root: apt-get update && ${command}), or run everything in containers: docker compose up`,
    );
  }
  const silenced = keepServicesFromStarting();
  try {
    // The lists of a fresh machine are empty or old: one update, and once more.
    if (!(await apt(command, logFile))) {
      await apt('apt-get update', logFile);
      if (!(await apt(command, logFile))) {
        throw new SetupError(`Missing: ${what}. This failed: ${command}\n\n${tailOf(logFile)}`);
      }
    }
  } finally {
    if (silenced) rmSync(POLICY, { force: true });
  }
  await disableServices(packages);
}

/** Which of these Debian packages are not installed. Empty where there is no dpkg. */
export function missingPackages(packages: readonly string[]): string[] {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...packages], {
    encoding: 'utf8',
  });
  const installed = new Set(
    (stdout ?? '')
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return packages.filter((name) => !installed.has(name));
}

/** May we install Debian packages here? */
export const canApt = (): boolean => aptObstacle() === undefined;

/** Why apt cannot be used here, or undefined. */
function aptObstacle(): string | undefined {
  if (process.platform !== 'linux') return `this is ${process.platform}, not Debian`;
  if (!findProgram('apt-get', ['/usr/bin'])) return 'this system has no apt';
  if (process.getuid?.() !== 0) return 'you are not root';
  return undefined;
}

/** @returns whether it worked; what it printed is in the log */
async function apt(command: string, logFile: string): Promise<boolean> {
  const [file = '', ...args] = command.split(' ');
  appendFileSync(logFile, `\n$ ${command}\n`);
  try {
    const { stdout, stderr } = await run(file, ['-o', 'DPkg::Lock::Timeout=300', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      maxBuffer: 2 ** 26,
    });
    appendFileSync(logFile, stdout + stderr);
    return true;
  } catch (error) {
    const { stdout = '', stderr = String(error) } = error as { stdout?: string; stderr?: string };
    appendFileSync(logFile, stdout + stderr);
    return false;
  }
}

/** Debian starts a server when it is installed, unless this script forbids it (invoke-rc.d(8)). */
function keepServicesFromStarting(): boolean {
  if (existsSync(POLICY)) return false; // containers have one
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return true;
}

async function disableServices(packages: readonly string[]): Promise<void> {
  if (!existsSync('/run/systemd/system')) return;
  const units = packages.flatMap((name) => SERVICES[name] ?? []);
  if (units.length > 0) await run('systemctl', ['disable', ...units]).catch(() => undefined);
}
