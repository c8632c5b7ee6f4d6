import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createId } from '../../../control/contract/ids.ts';
import { loginLimits } from '../../../gateway/desk/limits.ts';
import type { TestRedis } from '../../support/services.ts';
import { aUser, fakeControl, password, type FakeControl } from '../fakes.ts';
import { freshRedis, startGateway, Visitor, type TestGateway } from '../support.ts';

type Context = { control: FakeControl; server: TestRedis; gateway: TestGateway };
const login = suite<Context>('signing in');
const ada = aUser('ada');

login.before(async (context) => {
  context.server = await freshRedis();
});
login.before.each(async (context) => {
  context.control = fakeControl([ada], {
    me: async ({ user }) => ({ user, secretOfTheDatabase: 1 }),
    'conversations:read': async () => ({ conversation: 'not what the contract says' }),
    'numbers:list': async () => ({ items: [] }),
  });
  context.gateway = await startGateway(context.control, context.server);
  await context.gateway.redis.flushAll();
});
login.after.each(({ gateway }) => gateway.close());
login.after(({ server }) => server.close());

const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { code: string }).code;

login('a person signs in and the session holds from then on', async ({ gateway }) => {
  const visitor = new Visitor(gateway.url);
  assert.is((await visitor.ask('/api/me')).status, 401);
  const response = await visitor.signIn(ada.email);
  assert.is(response.status, 200);
  assert.equal(await response.json(), { user: ada });
  const me = await visitor.ask('/api/me');
  assert.equal(await me.json(), { user: ada }, 'and nothing that the contract does not name');
  assert.is(me.headers.get('cache-control'), 'no-store');
});

login('the cookie is out of reach for scripts and other sites', async ({ gateway }) => {
  const response = await new Visitor(gateway.url).signIn(ada.email);
  const cookie = response.headers.getSetCookie().join();
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Lax/);
  assert.match(cookie, /Path=\//);
  assert.not.match(cookie, /Secure/);
});

login('behind TLS the cookie is for TLS and this host alone', async ({ control, server }) => {
  const gateway = await startGateway(control, server, { publicUrl: 'https://calls.example.org' });
  try {
    const response = await new Visitor(gateway.url).signIn(ada.email);
    assert.match(response.headers.getSetCookie().join(), /^__Host-switchboard=.*Secure/);
    assert.match(response.headers.get('strict-transport-security') ?? '', 'max-age');
  } finally {
    await gateway.close();
  }
});

login('every sign-in makes a new session id', async ({ gateway }) => {
  const visitor = new Visitor(gateway.url);
  await visitor.signIn(ada.email);
  const first = visitor.cookie;
  await visitor.signIn(ada.email);
  assert.is.not(visitor.cookie, first);
  const old = new Visitor(gateway.url);
  old.cookie = first;
  assert.is((await old.ask('/api/me')).status, 401);
});

login('a wrong password and an unknown person look alike', async ({ gateway }) => {
  const visitor = new Visitor(gateway.url);
  const [wrong, unknown] = [await visitor.signIn(ada.email, 'wrong'), await visitor.signIn('eve@example.org')];
  assert.equal([wrong.status, unknown.status], [401, 401]);
  assert.equal(await wrong.json(), await unknown.json());
  assert.is(visitor.cookie, '');
});

login('a change needs the token that only our own page can read', async ({ gateway, control }) => {
  const visitor = new Visitor(gateway.url);
  await visitor.signIn(ada.email);
  const path = `/api/conversations/${createId('conv')}/read`;
  for (const token of ['', 'wrong', visitor.token.slice(1)]) {
    const forged = new Visitor(gateway.url);
    forged.cookie = visitor.cookie;
    forged.token = token;
    const response = await forged.ask(path, { method: 'POST' });
    assert.is(response.status, 403, token);
    assert.is(await codeOf(response), 'request/forged');
  }
  assert.equal(control.asked, []);
  await visitor.ask(path, { method: 'POST' });
  assert.is(control.asked.length, 1);
});

login('the token can be had again after a reload', async ({ gateway, control }) => {
  const visitor = new Visitor(gateway.url);
  await visitor.signIn(ada.email);
  const { token } = visitor;
  visitor.token = '';
  await visitor.ask('/api/me');
  assert.is(visitor.token, token);
  await visitor.ask(`/api/conversations/${createId('conv')}/read`, { method: 'POST' });
  assert.is(control.asked.at(-1)?.name, 'conversations:read');
});

login('another site cannot sign anybody in', async ({ gateway }) => {
  for (const origin of ['https://evil.example', 'null', 'http://switchboard.test.evil.example']) {
    const response = await new Visitor(gateway.url).signIn(ada.email, password, { origin });
    assert.is(response.status, 403, origin);
  }
  for (const origin of ['http://switchboard.test', gateway.url]) {
    assert.is((await new Visitor(gateway.url).signIn(ada.email, password, { origin })).status, 200, origin);
  }
});

