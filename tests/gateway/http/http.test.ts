import { mkdirSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createId } from '../../../control/contract/ids.ts';
import type { MediaPort } from '../../../control/ports.ts';
import { temporaryFolder, type TestRedis } from '../../support/services.ts';
import { aUser, fakeControl, noMedia, until, type FakeControl } from '../fakes.ts';
import { freshRedis, startGateway, Visitor, type TestGateway } from '../support.ts';

type Context = { control: FakeControl; server: TestRedis; gateway: TestGateway; media: MediaPort };
const http = suite<Context>('the HTTP server');
const ada = aUser('ada');
const folder = temporaryFolder('console');
const script = 'console.log("switchboard");'.repeat(100);
mkdirSync(join(folder, 'assets'));
writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Switchboard</title>');
writeFileSync(join(folder, 'favicon.svg'), '<svg/>');
writeFileSync(join(folder, 'assets', 'app-4f3a.js'), script);
writeFileSync(join(folder, 'assets', 'ring-77aa.mp3'), 'sound');

http.before(async (context) => {
  context.server = await freshRedis();
});
http.before.each(async (context) => {
  context.control = fakeControl([ada], {
    'calls:list': async (_caller, ask) => ({ items: [], next: JSON.stringify(ask) }),
  });
  const card = { nodeId: createId('node'), url: 'http://127.0.0.1:1', capacity: 1, legs: 0, draining: false };
  context.media = { ...noMedia, nodes: async () => [card] };
  context.gateway = await startGateway(context.control, context.server, {
    consoleFolder: folder,
    media: context.media,
  });
});
http.after.each(({ gateway }) => gateway.close());
http.after(({ server }) => server.close());

const html = { accept: 'text/html,application/xhtml+xml' };

http('the process says that it lives', async ({ gateway }) => {
  assert.is((await fetch(`${gateway.url}/healthz`)).status, 200);
});

http('readiness names what is missing', async ({ gateway, control, media }) => {
  const ask = async () => {
    const response = await fetch(`${gateway.url}/readyz`);
    return [response.status, await response.json()];
  };
  const all = { ready: true, draining: false, database: 'ok', redis: 'ok', media: 'ok' };
  assert.equal(await ask(), [200, all]);
  control.isReady = false;
  assert.equal(await ask(), [503, { ...all, ready: false, database: 'missing' }]);
  control.isReady = true;
  media.nodes = async () => [];
  assert.equal(await ask(), [503, { ...all, ready: false, media: 'missing' }]);
  media.nodes = () => new Promise(() => undefined);
  assert.equal(await ask(), [503, { ...all, ready: false, media: 'missing' }]);
});

http('metrics count by route and never by what a stranger sent', async ({ gateway }) => {
  await fetch(`${gateway.url}/healthz`);
  await fetch(`${gateway.url}/api/calls/${createId('call')}`);
  await fetch(`${gateway.url}/api/secret-4917012345`);
  await fetch(`${gateway.url}/webhooks/wa-calling`, { method: 'POST', body: '{}' });
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  assert.match(text, 'switchboard_http_request_duration_seconds_count{route="/healthz",method="GET",status="200"} 1');
  assert.match(text, 'route="/api/calls/:callId",method="GET",status="401"');
  assert.match(text, 'switchboard_webhook_duration_seconds_count{result="401"} 1');
  assert.match(text, 'process_cpu_user_seconds_total');
  assert.not.match(text, '4917012345');
});

http('hashed assets may be kept for ever, and are small', async ({ gateway }) => {
  const response = await fetch(`${gateway.url}/assets/app-4f3a.js`);
  assert.is(response.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.is(response.headers.get('content-encoding'), 'gzip');
  assert.match(response.headers.get('content-type') ?? '', 'javascript');
  assert.is(await response.text(), script);
  const plain = await fetch(`${gateway.url}/assets/app-4f3a.js`, { headers: { 'accept-encoding': 'identity' } });
  assert.is(plain.headers.get('content-encoding'), null);
  assert.is(await plain.text(), script);
  const sound = await fetch(`${gateway.url}/assets/ring-77aa.mp3`, { headers: { range: 'bytes=0-1' } });
  assert.equal([sound.status, await sound.text()], [206, 'so']);
});

http('whatever a person navigates to is the console, which is asked for each time', async ({ gateway }) => {
  for (const path of ['/', '/inbox', '/inbox/conv_1', '/login?next=/inbox']) {
    const response = await fetch(gateway.url + path, { headers: html });
    assert.is(response.status, 200, path);
    assert.is(response.headers.get('cache-control'), 'no-cache');
    assert.match(await response.text(), 'Switchboard');
  }
  assert.is((await fetch(`${gateway.url}/favicon.svg`)).headers.get('cache-control'), 'no-cache');
});

http('what is missing is missing, in JSON', async ({ gateway }) => {
  for (const [path, headers] of [
    ['/assets/gone-1234.js', html],
    ['/api/nothing', html],
    ['/api', {}],
    ['/webhooks/other', html],
    ['/inbox', { accept: 'application/json' }],
    ['/assets/../index.htm', {}],
  ] as const) {
    const response = await fetch(gateway.url + path, { headers });
    assert.is(response.status, 404, path);
    assert.is(((await response.json()) as { code: string }).code, 'request/not-found', path);
  }
});

http('nothing outside the console folder is served', async ({ gateway }) => {
  writeFileSync(join(folder, '..', 'outside.txt'), 'secret');
  for (const path of [
    '/../outside.txt',
    '/assets/../../outside.txt',
    '/assets/%2e%2e/%2e%2e/outside.txt',
    '/%00',
    '/%',
  ]) {
    // Not with fetch, which would tidy the path up.
    const [status, body] = await new Promise<[number | undefined, string]>((resolve, reject) => {
      const request = httpRequest({ port: gateway.port, path }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve([response.statusCode, text]));
      });
      request.on('error', reject).end();
    });
    assert.ok(status !== undefined && status >= 400 && status < 500, `${path}: ${status}`);
    assert.not.match(body, 'secret');
  }
});

