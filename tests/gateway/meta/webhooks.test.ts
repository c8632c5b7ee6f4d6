import { createHmac } from 'node:crypto';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createWebhookHandler } from '../../../gateway/meta/webhooks.ts';
import type { MetaItem } from '../../../gateway/meta/items.ts';
import { createMetrics } from '../../../gateway/metrics.ts';
import { fakeControl, silentLog, until, type FakeControl } from '../fakes.ts';

type Context = { control: FakeControl; server: Server; url: string; port: number };
const webhooks = suite<Context>('webhooks');

webhooks.before.each(async (context) => {
  context.control = fakeControl([]);
  const handler = createWebhookHandler({ control: context.control, log: silentLog, metrics: createMetrics() });
  context.server = createServer(handler);
  await new Promise<void>((resolve) => context.server.listen(0, '127.0.0.1', resolve));
  context.port = (context.server.address() as AddressInfo).port;
  context.url = `http://127.0.0.1:${context.port}/webhooks/wa-calling`;
});
webhooks.after.each(async ({ server }) => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const sign = (body: string | Buffer, secret = 'app-secret'): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
const post = (url: string, body: string | Buffer, signature: string | null = sign(body)): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(signature && { 'x-hub-signature-256': signature }) },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
const call = (id: string, event: string, timestamp: unknown = '1671644824') => ({ id, event, timestamp });
const webhook = (value: object, field = 'calls'): string =>
  JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: 'waba', changes: [{ value, field }] }] });
const metadata = { display_phone_number: '16315553601', phone_number_id: '106' };
const keysOf = (control: FakeControl): string[] => control.received.flat().map(({ key }) => key);
const kindsOf = (control: FakeControl): string[] =>
  control.received.flat().map(({ payload }) => (payload as MetaItem).kind);

webhooks('Meta verifies the address with the token and gets its challenge back', async ({ url }) => {
  const ask = (query: string) => fetch(`${url}?${query}`);
  const good = await ask('hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify-token');
  assert.is(good.status, 200);
  assert.is(await good.text(), '1158201444');
  assert.match(good.headers.get('content-type') ?? '', 'text/plain');
  for (const bad of [
    'hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong',
    'hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=verify-token',
    'hub.mode=subscribe&hub.challenge=1',
    '',
  ]) {
    assert.is((await ask(bad)).status, 403, bad);
  }
});

webhooks('nobody can verify while no token is set', async ({ url, control }) => {
  control.secrets = { appSecret: undefined, verifyToken: undefined };
  const response = await fetch(`${url}?hub.mode=subscribe&hub.challenge=1&hub.verify_token=undefined`);
  assert.is(response.status, 403);
});

webhooks('a signed webhook is stored before it is answered', async ({ url, control }) => {
  const stored = Promise.withResolvers<void>();
  const receive = control.receive.bind(control);
  control.receive = async (items) => {
    await stored.promise;
    await receive(items);
  };
  const answer = post(url, webhook({ metadata, calls: [call('wacid.A', 'connect')] }));
  const early = await Promise.race([answer.then(() => 'answered'), new Promise((r) => setTimeout(r, 50, 'waiting'))]);
  assert.is(early, 'waiting');
  stored.resolve();
  assert.is((await answer).status, 200);
  assert.equal(keysOf(control), ['call:wacid.A:connect:1671644824']);
});

webhooks(
  'without an app secret nothing is read and the sender hears that the server is misconfigured',
  async (context) => {
    context.control.secrets = { appSecret: undefined, verifyToken: 'verify-token' };
    const body = webhook({ calls: [call('wacid.A', 'connect')] });
    const response = await post(context.url, body);
    assert.is(response.status, 500);
    assert.is(((await response.json()) as { message: string }).message, 'server misconfigured');
    assert.equal(context.control.received, []);
  },
);

webhooks('the secret counts from the moment it is set', async ({ url, control }) => {
  control.secrets = { appSecret: undefined, verifyToken: undefined };
  const body = webhook({ calls: [call('wacid.A', 'connect')] });
  assert.is((await post(url, body)).status, 500);
  control.secrets = { appSecret: 'app-secret', verifyToken: 'verify-token' };
  assert.is((await post(url, body)).status, 200);
});

