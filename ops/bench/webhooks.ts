import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createHttpClient } from '../../gateway/http/client.ts';
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

const figures = values.url === undefined ? await withOwnProduct() : await measure(values.url);
if (values.json) console.log(JSON.stringify(figures));
else console.table(figures);

async function withOwnProduct(): Promise<Figure[]> {
  // Nobody is called here, so that Meta's address leads nowhere.
  const options = { port: await freePort(), graphUrl: 'http://127.0.0.1:9/v25.0', environment: { LOG_LEVEL: 'warn' } };
  await using product = await Product.start(options);
  return await measure(product.url);
}

async function measure(url: string): Promise<Figure[]> {
  const http = createHttpClient(128);
  const post = async (body: string): Promise<number> => {
    const signature = createHmac('sha256', values.secret).update(body).digest('hex');
    const { status } = await http.send({
      method: 'POST',
      url: `${url}/webhooks/wa-calling`,
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` },
      body,
      timeoutMs: 20_000,
    });
    return status;
  };
  // A second to warm up, which is not counted.
  for (let n = 0; n < rate; n += 25) await Promise.all(Array.from({ length: 25 }, (_, i) => post(webhook(-n - i))));

  const latencies: number[] = [];
  const failures: string[] = [];
  const running: Promise<void>[] = [];
  const total = rate * seconds;
  const started = performance.now();
  const send = async (n: number, due: number): Promise<void> => {
    try {
      const status = await post(webhook(n));
      latencies.push(performance.now() - due);
      if (status !== 200) failures.push(String(status));
    } catch (error) {
      failures.push(String(error));
    }
  };
  for (let n = 0; n < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * rate) + 1);
    for (; n < due; n += 1) {
      running.push(send(n, started + (n * 1000) / rate));
      if (n % 20 === 0) running.push(send(n, started + (n * 1000) / rate));
    }
    await pause(1);
  }
  await Promise.all(running);
  const achieved = running.length / ((performance.now() - started) / 1000);
  http.close();
  if (failures.length > 0) console.error(`${failures.length} webhooks failed, e.g. ${failures[0]}`);
  return [
    figure(`webhook answered, at ${Math.round(achieved)}/s`, 'ms', latencies, { at: 'p99', most: 50 }),
    figure('webhooks not answered with 200', 'webhooks', [failures.length], { at: 'p99', most: 0 }),
  ];
}

/** The `n`th webhook; the same number gives the same one. */
function webhook(n: number): string {
  const run = process.pid;
  const phone = String(15_550_000_000 + (Math.abs(n) % customers));
  const timestamp = String(Math.floor(Date.now() / 1000));
  const contacts = [{ wa_id: phone, profile: { name: `Customer ${phone.slice(-3)}` } }];
  const message = {
    id: `wamid.${run}.${n}`,
    from: phone,
    timestamp,
    type: 'text',
    text: { body: 'Where is my order?' },
  };
  const status = { id: `wamid.${run}.${n}`, recipient_id: phone, timestamp, status: 'delivered' };
  const call = {
    id: `wacid.${run}.${n}`,
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