login('after signing out the session is gone, and signing out again is no error', async ({ gateway }) => {
  const visitor = new Visitor(gateway.url);
  await visitor.signIn(ada.email);
  const copy = new Visitor(gateway.url);
  copy.cookie = visitor.cookie;
  assert.is((await copy.ask('/api/logout', { method: 'POST' })).status, 403, 'not without the token');
  assert.is((await visitor.ask('/api/logout', { method: 'POST' })).status, 200);
  assert.is((await copy.ask('/api/me')).status, 401);
  assert.is((await visitor.ask('/api/logout', { method: 'POST' })).status, 200);
});

login('a person who was removed is out with the next request', async ({ gateway, control }) => {
  const visitor = new Visitor(gateway.url);
  await visitor.signIn(ada.email);
  control.users.delete(ada.id);
  assert.is((await visitor.ask('/api/me')).status, 401);
  control.users.set(ada.id, ada);
  assert.is((await visitor.ask('/api/me')).status, 401, 'the session itself is gone too');
});

login(
  'guessing at an account is stopped, over all gateways, and others are not',
  async ({ gateway, control, server }) => {
    const bob = aUser('bob');
    control.users.set(bob.id, bob);
    const second = await startGateway(control, server);
    try {
      const visitors = [new Visitor(gateway.url), new Visitor(second.url)];
      for (let i = 0; i < loginLimits.account; i += 1) {
        const email = i % 2 ? ada.email.toUpperCase() : ada.email;
        assert.is((await visitors[i % 2]?.signIn(email, 'guess'))?.status, 401);
      }
      const stopped = await new Visitor(second.url).signIn(ada.email);
      assert.is(stopped.status, 429);
      assert.ok(Number(stopped.headers.get('retry-after')) > 0);
      assert.is(await codeOf(stopped), 'account/too-many-attempts');
      assert.is((await new Visitor(second.url).signIn(bob.email)).status, 200);
    } finally {
      await second.close();
    }
  },
);

login('guessing from one address is stopped, and successes count nothing', async ({ gateway }) => {
  for (let i = 0; i < 15; i += 1) assert.is((await new Visitor(gateway.url).signIn(ada.email)).status, 200);
  for (let i = 0; i < loginLimits.address; i += 1) {
    await new Visitor(gateway.url).signIn(`person${i}@example.org`, 'guess');
  }
  assert.is((await new Visitor(gateway.url).signIn(ada.email)).status, 429);
});

login('bad bodies are refused with what is wrong, and without what was sent', async ({ gateway }) => {
  const visitor = new Visitor(gateway.url);
  const bad: unknown[] = [
    '{',
    '"text"',
    '[]',
    {},
    { email: 7, password: 'secret-word' },
    { email: 'a', password: 'x'.repeat(201) },
  ];
  for (const body of bad) {
    const response = await visitor.ask('/api/login', { method: 'POST', body });
    assert.is(response.status, 400, JSON.stringify(body));
    const text = await response.text();
    assert.match(text, 'request/invalid');
    assert.not.match(text, 'secret-word');
  }
  const huge = await visitor.ask('/api/login', { method: 'POST', body: { email: 'x'.repeat(100_000), password: '' } });
  assert.is(huge.status, 413);
});

login('a broken cookie is no session and no crash', async ({ gateway }) => {
  for (const cookie of [
    'switchboard=',
    'switchboard=s%3Aabc.def',
    'switchboard=%E0%A4%A',
    '=;;;=',
    'switchboard=s:%00.x',
  ]) {
    assert.is((await fetch(`${gateway.url}/api/me`, { headers: { cookie } })).status, 401, cookie);
  }
});

login('an answer that breaks the contract is our bug and says nothing', async ({ gateway }) => {
  const visitor = new Visitor(gateway.url);
  await visitor.signIn(ada.email);
  const response = await visitor.ask(`/api/conversations/${createId('conv')}/read`, { method: 'POST' });
  assert.is(response.status, 500);
  assert.is(await codeOf(response), 'server/internal');
});

login('while Redis is away nobody hangs', async ({ control }) => {
  const own = await freshRedis();
  const gateway = await startGateway(control, own);
  try {
    const visitor = new Visitor(gateway.url);
    await visitor.signIn(ada.email);
    process.kill(own.pid, 'SIGSTOP');
    const response = await visitor.ask('/api/me');
    assert.is(response.status, 503);
    assert.is((await fetch(`${gateway.url}/healthz`)).status, 200);
    process.kill(own.pid, 'SIGCONT');
    assert.is((await visitor.ask('/api/me')).status, 200);
  } finally {
    process.kill(own.pid, 'SIGCONT');
    await gateway.close();
    await own.close();
  }
});

login.run();
