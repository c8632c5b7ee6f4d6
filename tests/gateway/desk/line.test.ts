import { io, type Socket } from 'socket.io-client';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createId } from '../../../control/contract/ids.ts';
import { Fault, type WireFault } from '../../../control/contract/fault.ts';
import type { TestRedis } from '../../support/services.ts';
import { aUser, fakeControl, until, type FakeControl } from '../fakes.ts';
import { freshRedis, startGateway, Visitor, type TestGateway } from '../support.ts';

type Outcome = { ok: boolean; value?: unknown; fault?: WireFault };
type Context = { control: FakeControl; server: TestRedis; gateway: TestGateway; sockets: Socket[] };
const lines = suite<Context>('desk lines');
const ada = aUser('ada');
const bob = aUser('bob', ada.workspaceId);
const eve = aUser('eve');
const callId = createId('call');
const nodeId = createId('node');
const opened = {
  nodeId,
  routerRtpCapabilities: {},
  send: { id: 's', iceParameters: {}, iceCandidates: [], dtlsParameters: {} },
  receive: { id: 'r', iceParameters: {}, iceCandidates: [], dtlsParameters: {} },
};

lines.before.each(async (context) => {
  context.sockets = [];
  context.server = await freshRedis();
  context.control = fakeControl([ada, bob, eve], {
    'call:report': async () => ({}),
    'media:open': async () => ({ ...opened, secretOfTheNode: 1 }),
    'media:connect': async () => 'not what the contract says',
    'media:listen': async () => {
      throw new Error('a bug with 4917012345 in it');
    },
    'call:accept': async () => {
      throw new Fault('call/already-claimed', 'Bob was faster.', { details: { winner: 'Bob' } });
    },
  });
  context.gateway = await startGateway(context.control, context.server);
});
lines.after.each(async ({ sockets, gateway, server }) => {
  for (const socket of sockets) socket.disconnect();
  await gateway.close();
  await server.close();
});

const once = (socket: Socket, name: string): Promise<unknown[]> =>
  new Promise((resolve) => {
    socket.once(name, (...args: unknown[]) => resolve(args));
  });
async function signedIn(gateway: TestGateway, user = ada): Promise<Visitor> {
  const visitor = new Visitor(gateway.url);
  await visitor.signIn(user.email);
  return visitor;
}
type Line = { cookie?: string; deskId?: unknown; origin?: string; auth?: object };
function connect({ sockets }: Context, { url }: { url: string }, line: Line): Socket {
  const socket = io(url, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    auth: line.auth ?? { deskId: line.deskId ?? createId('desk') },
    extraHeaders: { ...(line.cookie && { cookie: line.cookie }), ...(line.origin && { origin: line.origin }) },
  });
  sockets.push(socket);
  return socket;
}
async function open(context: Context, line: Line = {}, gateway = context.gateway): Promise<Socket> {
  const cookie = line.cookie ?? (await signedIn(gateway)).cookie;
  const socket = connect(context, gateway, { ...line, cookie });
  await Promise.race([once(socket, 'connect'), once(socket, 'connect_error').then(([error]) => Promise.reject(error))]);
  return socket;
}
async function refused(socket: Socket): Promise<{ message: string; data?: WireFault }> {
  const [error] = (await once(socket, 'connect_error')) as [{ message: string; data?: WireFault }];
  return error;
}
const ask = (socket: Socket, name: string, ...rest: unknown[]): Promise<Outcome> =>
  socket.timeout(5000).emitWithAck(name, ...rest) as Promise<Outcome>;
const report = { callId, what: 'poor-network' };

lines('a signed-in desk asks and is answered', async (context) => {
  const deskId = createId('desk');
  const socket = await open(context, { deskId });
  assert.equal(await ask(socket, 'call:report', report), { ok: true, value: {} });
  assert.equal(context.control.asked, [{ name: 'call:report', caller: { user: ada, deskId }, ask: report }]);
  assert.equal(context.control.desks, [`connected:${deskId}`]);
  assert.is(await context.gateway.gateway.notifier.isDeskConnected(deskId), true);
});

