import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault, WireFault } from '../../../control/contract/fault.ts';
import { createId } from '../../../control/contract/ids.ts';
import type { MediaCommands } from '../../../media/media-node.ts';
import { createCommandServer } from '../../../media/wire/command-server.ts';
import { createLog } from '../../../ops/runtime/log.ts';

const http = suite<{ server: Server; url: string; ready: boolean }>('the command server');

http.before(async (context) => {
  context.ready = true;
  const commands = {
    'leg:offer': async () => ({ sdp: 'v=0' }),
    'leg:open-gate': async () => {
      throw new Fault('media/not-found', 'no such call');
    },
    'leg:close': async () => {
      throw new Error('a secret detail');
    },
  } as unknown as MediaCommands;
  context.server = createCommandServer({
    token: 'right',
    commands,
    isReady: () => context.ready,
    metrics: async () => ({ type: 'text/plain', text: 'up 1\n' }),
    onCommand: () => undefined,
    log: createLog('test', 'silent'),
  });
  await new Promise<void>((resolve) => {
    context.server.listen(0, '127.0.0.1', resolve);
  });
  context.url = `http://127.0.0.1:${(context.server.address() as AddressInfo).port}`;
});
http.after(({ server }) => {
  server.close();
  server.closeAllConnections();
});

const callId = createId('call');
const post = (url: string, body: string, token = 'right', method = 'POST') =>
  fetch(url, { method, headers: { authorization: `Bearer ${token}` }, ...(method === 'POST' ? { body } : {}) });
const faultOf = async (response: Response): Promise<WireFault> => WireFault.parse(await response.json());

http('carries out a command for who has the token', async ({ url }) => {
  const response = await post(`${url}/commands/leg:offer`, JSON.stringify({ callId }));
  assert.is(response.status, 200);
  assert.equal(await response.json(), { sdp: 'v=0' });
});

http('refuses a wrong token, and none, before it reads anything', async ({ url }) => {
  for (const token of ['wrong', '', 'rightx']) {
    const response = await post(`${url}/commands/leg:offer`, '{', token);
    assert.is(response.status, 401);
    assert.is((await faultOf(response)).code, 'account/not-signed-in');
  }
  assert.is((await fetch(`${url}/commands/leg:offer`, { method: 'POST', body: '{}' })).status, 401);
});

http('says what is wrong with a request', async ({ url }) => {
  const cases: [string, string, number, string][] = [
    ['leg:offer', 'not json', 400, 'request/invalid'],
    ['leg:offer', '', 400, 'request/invalid'],
    ['leg:offer', '{"callId":"call_1"}', 400, 'request/invalid'],
    ['leg:offer', 'null', 400, 'request/invalid'],
    ['leg:nothing', '{}', 404, 'request/not-found'],
    ['toString', '{}', 404, 'request/not-found'],
    ['leg:offer', `"${'x'.repeat(200_000)}"`, 413, 'request/too-large'],
  ];
  for (const [name, body, status, code] of cases) {
    const response = await post(`${url}/commands/${name}`, body);
    assert.is(response.status, status, `${name} ${body.slice(0, 20)}`);
    assert.is((await faultOf(response)).code, code);
  }
  assert.is((await post(`${url}/commands/leg:offer`, '', 'right', 'GET')).status, 404);
});

http('passes faults on, and hides bugs', async ({ url }) => {
  const known = await post(`${url}/commands/leg:open-gate`, JSON.stringify({ callId }));
  assert.is(known.status, 404);
  assert.is((await faultOf(known)).message, 'no such call');
  const bug = await post(`${url}/commands/leg:close`, JSON.stringify({ callId }));
  assert.is(bug.status, 500);
  const text = await bug.text();
  assert.not.match(text, 'secret');
});

http('tells its health, whether it takes calls, and its figures, to everyone', async (context) => {
  assert.is((await fetch(`${context.url}/healthz`)).status, 200);
  assert.is((await fetch(`${context.url}/readyz`)).status, 200);
  context.ready = false;
  assert.is((await fetch(`${context.url}/readyz`)).status, 503);
  assert.is(await (await fetch(`${context.url}/metrics`)).text(), 'up 1\n');
});

http.run();
