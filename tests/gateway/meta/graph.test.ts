import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { pino } from 'pino';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../../control/contract/fault.ts';
import type { CarrierPort } from '../../../control/ports.ts';
import { createHttpClient, type HttpClient } from '../../../gateway/http/client.ts';
import { createCarrier } from '../../../gateway/meta/graph.ts';
import { graphErrors, toFault } from '../../../gateway/meta/graph-errors.ts';
import { createMetrics, type Metrics } from '../../../gateway/metrics.ts';

type Seen = { method: string; url: string; headers: IncomingHttpHeaders; body: unknown; socket: Socket };
type Reply = { status?: number; body?: unknown; raw?: string; cut?: boolean; hang?: boolean };
type Context = {
  server: Server;
  seen: Seen[];
  replies: Reply[];
  carrier: CarrierPort;
  http: HttpClient;
  metrics: Metrics;
  logged: string[];
  graphUrl: string;
};

const graph = suite<Context>('the Graph client');
const line = { phoneNumberId: '106', accessToken: 'secret-token' };
const party = { phone: '4917012345', userId: null };
const sdp = 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\na=ice-pwd:secret-password\r\n';
const done = { messaging_product: 'whatsapp', success: true };
const errorBody = (code: number, details = '') => ({
  error: {
    message: `(#${code}) about 4917012345`,
    type: 'OAuthException',
    code,
    ...(details && { error_data: { messaging_product: 'whatsapp', details } }),
    fbtrace_id: 'Atrace',
  },
});

graph.before.each(async (context) => {
  context.seen = [];
  context.replies = [];
  context.logged = [];
  context.server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { method = '', url = '', headers, socket } = request;
      context.seen.push({ method, url, headers, socket, body: text ? JSON.parse(text) : undefined });
      const reply = context.replies.shift() ?? { body: done };
      if (reply.hang) return;
      if (reply.cut) {
        socket.destroy();
        return;
      }
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json' });
      response.end(reply.raw ?? JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => context.server.listen(0, '127.0.0.1', resolve));
  context.graphUrl = `http://127.0.0.1:${(context.server.address() as AddressInfo).port}/v25.0`;
  context.metrics = createMetrics();
  context.http = createHttpClient();
  const log = pino({ level: 'trace' }, { write: (text: string) => void context.logged.push(text) });
  context.carrier = createCarrier({
    graphUrl: `${context.graphUrl}/`,
    http: context.http,
    log,
    metrics: context.metrics,
  });
});
graph.after.each(async ({ server, http, logged }) => {
  http.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const log = logged.join('');
  for (const secret of ['secret-token', 'secret-password', '4917012345', 'v=0']) assert.not.match(log, secret);
});

const refusal = async (work: Promise<unknown>): Promise<Fault> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

graph('each call action is what Meta documents', async ({ carrier, seen, replies }) => {
  await carrier.preAccept(line, 'wacid.1', sdp);
  await carrier.accept(line, 'wacid.1', sdp);
  // Some samples of Meta leave `messaging_product` out.
  replies.push({ body: { success: true } }, { body: done });
  await carrier.reject(line, 'wacid.1');
  await carrier.terminate(line, 'wacid.1');
  assert.equal(
    seen.map(({ method, url, body }) => [method, url, body]),
    [
      ['pre_accept', { session: { sdp_type: 'answer', sdp } }],
      ['accept', { session: { sdp_type: 'answer', sdp } }],
      ['reject', {}],
      ['terminate', {}],
    ].map(([action, rest]) => [
      'POST',
      '/v25.0/106/calls',
      { messaging_product: 'whatsapp', call_id: 'wacid.1', action, ...(rest as object) },
    ]),
  );
  assert.is(seen[0]?.headers.authorization, 'Bearer secret-token');
  assert.is(seen[0]?.headers['content-type'], 'application/json');
});