lines('what the contract does not name does not leave', async (context) => {
  const socket = await open(context);
  assert.equal(await ask(socket, 'media:open', { nodeId }), { ok: true, value: opened });
});

lines('without a session there is no line', async (context) => {
  const { gateway } = context;
  for (const cookie of ['', 'switchboard=s%3Aforged.signature']) {
    const error = await refused(connect(context, gateway, { cookie }));
    assert.is(error.data?.code, 'account/not-signed-in');
  }
  const visitor = await signedIn(gateway);
  await visitor.ask('/api/logout', { method: 'POST' });
  assert.is((await refused(connect(context, gateway, { cookie: visitor.cookie }))).data?.code, 'account/not-signed-in');
});

lines('a desk has to say which one it is', async (context) => {
  const { cookie } = await signedIn(context.gateway);
  for (const auth of [{}, { deskId: 'desk_1' }, { deskId: { $gt: '' } }, { deskId: `${createId('desk')}x` }]) {
    const error = await refused(connect(context, context.gateway, { cookie, auth }));
    assert.is(error.data?.code, 'request/invalid', JSON.stringify(auth));
  }
});

lines("another site's page gets no line, whatever cookie its visitor has", async (context) => {
  const { cookie } = await signedIn(context.gateway);
  for (const origin of ['https://evil.example', 'null']) {
    const error = await refused(connect(context, context.gateway, { cookie, origin }));
    assert.is(error.data, undefined);
  }
  await open(context, { cookie, origin: context.gateway.url });
  await open(context, { cookie, origin: 'http://switchboard.test' });
});

lines('refusals and bugs are answers; only refusals speak', async (context) => {
  const socket = await open(context);
  assert.equal(await ask(socket, 'call:accept', { callId }), {
    ok: false,
    fault: { code: 'call/already-claimed', message: 'Bob was faster.', retryable: false, details: { winner: 'Bob' } },
  });
  for (const [name, body] of [
    ['media:listen', { nodeId, callId, rtpCapabilities: {} }],
    ['media:connect', { nodeId, side: 'send', dtlsParameters: {} }],
    ['call:hangup', { callId }],
  ] as const) {
    const { fault } = await ask(socket, name, body);
    assert.is(fault?.code, 'server/internal', name);
    assert.not.match(JSON.stringify(fault), '4917012345');
  }
});

lines('a database that is away is no bug, and worth another try', async (context) => {
  const socket = await open(context);
  context.control.users.get = () => {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  };
  await until(
    'the line has to ask who it is',
    async () => (await ask(socket, 'call:report', report)).fault?.code === 'server/unavailable',
    8000,
  );
});

lines('bad requests of every kind are refused, and the line lives on', async (context) => {
  const socket = await open(context);
  const bad: unknown[] = [
    undefined,
    null,
    7,
    'text',
    [],
    {},
    { callId: 'call_1' },
    { callId, what: 'nonsense' },
    { callId: { toString: 'x' }, what: 'poor-network' },
    Buffer.from('binary'),
    JSON.parse('{"__proto__":{"callId":"x"}}'),
  ];
  for (const body of bad) {
    const { ok, fault } = await ask(socket, 'call:report', body);
    assert.equal([ok, fault?.code], [false, 'request/invalid'], String(body));
  }
  for (const name of ['nonsense', '__proto__', 'constructor', 'toString', '', 'x'.repeat(10_000)]) {
    assert.is((await ask(socket, name, {})).fault?.code, 'request/not-found', name.slice(0, 20));
  }
  assert.equal(context.control.asked, []);
  assert.equal(await ask(socket, 'call:report', report, 'more', 'than', 'asked'), { ok: true, value: {} });
});

