import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createId } from '../../control/contract/ids.ts';
import { Fault } from '../../control/contract/fault.ts';
import { createRest } from '../../ui/src/api/rest.ts';
import { Unreachable } from '../../ui/src/line/faults.ts';

const rest = suite('the console’s REST client');

const user = {
  id: createId('user'),
  workspaceId: createId('ws'),
  workspaceName: 'Acme',
  name: 'Anna',
  email: 'anna@example.com',
  role: 'operator',
};
const call = createId('call');
const conversationId = createId('conv');

type Sent = { url: string; method: string; headers: Record<string, string>; body: unknown };

/** A server that gives the answers in turn and remembers what it was asked. */
function aServer(...answers: (Response | Error)[]) {
  const sent: Sent[] = [];
  const fetchIt = ((url: string, init: RequestInit) => {
    sent.push({
      url,
      method: init.method ?? '',
      headers: init.headers as Record<string, string>,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
    });
    const answer = answers.shift() ?? new Error('nothing more to say');
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }) as typeof fetch;
  return { sent, rest: createRest(fetchIt) };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers });

const caught = async (run: Promise<unknown>): Promise<unknown> => {
  try {
    await run;
  } catch (error) {
    return error;
  }
  throw new Error('it was not refused');
};

rest('what was learned at /api/me is sent back with everything that changes something', async () => {
  const server = aServer(json(200, { user }, { 'x-csrf-token': 'abc' }), json(401, {}), json(401, {}));
  await server.rest.call('me', {});
  await caught(server.rest.call('conversations:read', { params: { conversationId } }));
  await caught(server.rest.call('calls:get', { params: { callId: call } }));
  assert.is(server.sent[1]?.headers['x-csrf-token'], 'abc');
  assert.is(server.sent[2]?.headers['x-csrf-token'], undefined, 'a GET changes nothing');
});

rest('a route’s parameters, query and body go where the contract says', async () => {
  const server = aServer(json(200, { items: [], next: null }), json(401, {}));
  await server.rest.call('conversations:list', { query: { limit: 40, search: 'Ana & Bo' } });
  await caught(server.rest.call('conversations:send', { params: { conversationId }, body: { text: 'Hello' } }));
  assert.is(server.sent[0]?.url, '/api/conversations?limit=40&search=Ana+%26+Bo');
  assert.is(server.sent[1]?.url, `/api/conversations/${conversationId}/messages`);
  assert.is(server.sent[1]?.method, 'POST');
  assert.equal(server.sent[1]?.body, { text: 'Hello' });
});

rest('a refusal is the fault that the server sent', async () => {
  const wire = { code: 'carrier/window-closed', message: 'The window is closed.', retryable: false };
  const error = await caught(
    aServer(json(400, wire)).rest.call('conversations:send', { params: { conversationId }, body: { text: 'x' } }),
  );
  assert.instance(error, Fault);
  assert.is((error as Fault).code, 'carrier/window-closed');
});

rest('no answer, and a proxy’s answer in place of the server’s, mean that it can’t be reached', async () => {
  assert.instance(await caught(aServer(new TypeError('failed')).rest.call('me', {})), Unreachable);
  const page = new Response('<html>Bad gateway</html>', { status: 502 });
  assert.instance(await caught(aServer(page).rest.call('me', {})), Unreachable);
});

rest('an answer against the contract is a bug, not data', async () => {
  const error = await caught(aServer(json(200, { user: { name: 'nobody' } })).rest.call('me', {}));
  assert.not.instance(error, Fault);
  assert.not.instance(error, Unreachable);
});

rest.run();