graph('one connection carries request after request', async ({ carrier, seen }) => {
  for (let i = 0; i < 4; i += 1) await carrier.preAccept(line, 'wacid.1', sdp);
  assert.is(new Set(seen.map(({ socket }) => socket)).size, 1);
});

graph('a call is placed to a phone number, or to a user id where there is none', async ({ carrier, seen, replies }) => {
  const placed = { body: { messaging_product: 'whatsapp', success: true, calls: [{ id: 'wacid.9', more: 1 }] } };
  replies.push(placed, placed);
  assert.equal(await carrier.connect(line, party, sdp, 'call_x'), { carrierCallId: 'wacid.9' });
  await carrier.connect(line, { phone: null, userId: 'US.1' }, sdp, 'call_x');
  const base = {
    messaging_product: 'whatsapp',
    action: 'connect',
    session: { sdp_type: 'offer', sdp },
    biz_opaque_callback_data: 'call_x',
  };
  assert.equal(
    seen.map(({ body }) => body),
    [
      { ...base, to: '4917012345' },
      { ...base, recipient: 'US.1' },
    ],
  );
  const nobody = await refusal(carrier.connect(line, { phone: null, userId: null }, sdp, 'call_x'));
  assert.is(nobody.code, 'carrier/not-callable');
});

graph('texts and permission requests are messages', async ({ carrier, seen, replies }) => {
  const sent = { body: { messaging_product: 'whatsapp', contacts: [], messages: [{ id: 'wamid.7' }] } };
  replies.push(sent, sent, sent);
  assert.equal(await carrier.sendText(line, party, 'héllo 👋'), { carrierMessageId: 'wamid.7' });
  await carrier.requestPermission(line, party, 'May we call?');
  await carrier.requestPermission(line, party, null);
  const to = { messaging_product: 'whatsapp', recipient_type: 'individual', to: '4917012345' };
  const request = { type: 'call_permission_request', action: { name: 'call_permission_request' } };
  assert.equal(
    seen.map(({ url, body }) => [url, body]),
    [
      ['/v25.0/106/messages', { ...to, type: 'text', text: { body: 'héllo 👋', preview_url: false } }],
      [
        '/v25.0/106/messages',
        { ...to, type: 'interactive', interactive: { ...request, body: { text: 'May we call?' } } },
      ],
      ['/v25.0/106/messages', { ...to, type: 'interactive', interactive: request }],
    ],
  );
});

graph('a permission is read as Meta words it today or worded it before', async ({ carrier, seen, replies }) => {
  const actions = [
    {
      action_name: 'send_call_permission_request',
      can_perform_action: true,
      limits: [{ time_period: 'PT24H', max_allowed: 1, current_usage: 0 }],
    },
    {
      action_name: 'start_call',
      can_perform_action: false,
      limits: [{ time_period: 'PT24H', max_allowed: 100, current_usage: 100, limit_expiration_time: 1745622600 }],
    },
  ];
  replies.push(
    {
      body: {
        messaging_product: 'whatsapp',
        permission: { status: 'temporary', expiration_time: 1745343479 },
        actions,
      },
    },
    { body: { permission: { status: 'temporary', expiration: '1745343479' } } },
    {
      body: { permission: { status: 'permanent' }, actions: [{ action_name: 'start_call', can_perform_action: true }] },
    },
    { body: { permission: { status: 'no_permission' }, actions: [] } },
  );
  assert.equal(await carrier.permission(line, party), {
    status: 'temporary',
    expiresAt: 1745343479000,
    canRequest: true,
    canCall: false,
    blockedUntil: 1745622600000,
  });
  const older = await carrier.permission(line, { phone: null, userId: 'US.1' });
  assert.is(older.expiresAt, 1745343479000);
  const none = { expiresAt: null, canRequest: false, blockedUntil: null };
  assert.equal(await carrier.permission(line, party), { ...none, status: 'permanent', canCall: true });
  assert.equal(await carrier.permission(line, party), { ...none, status: 'none', canCall: false });
  assert.equal(
    seen.slice(0, 2).map(({ method, url }) => `${method} ${url}`),
    ['GET /v25.0/106/call_permissions?user_wa_id=4917012345', 'GET /v25.0/106/call_permissions?recipient=US.1'],
  );
});