lines('a request without an acknowledgement is refused in another way', async (context) => {
  const socket = await open(context);
  const refusal = once(socket, 'refused');
  socket.emit('call:report', { callId: 'call_1' });
  assert.is(((await refusal) as WireFault[])[0]?.code, 'request/invalid');
  socket.emit('call:report', report);
  socket.emit('call:report');
  socket.emit('call:report', () => 'not an ask');
  assert.equal(await ask(socket, 'call:report', report), { ok: true, value: {} });
});

lines('a message that is too large ends the line, and no other', async (context) => {
  const [socket, other] = [await open(context), await open(context)];
  const gone = once(socket, 'disconnect');
  socket.emit('call:report', { callId, what: 'x'.repeat(100_000) }, () => undefined);
  await gone;
  assert.equal(await ask(other, 'call:report', report), { ok: true, value: {} });
});

lines('bytes that are no protocol end the line, and no other', async (context) => {
  const [socket, other] = [await open(context), await open(context)];
  const gone = once(socket, 'disconnect');
  const { engine } = socket.io;
  for (const text of ['49', '4{', '42', '42["call:report"', '9', '451-["x",{"_placeholder":true,"num":9}]'])
    engine.write(text);
  await gone;
  assert.equal(await ask(other, 'call:report', report), { ok: true, value: {} });
});

lines('who asks too fast is told to wait', async (context) => {
  const socket = await open(context);
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => ask(socket, 'call:report', report)));
  const refusals = outcomes.filter(({ ok }) => !ok);
  assert.ok(refusals.length > 50 && refusals.length < 150, String(refusals.length));
  assert.equal(new Set(refusals.map(({ fault }) => fault?.code)), new Set(['request/too-many']));
});

lines('facts go to every desk of the workspace and to no other', async (context) => {
  const desks = [await open(context), await open(context, { cookie: (await signedIn(context.gateway, bob)).cookie })];
  const stranger = await open(context, { cookie: (await signedIn(context.gateway, eve)).cookie });
  const heard: unknown[] = [];
  stranger.onAny((name) => heard.push(name));
  const all = Promise.all(desks.map((socket) => once(socket, 'call:changed')));
  const notice = { call: { id: callId } } as never;
  context.gateway.gateway.notifier.toWorkspace(ada.workspaceId, 'call:changed', notice);
  assert.equal(await all, [[notice], [notice]]);
  await ask(stranger, 'call:report', report);
  assert.equal(heard, []);
});

lines('with two gateways each desk hears each fact once, in order', async (context) => {
  const second = await startGateway(context.control, context.server);
  try {
    const near = await open(context);
    const far = await open(context, { cookie: (await signedIn(second)).cookie }, second);
    const heard: Record<'near' | 'far', unknown[]> = { near: [], far: [] };
    near.on('call:changed', ({ call }: { call: unknown }) => heard.near.push(call));
    far.on('call:changed', ({ call }: { call: unknown }) => heard.far.push(call));
    const { notifier } = context.gateway.gateway;
    // The other gateway's reader starts with what comes after it has begun to read.
    await until('the far desk hears', () => {
      notifier.toWorkspace(ada.workspaceId, 'call:changed', { call: 'warm' } as never);
      return heard.far.length > 0;
    });
    const count = 20;
    for (let i = 0; i < count; i += 1) notifier.toWorkspace(ada.workspaceId, 'call:changed', { call: i } as never);
    const numbers = (list: unknown[]): unknown[] => list.filter((item) => typeof item === 'number');
    await until('both have heard all', () => heard.far.includes(count - 1) && heard.near.includes(count - 1));
    const expected = Array.from({ length: count }, (_, index) => index);
    assert.equal([numbers(heard.near), numbers(heard.far)], [expected, expected]);
  } finally {
    await second.close();
  }
});

lines('a tab that is opened twice works in the newer place alone', async (context) => {
  const { control, gateway } = context;
  const deskId = createId('desk');
  const { cookie } = await signedIn(gateway);
  const first = await open(context, { cookie, deskId });
  assert.equal(await ask(first, 'call:report', report), { ok: true, value: {} });
  const gone = once(first, 'disconnect');
  const second = await open(context, { cookie, deskId });
  assert.equal((await gone)[0], 'io server disconnect', 'and does not come back by itself');
  assert.equal(await ask(second, 'call:report', report), { ok: true, value: {} });
  assert.is(await gateway.gateway.notifier.isDeskConnected(deskId), true);
  assert.equal(control.desks, [`connected:${deskId}`, `connected:${deskId}`], 'the desk was never away');
});

