import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './product.ts';

const ROOT = join(import.meta.dirname, '../..');

/** `npm start`, as somebody at a terminal has it: what it prints, line by line. */
export type Started = {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly gatewayUrl: string;
  readonly simUrl: string;
  /** The first line like it. @throws when it ends, or a minute passes, without one. */
  until(pattern: RegExp): Promise<string>;
};

/** Of gateway, media and stand-in. */
export type Ports = readonly [number, number, number];
export const freePorts = async (): Promise<Ports> => [await freePort(), await freePort(), await freePort()];

export function startProduct(varDir: string, ports: Ports, more: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(process.execPath, ['ops/setup/run.mjs', 'start'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      MEDIASOUP_WORKER_BIN: process.env['MEDIASOUP_WORKER_BIN'],
      MEDIA_WORKERS: '1',
      VAR_DIR: varDir,
      PORT: String(ports[0]),
      MEDIA_URL: `http://127.0.0.1:${ports[1]}`,
      SIM_PORT: String(ports[2]),
      ...more,
    },
  });
  const lines: string[] = [];
  const arrived = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      arrived.dispatchEvent(new Event('news'));
    });
  }
  let ended = false;
  // 'close' and not 'exit': its last words have arrived.
  child.once('close', () => {
    ended = true;
    arrived.dispatchEvent(new Event('news'));
  });
  return {
    child,
    lines,
    gatewayUrl: `http://127.0.0.1:${ports[0]}`,
    simUrl: `http://localhost:${ports[2]}`,
    async until(pattern) {
      const late = AbortSignal.timeout(60_000);
      for (;;) {
        const line = lines.find((text) => pattern.test(text));
        if (line !== undefined) return line;
        const told = `in:\n${lines.join('\n')}`;
        if (ended) throw new Error(`it ended with ${child.exitCode}, and no line like ${pattern} ${told}`);
        await once(arrived, 'news', { signal: late }).catch(() => {
          throw new Error(`no line like ${pattern} ${told}`);
        });
      }
    },
  };
}