graph('calling is switched and looked up in the settings', async ({ carrier, seen, replies }) => {
  await carrier.setCalling(line, true);
  await carrier.setCalling(line, false);
  replies.push(
    { body: { calling: { status: 'ENABLED' } } },
    { body: { calling: { status: 'disabled' } } },
    { body: {} },
  );
  assert.equal(
    [await carrier.callingEnabled(line), await carrier.callingEnabled(line), await carrier.callingEnabled(line)],
    [true, false, false],
  );
  assert.equal(
    seen.slice(0, 2).map(({ body }) => body),
    [{ calling: { status: 'ENABLED' } }, { calling: { status: 'DISABLED' } }],
  );
});

graph('every code that Meta documents has a sentence for people', () => {
  const documented = [
    100, 613, 131009, 131026, 131030, 131044, 131055, 138000, 138001, 138002, 138003, 138004, 138005, 138006, 138007,
    138008, 138009, 138010, 138011, 138012, 138013, 138014, 138015, 138016, 138017, 138018, 138019, 138020, 138021,
    138022, 138023,
  ];
  for (const code of documented) {
    const meaning = graphErrors[code];
    assert.ok(meaning, String(code));
    assert.match(meaning[1], /^[A-Z].*\.$/);
  }
});

for (const [status, code, fault, retryable] of [
  [401, 138006, 'carrier/no-permission', false],
  [401, 138000, 'carrier/calling-disabled', false],
  [401, 190, 'carrier/auth', false],
  [403, 294, 'carrier/auth', false],
  [400, 138012, 'carrier/limit-reached', false],
  [429, 138002, 'carrier/limit-reached', true],
  [400, 138003, 'carrier/duplicate-call', false],
  [400, 131044, 'carrier/payment-needed', false],
  [400, 138017, 'carrier/permission-exists', false],
  [400, 131047, 'carrier/window-closed', false],
  [400, 999_999, 'carrier/bad-request', false],
  [429, 999_999, 'carrier/limit-reached', true],
] as const) {
  graph(`Meta's ${code} with ${status} is ${fault}`, async ({ carrier, replies, seen, metrics }) => {
    replies.push({ status, body: errorBody(code, 'to 4917012345') });
    const refused = await refusal(carrier.connect(line, party, sdp, 'call_x'));
    assert.equal([refused.code, refused.retryable], [fault, retryable]);
    assert.equal(refused.details, { action: 'connect', httpStatus: status, carrierCode: code, carrierTrace: 'Atrace' });
    assert.not.match(JSON.stringify(Fault.toWire(refused)), '4917012345');
    assert.is(seen.length, 1, 'a second call would be one too many');
    assert.match(await metrics.registry.metrics(), `switchboard_graph_errors_total{action="connect",code="${code}"} 1`);
  });
}

for (const [details, over] of [
  ['The call has already ended (completed).', true],
  ['Call is already in progress', true],
  ['Invalid call_id.', true],
  ['call-id wacid.1 not found', true],
  ['SDP validation error: No fingerprint found in SDP.', false],
  ['The SDP of accept differs from the SDP of pre_accept for this call.', false],
  ['SDP validation error: no ice-ufrag or ice-pwd found.', false],
] as const) {
  graph(`"${details}" ${over ? 'says that the call is over' : 'is a refusal'}`, async ({ carrier, replies }) => {
    replies.push({ status: 400, body: errorBody(100, details) });
    const refused = await refusal(carrier.accept(line, 'wacid.1', sdp));
    assert.is(refused.code, over ? 'carrier/call-over' : 'carrier/bad-request');
  });
}