lines('also when the newer place is at another gateway', async (context) => {
  const second = await startGateway(context.control, context.server);
  try {
    const deskId = createId('desk');
    const { cookie } = await signedIn(context.gateway);
    const first = await open(context, { cookie, deskId });
    await ask(first, 'call:report', report);
    const gone = once(first, 'disconnect');
    const taker = await open(context, { cookie, deskId }, second);
    await gone;
    assert.equal(await ask(taker, 'call:report', report), { ok: true, value: {} });
    assert.is(await context.gateway.gateway.notifier.isDeskConnected(deskId), true);
    assert.not.ok(context.control.desks.includes(`disconnected:${deskId}`));
    taker.disconnect();
    await until('its end is told', () => context.control.desks.includes(`disconnected:${deskId}`));
    assert.is(await context.gateway.gateway.notifier.isDeskConnected(deskId), false);
  } finally {
    await second.close();
  }
});

lines('signing out ends the lines of that session alone', async (context) => {
  const visitor = await signedIn(context.gateway);
  const [mine, other] = [await open(context, { cookie: visitor.cookie }), await open(context)];
  const gone = once(mine, 'disconnect');
  await visitor.ask('/api/logout', { method: 'POST' });
  await gone;
  assert.equal(await ask(other, 'call:report', report), { ok: true, value: {} });
});

lines('a person who was removed cannot ask any more', async (context) => {
  const { cookie } = await signedIn(context.gateway, bob);
  const socket = await open(context, { cookie });
  context.control.users.delete(bob.id);
  await until(
    'the line knows',
    async () => (await ask(socket, 'call:report', report)).fault?.code === 'account/not-signed-in',
    8000,
  );
  assert.is((await refused(connect(context, context.gateway, { cookie }))).data?.code, 'account/not-signed-in');
});

lines('a gateway that goes down says nothing of desks being gone, and they come back', async (context) => {
  const deskId = createId('desk');
  const { cookie } = await signedIn(context.gateway);
  const socket = io(context.gateway.url, {
    transports: ['websocket'],
    reconnectionDelay: 20,
    reconnectionDelayMax: 50,
    auth: { deskId },
    extraHeaders: { cookie },
  });
  context.sockets.push(socket);
  await once(socket, 'connect');
  assert.equal(await ask(socket, 'call:report', report), { ok: true, value: {} });
  const gone = once(socket, 'disconnect');
  await context.gateway.gateway.close();
  assert.equal((await gone)[0], 'transport close', 'a reason after which a client connects again');
  assert.equal(context.control.desks, [`connected:${deskId}`]);
});

lines('desks hear each other’s facts and are answered while Redis is away', async (context) => {
  const socket = await open(context);
  assert.equal(await ask(socket, 'call:report', report), { ok: true, value: {} });
  await context.server.close();
  const heard = once(socket, 'call:changed');
  context.gateway.gateway.notifier.toWorkspace(ada.workspaceId, 'call:changed', { call: 1 } as never);
  await heard;
  assert.equal(await ask(socket, 'call:report', report), { ok: true, value: {} });
  assert.is(await context.gateway.gateway.notifier.isDeskConnected(createId('desk')), true, 'nobody is declared gone');
});

lines('a desk id is the user’s who came with it first: nobody else can speak in its name', async (context) => {
  const deskId = createId('desk');
  const hers = await open(context, { deskId });
  const { cookie } = await signedIn(context.gateway, bob);
  const { data } = await refused(connect(context, context.gateway, { deskId, cookie }));
  assert.is(data?.code, 'account/forbidden');
  assert.ok(hers.connected, 'and her line stands');
});

lines.run();
