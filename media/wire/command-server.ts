import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Fault, httpStatusOf } from '../../control/contract/fault.ts';
import { mediaCommands, type MediaCommandName } from '../../control/contract/media.ts';
import type { Log } from '../../ops/runtime/log.ts';
import type { MediaCommands } from '../media-node.ts';

export type CommandServerOptions = {
  readonly token: string;
  readonly commands: MediaCommands;
  /** May this node be given new calls? */
  readonly isReady: () => boolean;
  readonly metrics: () => Promise<{ type: string; text: string }>;
  readonly onCommand: (name: string, outcome: string, ms: number) => void;
  readonly log: Log;
};

// A session description is 20 KB at most, RTP capabilities a few.
const maxBody = 128 * 1024;

/** `POST /commands/<name>` for gateways, `/healthz`, `/readyz` and `/metrics` for whoever watches the node. */
export function createCommandServer(options: CommandServerOptions): Server {
  const server = createServer((request, response) => {
    handle(options, request, response).catch((error: unknown) => {
      options.log.error({ error }, 'request failed');
      response.destroy();
    });
  });
  // Gateways keep connections; theirs must not be closed in the moment in which they send again.
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 10_000;
  server.requestTimeout = 15_000;
  return server;
}

async function handle(
  options: CommandServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url?.split('?', 1)[0] ?? '/';
  if (path === '/healthz') return reply(response, 200, { ok: true });
  if (path === '/readyz') {
    const ready = options.isReady();
    return reply(response, ready ? 200 : 503, { ready });
  }
  if (path === '/metrics') {
    const { type, text } = await options.metrics();
    response.writeHead(200, { 'content-type': type }).end(text);
    return;
  }
  await runCommand(options, path, request, response);
}

async function runCommand(
  options: CommandServerOptions,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const startedAt = performance.now();
  let name: MediaCommandName | 'unknown' = 'unknown';
  let outcome = 'ok';
  try {
    if (!isAllowed(request.headers.authorization, options.token)) {
      throw new Fault('account/not-signed-in', 'The media server does not know this token (MEDIA_TOKEN).');
    }
    name = commandOf(path, request.method);
    const ask: unknown = parseJson(await readBody(request));
    const parsed = mediaCommands[name].ask.safeParse(ask);
    if (!parsed.success) {
      const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'body').join(', ');
      throw new Fault('request/invalid', `The command ${name} has something wrong in: ${where}.`);
    }
    const run = options.commands[name] as (ask: unknown) => Promise<unknown>;
    reply(response, 200, await run(parsed.data));
  } catch (error) {
    const fault = Fault.toWire(error);
    outcome = fault.code;
    if (!(error instanceof Fault)) options.log.error({ command: name, error }, 'command failed');
    else options.log.info({ command: name, code: fault.code }, 'command refused');
    // What was not read of a refused body would be taken for the next request.
    if (!request.complete) response.setHeader('connection', 'close');
    reply(response, httpStatusOf(fault.code), fault);
  }
  options.onCommand(name, outcome, performance.now() - startedAt);
}

function commandOf(path: string, method: string | undefined): MediaCommandName {
  const name = path.startsWith('/commands/') ? path.slice('/commands/'.length) : '';
  if (method !== 'POST' || !Object.hasOwn(mediaCommands, name)) {
    throw new Fault('request/not-found', 'The media server has no such command.');
  }
  return name as MediaCommandName;
}

/** Compares hashes, so that neither the time nor the length tells anything of the token. */
function isAllowed(header: string | undefined, token: string): boolean {
  return timingSafeEqual(hash(header ?? ''), hash(`Bearer ${token}`));
}

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxBody) throw new Fault('request/too-large', 'The command is larger than 128 KB.');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Fault('request/invalid', 'The command is not JSON.');
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
