import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export type HttpAsk = {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange, connecting included. */
  readonly timeoutMs: number;
};
export type HttpReply = { readonly status: number; readonly body: string };
export type HttpClient = { send(ask: HttpAsk): Promise<HttpReply>; close(): void };

/** No answer came. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly why: 'timeout' | 'network';
  /** False: the request surely never reached the other side, so sending it again is always safe. */
  readonly sent: boolean;

  constructor(why: 'timeout' | 'network', sent: boolean, cause?: unknown) {
    super(`no answer: ${why}`, { cause });
    this.why = why;
    this.sent = sent;
  }
}

// The built-in fetch drops an idle connection after 4 s, and a call rings for longer than that
// between pre_accept and accept: a TLS handshake would be paid in the moment that people feel.
const idleMs = 45_000;
const maxReplyBytes = 2_000_000;

/** HTTP over connections that stay open. Follows no redirect: a token must not travel on. */
export function createHttpClient(maxSockets: number = 256): HttpClient {
  const options = { keepAlive: true, maxSockets, scheduling: 'lifo', timeout: idleMs } as const;
  const plain = new HttpAgent(options);
  const secure = new HttpsAgent(options);

  const send = (ask: HttpAsk): Promise<HttpReply> => {
    const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
    const isSecure = ask.url.startsWith('https:');
    const body = ask.body === undefined ? undefined : Buffer.from(ask.body);
    let sent = false;
    let late = false;
    const request = (isSecure ? httpsRequest : httpRequest)(ask.url, {
      method: ask.method,
      agent: isSecure ? secure : plain,
      headers: { accept: 'application/json', ...(body && { 'content-length': body.length }), ...ask.headers },
    });
    const timer = setTimeout(() => {
      late = true;
      request.destroy(new Error('timeout'));
    }, ask.timeoutMs);
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      reject(new NoAnswer(late ? 'timeout' : 'network', sent, error));
    };
    request.on('socket', (socket) => {
      if (!socket.connecting) sent = true;
      else socket.once(isSecure ? 'secureConnect' : 'connect', () => (sent = true));
    });
    request.on('error', fail);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxReplyBytes) request.destroy(new Error('reply too large'));
        chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('aborted', () => fail(new Error('the reply was cut off')));
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    request.end(body);
    return promise;
  };

  return {
    send,
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}
