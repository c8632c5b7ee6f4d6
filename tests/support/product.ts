import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tiedToUs } from '../../ops/services/server-process.ts';
import { freshDatabase, freshRedis } from './services.ts';

/** `gateway-2` does not run unless a test starts it: another gateway on the same Postgres, Redis and media node. */
export type ProcessName = 'gateway' | 'gateway-2' | 'media';
const entryOf = { gateway: 'gateway/main.ts', 'gateway-2': 'gateway/main.ts', media: 'media/main.ts' } as const;

/** The demo workspace's first admin, and what Meta and we know of each other in tests. */
export const admin = { email: 'admin@localhost', password: 'correct horse battery' };
export const meta = {
  appSecret: 'test-app-secret',
  verifyToken: 'test-verify-token',
  accessToken: 'test-access-token',
  phoneNumberId: '106540352242922',
  wabaId: '102290129340398',
};

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  server.close();
  await once(server, 'close');
  return address.port;
}

/**
 * The whole product as its users have it: gateway and media as processes of their own on a fresh
 * Postgres database and Redis. Meta is the caller's affair: it gives the stand-in's Graph URL.
 */
export class Product implements AsyncDisposable {
  readonly url: string;
  readonly mediaUrl: string;
  /** Where `gateway-2` is. */
  readonly secondUrl: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #children = new Map<ProcessName, ChildProcess>();
  readonly #release = new AsyncDisposableStack();
  readonly #folder: string;

  private constructor(
    folder: string,
    ports: { gateway: number; second: number; media: number },
    environment: NodeJS.ProcessEnv,
  ) {
    this.#folder = folder;
    this.url = `http://127.0.0.1:${ports.gateway}`;
    this.secondUrl = `http://127.0.0.1:${ports.second}`;
    this.mediaUrl = `http://127.0.0.1:${ports.media}`;
    this.#environment = environment;
  }

  static async start(options: { port: number; graphUrl: string; environment?: NodeJS.ProcessEnv }): Promise<Product> {
    const folder = await mkdtemp(join(tmpdir(), 'switchboard-product-'));
    const [database, redis, mediaPort, second] = await Promise.all([
      freshDatabase(),
      freshRedis(),
      freePort(),
      freePort(),
    ]);
    const product = new Product(
      folder,
      { gateway: options.port, second, media: mediaPort },
      {
        ...process.env,
        PORT: String(options.port),
        PUBLIC_URL: `http://127.0.0.1:${options.port}`,
        VAR_DIR: folder,
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
        APP_KEY: 'a test key of at least thirty-two characters',
        ADMIN_EMAIL: admin.email,
        ADMIN_PASSWORD: admin.password,
        META_GRAPH_URL: options.graphUrl,
        META_APP_SECRET: meta.appSecret,
        META_VERIFY_TOKEN: meta.verifyToken,
        META_ACCESS_TOKEN: meta.accessToken,
        META_PHONE_NUMBER_ID: meta.phoneNumberId,
        META_WABA_ID: meta.wabaId,
        MEDIA_URL: `http://127.0.0.1:${mediaPort}`,
        MEDIA_TOKEN: 'test-media-token',
        MEDIA_WORKERS: '1',
        ...options.environment,
      },
    );
    product.#release.defer(async () => rm(folder, { recursive: true, force: true }));
    product.#release.defer(async () => database.drop());
    product.#release.defer(async () => redis.close());
    try {
      await product.run('media');
      await product.run('gateway');
    } catch (error) {
      await product[Symbol.asyncDispose]();
      throw error;
    }
    return product;
  }

  /** Starts a process and waits until it says that it is ready. */
  async run(name: ProcessName): Promise<void> {
    const log = createWriteStream(join(process.env['SWITCHBOARD_TEST_LOGS'] ?? this.#folder, `${name}.log`), {
      flags: 'a',
    });
    const [file = '', ...args] = tiedToUs([process.execPath, entryOf[name]], 'KILL');
    const child = spawn(file, args, {
      env: { ...this.#environment, ...(name === 'gateway-2' && this.#second()) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#children.set(name, child);
    const url = `${{ gateway: this.url, 'gateway-2': this.secondUrl, media: this.mediaUrl }[name]}/readyz`;
    const until = performance.now() + 30_000;
    for (;;) {
      const up = await fetch(url).then(
        (response) => response.ok,
        () => false,
      );
      if (up) return;
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode} before it was ready`);
      if (performance.now() > until) throw new Error(`${name} was not ready after 30 s`);
      await pause(50);
    }
  }

  /** Ends a process and waits until it is gone. SIGKILL is the crash that nothing can prepare for. */
  async end(name: ProcessName, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#children.get(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    this.#children.delete(name);
  }

  #second(): NodeJS.ProcessEnv {
    return { PORT: new URL(this.secondUrl).port, PUBLIC_URL: this.secondUrl };
  }

  pid(name: ProcessName): number {
    const pid = this.#children.get(name)?.pid;
    if (pid === undefined) throw new Error(`${name} does not run`);
    return pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('gateway', 'SIGTERM').catch(() => undefined);
    await this.end('gateway-2', 'SIGTERM').catch(() => undefined);
    await this.end('media', 'SIGKILL').catch(() => undefined);
    await this.#release.disposeAsync();
  }
}