webhooks('a wrong, missing or malformed signature is refused and nothing is stored', async ({ url, control }) => {
  const body = webhook({ calls: [call('wacid.A', 'connect')] });
  const digest = sign(body).slice('sha256='.length);
  for (const signature of [
    null,
    sign(body, 'other-secret'),
    sign(`${body} `),
    digest,
    `sha1=${digest}`,
    'sha256=',
    `sha256=${digest.slice(2)}`,
    `sha256=${'zz'.repeat(32)}`,
    `${sign(body)}00`,
  ]) {
    const response = await post(url, body, signature);
    assert.is(response.status, 401, String(signature));
    assert.match(response.headers.get('content-type') ?? '', 'application/json');
  }
  assert.equal(control.received, []);
  assert.is(
    (await post(url, body, sign(body).toUpperCase().replace('SHA256', 'sha256'))).status,
    200,
    'upper-case hex',
  );
});

webhooks('the signature is of the bytes, whatever they spell', async ({ url, control }) => {
  const text = webhook({ metadata, messages: [{ id: 'wamid.1', text: { body: 'žluťoučký 👩‍👩‍👧 ‮ \u0000 \ud800' } }] });
  // The same JSON, spaced and escaped otherwise, has another signature.
  assert.is((await post(url, text, sign(JSON.stringify(JSON.parse(text), null, 1)))).status, 401);
  assert.is((await post(url, text)).status, 200);
  const escaped = text.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  assert.is((await post(url, escaped)).status, 200);
  const notUtf8 = Buffer.concat([
    Buffer.from('{"entry":[{"changes":[{"value":{"messages":[{"id":"w\xff'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}]}}]}]}'),
  ]);
  assert.is((await post(url, notUtf8)).status, 200);
  // What Postgres cannot keep in jsonb is replaced.
  const stored = JSON.stringify(control.received);
  assert.not.match(stored, /\\u0000|\\ud800/);
  assert.match(stored, '👩‍👩‍👧');
});

webhooks('a body over 3 MB is refused, announced or not', async ({ url, port, control }) => {
  const big = webhook({ metadata, filler: 'x'.repeat(3_000_001) });
  assert.is((await post(url, big)).status, 413);
  // Without a length, in chunks: the answer comes while the sender still sends.
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest(
      { port, method: 'POST', path: '/webhooks/wa-calling', headers: { 'x-hub-signature-256': sign('x') } },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    request.on('error', reject);
    for (let sent = 0; sent < 64; sent += 1) request.write('x'.repeat(50_000));
  });
  assert.is(status, 413);
  const large = webhook({ metadata, filler: 'x'.repeat(2_900_000) });
  assert.is((await post(url, large)).status, 200);
  assert.is(control.received.length, 1);
});

webhooks('a body that is cut off is not stored and harms nobody', async ({ port, url, control }) => {
  const body = webhook({ metadata, calls: [call('wacid.A', 'connect')] });
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `POST /webhooks/wa-calling HTTP/1.1\r\nhost: x\r\nx-hub-signature-256: ${sign(body)}\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 40)}`,
    () => socket.destroy(),
  );
  await new Promise((resolve) => socket.once('close', resolve));
  assert.is((await post(url, body)).status, 200);
  assert.is(control.received.length, 1);
});

webhooks('what is signed but no JSON is kept as it is', async ({ url, control }) => {
  for (const body of ['', 'not json', '{"entry":[', '\u0000', `${'['.repeat(200_000)}${']'.repeat(200_000)}`]) {
    assert.is((await post(url, body)).status, 200, body.slice(0, 20));
  }
  assert.equal(kindsOf(control).slice(0, 4), ['unparsable', 'unparsable', 'unparsable', 'unparsable']);
  assert.is(new Set(keysOf(control)).size, 5);
});

webhooks('JSON of any other shape is stored, once each', async ({ url, control }) => {
  const odd = ['null', '[]', '"text"', '{}', '{"entry":{}}', '{"entry":[1]}', '{"entry":[{"changes":[null]}]}'];
  for (const body of odd) assert.is((await post(url, body)).status, 200, body);
  assert.is(new Set(keysOf(control)).size, odd.length);
  assert.equal(new Set(kindsOf(control)), new Set(['other']));
});

