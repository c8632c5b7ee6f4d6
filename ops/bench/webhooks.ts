import { createHmac } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort, meta, Product } from '../../tests/support/product.ts';
import { figure, type Figure } from './statistics.ts';

/**
 * Webhooks as Meta sends them on a busy day, at a fixed rate whatever the answers take: a late answer
 * counts from the moment in which its webhook was due. Three quarters are messages and their states,
 * the rest ends of calls; one in twenty comes twice. Without `--url` it starts the product itself, on
 * a fresh Postgres and Redis.
 *
 *     node ops/bench/webhooks.ts [--rate 500] [--seconds 10] [--json] [--url http://… --secret … --number …]
 */
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
    url: { type: 'string' },
    secret: { type: 'string', default: meta.appSecret },
    number: { type: 'string', default: meta.phoneNumberId },
  },
});
const rate = Number(values.rate);
const seconds = Number(values.seconds);
const customers = 300;

async function withOwnProduct(): Promise<Figure[]> {
  // Nobody is called here, so that Meta's address leads nowhere.
  const options = { port: await freePort(), graphUrl: 'http://127.0.0.1:9/v25.0', environment: { LOG_LEVEL: 'warn' } };
  await using product = await Product.start(options);
  return await measure(product.url);
}

async function measure(url: string): Promise<Figure[]> {
  const target = new URL('/webhooks/wa-calling', url);
  const lines = new Lines(target);
  // A second to warm up, which is not counted.
  await run(lines, requestsOf(target, -rate, 0));

  const started = performance.now();
  const { latencies, failures } = await run(lines, requestsOf(target, 0, rate * seconds));
  const achieved = latencies.length / ((performance.now() - started) / 1000);
  lines.close();
  if (failures.length > 0) console.error(`${failures.length} webhooks failed, e.g. ${failures[0]}`);
  return [
    figure(`webhook answered, at ${Math.round(achieved)}/s`, 'ms', latencies, { at: 'p99', most: 50 }),
    figure('webhooks not answered with 200', 'webhooks', [failures.length], { at: 'p99', most: 0 }),
  ];
}

/** Made before the clock starts: writing and signing is Meta's work, and takes place on other machines. */
function requestsOf(target: URL, from: number, to: number): Buffer[] {
  const requests: Buffer[] = [];
  for (let n = from; n < to; n += 1) {
    const body = webhook(n);
    const signature = createHmac('sha256', values.secret).update(body).digest('hex');
    const head = [
      `POST ${target.pathname} HTTP/1.1`,
      `host: ${target.host}`,
      'content-type: application/json',
      `x-hub-signature-256: sha256=${signature}`,
      `content-length: ${Buffer.byteLength(body)}`,
    ];
    const request = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
    requests.push(request);
    if (n % 20 === 0) requests.push(request);
  }
  return requests;
}

async function run(lines: Lines, requests: readonly Buffer[]) {
  const latencies: number[] = [];
  const failures: string[] = [];
  const running: Promise<void>[] = [];
  const send = async (request: Buffer, due: number): Promise<void> => {
    const status = await lines.send(request);
    latencies.push(performance.now() - due);
    if (status !== '200') failures.push(status);
  };
  const perMs = (rate * 1.05) / 1000;
  const started = performance.now();
  for (let next = 0; next < requests.length;) {
    const due = Math.min(requests.length, Math.floor((performance.now() - started) * perMs) + 1);
    for (; next < due; next += 1) {
      const request = requests[next];
      if (request) running.push(send(request, started + next / perMs));
    }
    await pause(1);
  }
  await Promise.all(running);
  return { latencies, failures };
}

/** Connections that stay open, one request at a time each. An HTTP client would cost as much as what is measured. */
class Lines {
  readonly #target: URL;
  readonly #idle: Socket[] = [];
  readonly #all = new Set<Socket>();

  constructor(target: URL) {
    this.#target = target;
  }

  /** The answer's status, or why there was none. */
  send(request: Buffer): Promise<string> {
    const socket = this.#idle.pop() ?? connect(Number(this.#target.port), this.#target.hostname);
    this.#all.add(socket);
    return new Promise((resolve) => {
      const done = (status: string): void => {
        socket.removeAllListeners();
        socket.on('error', () => socket.destroy());
        if (socket.destroyed || status !== '200') socket.destroy();
        else this.#idle.push(socket);
        resolve(status);
      };
      // Our answers have no body and fit into one packet.
      socket.on('data', (chunk: Buffer) => done(chunk.toString('latin1', 9, 12)));
      socket.on('error', (error) => done(error.message));
      socket.on('close', () => done('the connection was closed'));
      socket.write(request);
    });
  }

  close(): void {
    for (const socket of this.#all) socket.destroy();
  }
}

/** The `n`th webhook; the same number gives the same one. */
function webhook(n: number): string {
  const phone = String(15_550_000_000 + (Math.abs(n) % customers));
  const timestamp = String(Math.floor(Date.now() / 1000));
  const contacts = [{ wa_id: phone, profile: { name: `Customer ${phone.slice(-3)}` } }];
  const message = {
    id: `wamid.${process.pid}.${n}`,
    from: phone,
    timestamp,
    type: 'text',
    text: { body: 'Where is my order?' },
  };
  const status = { id: `wamid.${process.pid}.${n}`, recipient_id: phone, timestamp, status: 'delivered' };
  const call = {
    id: `wacid.${process.pid}.${n}`,
    from: phone,
    to: '16315553601',
    event: 'terminate',
    direction: 'USER_INITIATED',
    status: 'COMPLETED',
    timestamp,
  };
  const kinds = [{ messages: [message] }, { statuses: [status] }, { statuses: [status] }, { calls: [call] }];
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '16315553601', phone_number_id: values.number },
    contacts,
    ...kinds[Math.abs(n) % kinds.length],
  };
  const field = Math.abs(n) % kinds.length === 3 ? 'calls' : 'messages';
  return JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: meta.wabaId, changes: [{ value, field }] }],
  });
}

const figures = values.url === undefined ? await withOwnProduct() : await measure(values.url);
if (values.json) console.log(JSON.stringify(figures));
else console.table(figures);
