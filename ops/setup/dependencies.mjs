// Plain JavaScript that Node 20 runs, without a dependency: it brings them.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './steps.mjs';

const NEEDS_NPM = 10;

/** Installs what package-lock.json says, unless node_modules is that already. */
export function installDependencies(root, doing) {
  const before = difference(root);
  if (before === undefined) return 'up to date';
  doing(`npm ci (${before})`);
  // npm says where it is when it runs us; else the one on PATH.
  const npm = process.env['npm_execpath'];
  const [file, args] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const { status, stdout, stderr, error } = spawnSync(
    file,
    [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 },
  );
  if (error || status !== 0) {
    // What went wrong comes first; a page about npm's options may follow.
    const lines = `${stderr}\n${stdout}`.split('\n').filter((line) => line.replace('npm error', '').trim() !== '');
    const why = error ? error.message : lines.slice(0, 12).join('\n');
    throw new SetupError(
      `npm ci failed. It needs npm ${NEEDS_NPM} or newer and the npm registry; run it by hand to see more.\n\n${why}`,
    );
  }
  const after = difference(root);
  if (after !== undefined) throw new SetupError(`npm ci did not install everything (${after}).`);
  return `npm ci, ${packageCount(root)} packages`;
}

/**
 * How node_modules differs from the lockfile, or undefined when it does not. npm leaves a lockfile of
 * what it installed as its last act, so an interrupted install shows too.
 */
export function difference(root) {
  const wanted = lockedPackages(join(root, 'package-lock.json'));
  const path = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(path)) return 'nothing is installed';
  const installed = lockedPackages(path);
  for (const [name, { version, optional }] of Object.entries(wanted)) {
    if (name === '' || installed[name]?.version === version) continue;
    const there = installed[name];
    // What is optional may be missing (it is for another platform), but not be another version.
    if (there === undefined && optional === true) continue;
    const label = name.slice(name.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return there === undefined ? `${label} is missing` : `${label} is ${there.version}, not ${version}`;
  }
  return undefined;
}

/**
 * A Node of the wanted major version: this one, or the package for this platform.
 * @returns its path and version
 */
export function findNode(root, major) {
  if (Number.parseInt(process.versions.node, 10) >= major) return { path: process.execPath, version: process.version };
  const path = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  const version = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.trim();
  if (!version) {
    throw new SetupError(
      `Switchboard runs on Node ${major}; this is ${process.version}, and no package brings Node ${major} to ` +
        `${process.platform}-${process.arch}.\nInstall it from https://nodejs.org/en/download, ` +
        'or run everything in containers: docker compose up',
    );
  }
  return { path, version };
}

const lockedPackages = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;
const packageCount = (root) => Object.keys(lockedPackages(join(root, 'node_modules', '.package-lock.json'))).length;