webhooks('each item of a webhook goes its own way, with what it needs to be read alone', async ({ url, control }) => {
  const contacts = [
    { wa_id: '49170', profile: { name: 'Ada' } },
    { user_id: 'US.1', profile: { name: 'Bob' } },
  ];
  const calls = [
    { ...call('wacid.A', 'connect'), from: '49170' },
    { ...call('wacid.B', 'terminate', 1671644825), from_user_id: 'US.1' },
  ];
  const statuses = [{ id: 'wacid.C', type: 'call', status: 'RINGING', timestamp: '1', recipient_id: '3' }];
  await post(url, webhook({ metadata, contacts, calls, statuses, errors: [{ code: 138021 }] }));
  assert.equal(keysOf(control), [
    'call:wacid.A:connect:1671644824',
    'call:wacid.B:terminate:1671644825',
    'call-status:wacid.C:ringing:1',
  ]);
  const items = control.received.flat().map(({ payload }) => payload as MetaItem);
  assert.equal(
    items.map(({ contact }) => contact),
    [contacts[0], contacts[1], null],
  );
  assert.equal(items[1]?.item, calls[1]);
  for (const item of items)
    assert.equal([item.metadata, item.errors, item.field], [metadata, [{ code: 138021 }], 'calls']);
});

webhooks('the same event has the same key whenever and wherever it comes again', async ({ url, control }) => {
  const event = call('wacid.A', 'terminate');
  await post(url, webhook({ metadata, calls: [event] }));
  await post(url, webhook({ metadata, calls: [call('wacid.A', 'connect'), { ...event, extra: 1 }] }));
  await post(url.replace('calling', 'messages'), webhook({ metadata, calls: [{ ...event, event: 'TERMINATE' }] }));
  const unknown = webhook({ metadata, new_thing: [1] }, 'account_update');
  await post(url, unknown);
  await post(url, unknown);
  const keys = keysOf(control);
  assert.is(keys[0], keys[2]);
  assert.is(keys[0], keys[3]);
  assert.is(keys[4], keys[5]);
});

webhooks('items without a proper id are known by their content', async ({ url, control }) => {
  await post(url, webhook({ metadata, calls: [{ event: 'connect' }, { event: 'connect', n: 1 }, 7, null] }));
  const keys = keysOf(control);
  assert.is(new Set(keys).size, 4);
  for (const key of keys) assert.match(key, /^other:/);
  await post(url, webhook({ calls: [call('wacid.'.padEnd(5000, 'x'), 'connect')] }));
  assert.ok((keysOf(control)[4]?.length ?? 1000) < 100);
});

webhooks('what is new beside known items is stored too', async ({ url, control }) => {
  await post(url, webhook({ metadata, calls: [call('wacid.A', 'connect')], call_quality: { mos: 4 } }));
  assert.equal(kindsOf(control), ['call', 'other']);
});

webhooks('message statuses and call statuses share an array and are told apart', async ({ url, control }) => {
  const statuses = [
    { id: 'wamid.1', status: 'delivered', timestamp: '5' },
    { id: 'wacid.1', status: 'ACCEPTED', timestamp: '6' },
  ];
  await post(url, webhook({ metadata, statuses }, 'messages'));
  assert.equal(keysOf(control), ['message-status:wamid.1:delivered', 'call-status:wacid.1:accepted:6']);
});

webhooks('what cannot be stored is not acknowledged, so that it comes again', async ({ url, control }) => {
  control.failReceive = new Error('the database is away');
  const body = webhook({ metadata, calls: [call('wacid.A', 'connect')] });
  const refused = await post(url, body);
  assert.is(refused.status, 503);
  assert.not.match(await refused.text(), 'database');
  assert.is((await post(url, body)).status, 200);
});

webhooks('secrets that were read once outlive a database that is away', async ({ url, control }) => {
  const body = webhook({ metadata, calls: [call('wacid.A', 'connect')] });
  assert.is((await post(url, body)).status, 200);
  control.webhookSecrets = async () => {
    throw new Error('the database is away');
  };
  assert.is((await post(url, body)).status, 200);
  await until('both are stored', () => control.received.length === 2);
});

webhooks('other methods are refused', async ({ url }) => {
  for (const method of ['PUT', 'DELETE', 'PATCH']) assert.is((await fetch(url, { method })).status, 404, method);
});

webhooks.run();