graph('an accept that came too late finds the call over', () => {
  const late = { action: 'accept', status: 500, code: 138007, subcode: null, words: '', trace: null } as const;
  assert.is(toFault(late).code, 'carrier/call-over');
  assert.is(toFault({ ...late, action: 'pre_accept' }).code, 'carrier/media-failed');
});

graph('ending a call that is over is no failure', async ({ carrier, replies }) => {
  const over = { status: 400, body: errorBody(100, 'The call has already ended.') };
  replies.push(over, over);
  await carrier.terminate(line, 'wacid.1');
  await carrier.reject(line, 'wacid.1');
});

graph('what may be sent again is sent again when Meta stumbles', async ({ carrier, replies, seen }) => {
  replies.push({ status: 500, body: errorBody(131000) }, { cut: true }, { body: done });
  await carrier.terminate(line, 'wacid.1');
  assert.is(seen.length, 3);
  replies.push({ cut: true }, { cut: true }, { cut: true }, { body: done });
  const refused = await refusal(carrier.reject(line, 'wacid.1'));
  assert.equal([refused.code, refused.retryable, seen.length], ['carrier/unavailable', true, 6]);
});

for (const [what, run, retryable] of [
  ['call', (carrier: CarrierPort) => carrier.connect(line, party, sdp, 'x'), false],
  ['text', (carrier: CarrierPort) => carrier.sendText(line, party, 'x'), false],
  ['permission request', (carrier: CarrierPort) => carrier.requestPermission(line, party, 'x'), false],
  ['accept', (carrier: CarrierPort) => carrier.accept(line, 'wacid.1', sdp), true],
] as const) {
  graph(`a ${what} whose fate is unknown is not sent a second time by itself`, async ({ carrier, replies, seen }) => {
    replies.push({ cut: true });
    const refused = await refusal(run(carrier));
    assert.equal([refused.code, refused.retryable, seen.length], ['carrier/unavailable', retryable, 1]);
  });
}

graph('what never reached Meta may always be sent again', async (context) => {
  await new Promise((resolve) => context.server.close(resolve));
  const refused = await refusal(context.carrier.connect(line, party, sdp, 'x'));
  assert.equal([refused.code, refused.retryable], ['carrier/unavailable', true]);
  assert.is(context.logged.filter((text) => text.includes('graph request failed')).length, 3);
});

graph('a pre_accept that hangs is given up in time for the accept', async ({ carrier, replies, seen }) => {
  replies.push({ hang: true });
  const started = performance.now();
  const refused = await refusal(carrier.preAccept(line, 'wacid.1', sdp));
  assert.is(refused.code, 'carrier/unavailable');
  assert.ok(performance.now() - started < 3500);
  assert.is(seen.length, 1);
});

graph('an answer of another form is not taken for a success', async ({ carrier, replies }) => {
  replies.push(
    { raw: '<html>' },
    { body: { success: false } },
    { body: { calls: [] } },
    { status: 502, raw: '<html>' },
  );
  assert.is((await refusal(carrier.accept(line, 'wacid.1', sdp))).code, 'carrier/unavailable');
  assert.is((await refusal(carrier.accept(line, 'wacid.1', sdp))).code, 'carrier/unavailable');
  assert.is((await refusal(carrier.connect(line, party, sdp, 'x'))).code, 'carrier/unavailable');
  const proxy = await refusal(carrier.connect(line, party, sdp, 'x'));
  assert.equal([proxy.code, proxy.retryable], ['carrier/unavailable', true]);
});

graph('a redirect is not followed: the token stays here', async ({ carrier, replies, seen }) => {
  replies.push({ status: 302, raw: '' });
  assert.is((await refusal(carrier.accept(line, 'wacid.1', sdp))).code, 'carrier/bad-request');
  assert.is(seen.length, 1);
});

graph.run();
