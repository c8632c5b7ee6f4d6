import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault, httpStatusOf, type FaultCode } from '../../control/contract/fault.ts';
import type { Control } from '../../control/control.ts';
import type { Log } from '../../ops/runtime/log.ts';
import { failure } from '../failure.ts';
import type { Metrics } from '../metrics.ts';
import { splitWebhook, type MetaItem } from './items.ts';
import { isSameSecret, isSignedBy, parseSignature, signer } from './signature.ts';

/** Meta's own limit of a webhook's body. */
const maxBodyBytes = 3_000_000;
const secretsTtlMs = 5000;
const mentionEveryMs = 10_000;

const paths: ReadonlySet<string> = new Set(['/webhooks/wa-calling', '/webhooks/wa-messages']);

/** Is this address one to which Meta sends? */
export function isWebhook(url: string | undefined): boolean {
  if (!url?.startsWith('/webhooks/')) return false;
  const query = url.indexOf('?');
  return paths.has(query < 0 ? url : url.slice(0, query));
}

type Secrets = Awaited<ReturnType<Control['webhookSecrets']>>;
type Parts = { control: Pick<Control, 'receive' | 'webhookSecrets'>; log: Log; metrics: Metrics };
export type WebhookHandler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Meta's webhooks, as a plain node handler: no body parser, session or header policy has to run for
 * them. What is signed is stored before the 200, whatever it says; all else happens later.
 */
export function createWebhookHandler({ control, log, metrics }: Parts): WebhookHandler {
  const secrets = createSecrets(control, log);
  // Anybody can send us nonsense; the metrics count it, the log mentions it now and then.
  let mentionedAt = 0;
  const mention = (what: string): void => {
    if (Date.now() - mentionedAt < mentionEveryMs) return;
    mentionedAt = Date.now();
    log.warn(what);
  };

  return (request, response) => {
    const started = performance.now();
    response.once('close', () => {
      const result = response.writableFinished ? String(response.statusCode) : 'cut-off';
      metrics.webhookSeconds.observe({ result }, (performance.now() - started) / 1000);
    });
    const work = async (): Promise<void> => {
      if (request.method === 'GET') return verify(request, response, await secrets());
      if (request.method === 'POST') return receive(request, response);
      return refuse(response, 404, 'request/not-found', 'Webhooks are sent with POST.');
    };
    work().catch((error: unknown) => {
      // Not stored: any answer but 200 makes Meta send it again.
      log.error(failure(error), 'webhook not stored');
      refuse(response, 503, 'server/unavailable', 'Not stored. Please send it again.');
    });
  };

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { appSecret } = await secrets();
    if (appSecret === undefined) {
      mention('webhook refused: no app secret is set');
      return refuse(response, 500, 'server/misconfigured', 'server misconfigured');
    }
    const signature = parseSignature(request.headers['x-hub-signature-256']);
    if (!signature) return refuse(response, 401, 'account/not-signed-in', 'The signature is missing.');
    const hmac = signer(appSecret);
    const body = await readBody(request, (chunk) => hmac.update(chunk));
    if (body === 'cut-off') return;
    if (body === 'too-large') {
      return refuse(response, 413, 'request/too-large', `The body is larger than ${maxBodyBytes} bytes.`);
    }
    if (!isSignedBy(hmac, signature)) {
      mention('webhook refused: wrong signature');
      return refuse(response, 401, 'account/wrong-credentials', 'The signature is wrong.');
    }
    const items = splitWebhook(body.toString('utf8'), Date.now());
    if (items.length > 0) await control.receive(items);
    for (const { payload } of items) metrics.webhookItems.inc({ kind: (payload as MetaItem).kind });
    response.writeHead(200, { 'content-length': 0 }).end();
  }
}

/** Meta asks once, when the address is entered: GET ?hub.mode=subscribe&hub.verify_token=…&hub.challenge=… */
function verify(request: IncomingMessage, response: ServerResponse, { verifyToken }: Secrets): void {
  const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
  const token = query.get('hub.verify_token');
  const known = verifyToken !== undefined && token !== null && isSameSecret(token, verifyToken);
  if (query.get('hub.mode') !== 'subscribe' || !known) {
    return refuse(response, 403, 'account/forbidden', 'The verify token or the mode is wrong.');
  }
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  response.writeHead(200, headers).end(query.get('hub.challenge') ?? '');
}

// With events: an async iterator over each request costs more than all the rest of this file.
function readBody(
  request: IncomingMessage,
  onChunk: (chunk: Buffer) => void,
): Promise<Buffer | 'cut-off' | 'too-large'> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return Promise.resolve('too-large');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBodyBytes) {
        request.pause();
        resolve('too-large');
        return;
      }
      onChunk(chunk);
      chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size)));
    // The sender went away in the middle: it will come again.
    request.on('error', () => resolve('cut-off'));
    request.on('close', () => resolve('cut-off'));
  });
}

function refuse(response: ServerResponse, status: number, code: FaultCode, message: string): void {
  if (response.headersSent || response.destroyed) return;
  const body = JSON.stringify(
    Fault.toWire(new Fault(code, message, { retryable: status === httpStatusOf('server/unavailable') })),
  );
  // The rest of a refused body is not worth reading.
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(body);
}

/** The secrets as of the last seconds: a webhook must not wait for the database just to be checked. */
function createSecrets(control: Pick<Control, 'webhookSecrets'>, log: Log): () => Promise<Secrets> {
  let known: Secrets | undefined;
  let staleAt = 0;
  let loading: Promise<Secrets> | undefined;
  const load = (): Promise<Secrets> =>
    (loading ??= control
      .webhookSecrets()
      .then((secrets) => {
        // One that is not set yet is looked for each time: somebody is about to set it.
        if (secrets.appSecret !== undefined) {
          known = secrets;
          staleAt = Date.now() + secretsTtlMs;
        }
        return secrets;
      })
      .finally(() => (loading = undefined)));
  return async () => {
    if (!known) return load();
    if (Date.now() >= staleAt) {
      staleAt = Date.now() + secretsTtlMs;
      load().catch((error: unknown) => log.warn(failure(error), 'webhook secrets not refreshed'));
    }
    return known;
  };
}
