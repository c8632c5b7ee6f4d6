import { execFile, spawnSync } from 'node:child_process';
import {
  chmodSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir, release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { tailOf } from '../services/server-process.ts';
import { SetupError } from './steps.mjs';
import { aptInstall, canApt, missingPackages } from './system-packages.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const PACKAGE = join(ROOT, 'node_modules/mediasoup');
const FIRST_BYTE_MS = 6000;
const DOWNLOAD_MS = 120_000;
const BUILD_PACKAGES = [
  'g++',
  'pkg-config',
  'python3',
  'meson',
  'ninja-build',
  'libuv1-dev',
  'libssl-dev',
  'libsrtp2-dev',
  'libflatbuffers-dev',
  'flatbuffers-compiler',
  'libabsl-dev',
];

export type Worker = { readonly path: string; readonly did: string };

/**
 * The program that carries the media. In this order: the one that MEDIASOUP_WORKER_BIN names, the
 * one we have for this version, the official build, our own build from the package's source.
 * Kept outside of node_modules, by version, so that it is made once a machine.
 */
export async function provideWorker(doing: (what: string) => void, logFile: string): Promise<Worker> {
  const version = wantedVersion();
  const named = process.env['MEDIASOUP_WORKER_BIN'];
  if (named) {
    if (!runs(named)) throw new SetupError(`MEDIASOUP_WORKER_BIN (${named}) does not run on this machine.`);
    return { path: named, did: 'from MEDIASOUP_WORKER_BIN' };
  }
  const path = keptAt(version);
  if (runs(path)) return { path, did: `${version}, kept in ${dirname(path)}` };

  mkdirSync(dirname(path), { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'switchboard-worker-'));
  const candidate = join(work, 'mediasoup-worker');
  try {
    doing(`downloading the official build of ${version}`);
    const obstacle = await download(version, candidate);
    if (obstacle === undefined) {
      await adopt(candidate, path);
      return { path, did: `${version}, official build` };
    }
    await build(doing, work, candidate, logFile);
    await adopt(candidate, path);
    return { path, did: `${version}, built here (the official build: ${obstacle})` };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The worker that would be used, if there is one that runs here. */
export function findWorker(): string | undefined {
  return [process.env['MEDIASOUP_WORKER_BIN'] || keptAt(wantedVersion())].find(runs);
}

const wantedVersion = (): string =>
  (JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string }).version;
const keptAt = (version: string): string => join(cacheFolder(), 'worker', `mediasoup-worker-${version}`);
const cacheFolder = (): string => join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'switchboard');

/** Without its environment a worker that can run here at all ends with 41 (mediasoup, worker/src/main.cpp). */
function runs(path: string): boolean {
  return existsSync(path) && spawnSync(path, [], { env: {}, stdio: 'ignore', timeout: 5000 }).status === 41;
}

/** Puts a new worker in its place once it has really carried a router. */
async function adopt(candidate: string, path: string): Promise<void> {
  const { createWorker } = await import('mediasoup');
  const worker = await createWorker({ workerBin: candidate, logLevel: 'error' });
  try {
    await worker.createRouter({
      mediaCodecs: [
        { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2, preferredPayloadType: 111 },
      ],
    });
  } finally {
    worker.close();
  }
  const whole = `${path}.${process.pid}`; // The cache may be on another disk: copy, then rename at once.
  await run('cp', [candidate, whole]);
  renameSync(whole, path);
}

/** @returns why there is none, or undefined when it is there and runs */
async function download(version: string, to: string): Promise<string | undefined> {
  const base =
    process.env['MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL'] ??
    'https://github.com/versatica/mediasoup/releases/download';
  const name = prebuiltName(version);
  const archive = `${to}.tgz`;
  // A network that swallows what it does not allow must not cost more than a moment.
  const patience = new AbortController();
  const impatient = setTimeout(() => patience.abort(), FIRST_BYTE_MS);
  try {
    const signal = AbortSignal.any([patience.signal, AbortSignal.timeout(DOWNLOAD_MS)]);
    const response = await fetch(`${base}/${version}/${name}`, { signal });
    clearTimeout(impatient);
    if (!response.ok || !response.body) return `none for this machine, HTTP ${response.status}`;
    await pipeline(Readable.fromWeb(response.body), createWriteStream(archive));
    await run('tar', ['-xzf', archive, '-C', dirname(to)]);
    chmodSync(to, 0o755);
    return runs(to) ? undefined : 'does not run here';
  } catch {
    return 'not reachable';
  } finally {
    clearTimeout(impatient);
  }
}

// As mediasoup's own install script names it (mediasoup, npm-scripts.mjs, getWorkerPrebuildTarName).
function prebuiltName(version: string): string {
  const kernel = process.platform === 'linux' ? `-kernel${Number.parseInt(release(), 10)}` : '';
  return `mediasoup-worker-${version}-${process.platform}-${process.arch}${kernel}.tgz`;
}

async function build(doing: (what: string) => void, work: string, to: string, logFile: string): Promise<void> {
  const missing = missingPackages(BUILD_PACKAGES);
  if (missing.length > 0) {
    if (canApt()) doing(`installing what its build needs: ${missing.join(' ')}`);
    await aptInstall(
      missing,
      "mediasoup's worker (no official build for this machine, and no tools to build it)",
      logFile,
    );
  }
  doing('building from source, about two minutes, once on this machine');
  const script = join(import.meta.dirname, 'worker/build.sh');
  const output = createWriteStream(logFile, { flags: 'a' });
  const child = run('bash', [script, PACKAGE, join(work, 'build'), to], { maxBuffer: 2 ** 26 });
  child.child.stdout?.pipe(output);
  child.child.stderr?.pipe(output);
  await child.catch(() => {
    throw new SetupError(
      `mediasoup's worker could not be built. The end of ${logFile}:\n\n${tailOf(logFile)}\n\n` +
        'Name a worker of your own in MEDIASOUP_WORKER_BIN, or run everything in containers: docker compose up',
    );
  });
}