http('pages may run nothing but their own script, and be framed by nobody', async ({ gateway }) => {
  const { headers } = await fetch(gateway.url, { headers: html });
  const policy = headers.get('content-security-policy') ?? '';
  assert.match(policy, "default-src 'self'");
  assert.match(policy, "script-src 'self';");
  assert.match(policy, "frame-ancestors 'none'");
  assert.match(policy, "connect-src 'self' ws://switchboard.test");
  assert.is(headers.get('x-content-type-options'), 'nosniff');
  assert.match(headers.get('permissions-policy') ?? '', 'microphone=(self)');
  assert.is(headers.get('x-powered-by'), null);
});

http('the API describes itself', async ({ gateway }) => {
  const document = (await (await fetch(`${gateway.url}/api/openapi.json`)).json()) as { openapi: string };
  assert.is(document.openapi, '3.1.0');
});

http('queries are read as the table says, and bad ones refused by name', async ({ gateway }) => {
  const visitor = new Visitor(gateway.url);
  await visitor.signIn(ada.email);
  const good = (await (await visitor.ask('/api/calls?limit=7&other=1&direction=inbound')).json()) as { next: string };
  assert.equal(JSON.parse(good.next), { params: {}, query: { limit: 7, direction: 'inbound' }, body: {} });
  for (const query of [
    'limit=0',
    'limit=many',
    'direction=sideways',
    'conversationId=1',
    'limit=1&limit=2',
    'cursor[a]=1&limit=-1',
  ]) {
    const response = await visitor.ask(`/api/calls?${query}`);
    const fault = (await response.json()) as { code: string; details: { issues: unknown[] } };
    assert.equal([response.status, fault.code], [400, 'request/invalid'], query);
    assert.ok(fault.details.issues.length > 0);
  }
  assert.is((await visitor.ask('/api/calls/call_1')).status, 400);
});

http('every request has a name that an answer repeats', async ({ gateway }) => {
  const given = await fetch(`${gateway.url}/healthz`, { headers: { 'x-request-id': 'lb-1234567890' } });
  assert.is(given.headers.get('x-request-id'), 'lb-1234567890');
  const made = await fetch(`${gateway.url}/healthz`, { headers: { 'x-request-id': 'a b\tc' } });
  assert.match(made.headers.get('x-request-id') ?? '', /^[\w-]{36}$/);
});

http('bytes that are no HTTP harm nobody', async ({ gateway }) => {
  for (const bytes of ['\0\0\0', 'GET / HTTP/9.9\r\n\r\n', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`]) {
    const socket = connect(gateway.port, '127.0.0.1', () => socket.end(bytes));
    socket.on('error', () => undefined); // a reset is an answer too
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
  }
  assert.is((await fetch(`${gateway.url}/healthz`)).status, 200);
});

http('a gateway that goes down ends what is under way and takes nothing new', async (context) => {
  const gateway = await startGateway(context.control, context.server, { media: context.media });
  const stored = Promise.withResolvers<void>();
  let asked = false;
  context.control.webhookSecrets = async () => {
    asked = true;
    await stored.promise;
    return context.control.secrets;
  };
  const slow = fetch(`${gateway.url}/webhooks/wa-calling`, { method: 'POST', body: '{}' });
  await until('the request is there', () => asked);
  const closed = gateway.close();
  setTimeout(() => stored.resolve(), 100);
  assert.is((await slow).status, 401);
  await closed;
  assert.is(
    await fetch(`${gateway.url}/healthz`).then(
      () => 'taken',
      () => 'refused',
    ),
    'refused',
  );
});

http.run();
