import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BusinessLeg, Inbox, type Received } from './support/business.ts';

const appSecret = 'secret-of-this-test';
const token = 'token-of-this-test';
type Context = { sim: ChildProcess; inbox: Inbox; url: string; log: string };
const main = suite<Context>('sim process');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

main.before(async (context) => {
  context.inbox = await Inbox.open(appSecret);
  const port = await freePort();
  context.url = `http://127.0.0.1:${port}`;
  context.log = '';
  context.sim = spawn(process.execPath, ['ops/sim/main.ts'], {
    env: {
      ...process.env,
      SIM_PORT: String(port),
      WEBHOOK_URL: context.inbox.url,
      META_APP_SECRET: appSecret,
      META_ACCESS_TOKEN: token,
      META_VERIFY_TOKEN: 'verify-me',
      META_PHONE_NUMBER_ID: '4242',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = Promise.withResolvers<void>();
  context.sim.stdout!.on('data', (chunk: Buffer) => {
    context.log += chunk.toString();
    if (context.log.includes('webhook verified')) ready.resolve();
  });
  context.sim.on('exit', () => ready.reject(new Error(`the sim ended: ${context.log}`)));
  await ready.promise;
});
main.after(({ sim, inbox }) => {
  sim.kill('SIGKILL');
  inbox.close();
});

type Reply = { status: number; body: Record<string, unknown> };
async function ask({ url }: Context, path: string, body?: unknown): Promise<Reply> {
  const response = await fetch(`${url}/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

main('it says that it is there, and whom it plays', async (context) => {
  const { body } = await ask(context, 'sim/health');
  assert.is(body['ok'], true);
  assert.is((body['numbers'] as { phoneNumberId: string }[])[0]!.phoneNumberId, '4242');
  const { customers } = (await ask(context, 'sim/customers')).body as { customers: unknown[] };
  assert.ok(customers.length >= 3);
});

main('a call by curl: placed, accepted, heard, measured, recorded, ended', async (context) => {
  const placed = await ask(context, 'sim/calls', { from: '15550100001', play: { kind: 'tone', hz: 440 } });
  assert.is(placed.status, 201);
  const id = placed.body['id'] as string;
  const connect: Received = await context.inbox.next('connect');
  assert.is(connect.item.id, id);
  const leg = new BusinessLeg();
  const sdp = await leg.answer(connect.item.session.sdp);
  const accept = { messaging_product: 'whatsapp', call_id: id, action: 'accept', session: { sdp_type: 'answer', sdp } };
  assert.is((await ask(context, 'graph/v25.0/4242/calls', accept)).status, 200);
  await leg.connected();
  await leg.play({ kind: 'tone', hz: 600, level: -15 });
  await leg.hears(1000);
  const { body: heard } = await ask(context, `sim/calls/${id}/heard?lastMs=500`);
  assert.ok(Math.abs((heard['dominantHz'] as number) - 600) < 3, JSON.stringify(heard));
  const ogg = await fetch(`${context.url}/sim/calls/${id}/heard.ogg`);
  assert.is(Buffer.from(await ogg.arrayBuffer()).toString('latin1', 0, 4), 'OggS');
  const ended = await ask(context, `sim/calls/${id}/hang-up`, {});
  assert.is(ended.body['phase'], 'ended');
  assert.equal(ended.body['flags'], (await ask(context, `sim/calls/${id}`)).body['flags']);
  await context.inbox.next('terminate');
  await leg.close();
});

main('faults are armed by HTTP', async (context) => {
  await ask(context, 'sim/graph/fail', { kind: 'settings', failure: { code: 131000 } });
  assert.is((await ask(context, 'graph/v25.0/4242/settings')).status, 500);
  assert.is((await ask(context, 'graph/v25.0/4242/settings')).status, 200);
  await ask(context, 'sim/webhooks/fault', { do: 'duplicate', kind: 'text' });
  await ask(context, 'sim/customers/15550100002/texts', { text: 'Hello' });
  await context.inbox.next('text', 1);
});

main('what cannot be is refused with a sentence', async (context) => {
  for (const [path, body] of [
    ['sim/calls/wacid.unknown', undefined],
    ['sim/calls', { from: 'nobody' }],
    ['sim/graph/fail', { kind: 'settings', failure: { code: 1 } }],
    ['sim/customers/15550100003/permission', { response: 'accept' }],
  ] as const) {
    const { status, body: answer } = await ask(context, path, body);
    assert.is(status, 400, path);
    assert.is(typeof answer['error'], 'string');
  }
});

main('it ends when it is told to', async ({ sim }) => {
  sim.removeAllListeners('exit');
  const exit = once(sim, 'exit', { signal: AbortSignal.timeout(5000) });
  sim.kill('SIGTERM');
  assert.equal(await exit, [0, null]);
});

main.run();
