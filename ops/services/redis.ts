import { mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findProgram, startServer, untilGone, untilReady } from './server-process.ts';
import { socketFolder } from './socket-folder.ts';

export type EmbeddedRedis = {
  /** `unix:/path/to/socket`, as `createRedis` takes it. */
  readonly url: string;
  readonly pid: number;
  /** Resolves with the reason when it ends, whoever ended it. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
};

type RedisOptions = {
  /** Its data and its socket; made when missing. */
  readonly dir: string;
  /** Default `dir/redis.log`. */
  readonly logFile?: string;
  /** Keep what is written (append-only file, synced every second). Default true; tests need it not. */
  readonly durable?: boolean;
};

/**
 * A Redis of our own on a unix socket, without a TCP port. It ends with this process.
 * @throws Error when no `redis-server` (or `valkey-server`) is installed, or it does not start.
 */
export async function startRedis(options: RedisOptions): Promise<EmbeddedRedis> {
  const { dir, durable = true } = options;
  const file = findRedis();
  if (!file) throw new Error('redis-server is not installed (Debian: apt-get install redis-server).');
  mkdirSync(dir, { recursive: true });
  const pidFile = join(dir, 'redis.pid');
  await untilGone(pidFile, 'redis-server');

  const folder = socketFolder(dir, 'redis.sock');
  const socket = join(folder, 'redis.sock');
  const logFile = options.logFile ?? join(dir, 'redis.log');
  const settings = {
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir,
    pidfile: pidFile,
    save: '',
    appendonly: durable ? 'yes' : 'no',
    appendfsync: 'everysec',
  };
  const server = startServer({
    file,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    logFile,
    cwd: dir,
    deathSignal: 'TERM',
  });
  await untilReady(server, logFile, () => answersPing(socket));
  return {
    url: `unix:${socket}`,
    pid: server.pid,
    ended: server.ended,
    async close() {
      await server.stop('SIGTERM');
      if (folder !== dir) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The Redis program of this machine, if it has one. */
export const findRedis = (): string | undefined => findProgram('redis-server') ?? findProgram('valkey-server');

// Connecting is not enough: while Redis reads its file it answers -LOADING.
function answersPing(socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const line = connect(socket, () => line.write('PING\r\n'));
    line.setTimeout(2000, () => line.destroy(new Error('no answer to PING')));
    line.once('error', reject);
    line.once('data', (answer) => {
      line.destroy();
      if (answer.toString().startsWith('+PONG')) resolve();
      else reject(new Error(answer.toString().trim()));
    });
  });
}
