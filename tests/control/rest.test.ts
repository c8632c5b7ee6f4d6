import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { leastRole } from '../../control/account/policy.ts';
import { httpStatusOf } from '../../control/contract/fault.ts';
import { routes, type RouteName } from '../../control/contract/rest.ts';
import { Role } from '../../control/contract/views.ts';
import type { Caller, Control } from '../../control/control.ts';
import { createPermissions } from '../../control/permission/permissions.ts';
import { createRest } from '../../control/rest.ts';
import { refusal } from './support/refusal.ts';
import {
  aCaller,
  aCustomer,
  aNumber,
  anEndedCall,
  aWorkspace,
  openWindow,
  openWorld,
  somePhone,
  type World,
} from './support/world.ts';

const api = suite('the rest of the console');
let world: World;
let rest: Control['rest'];
let callers: Record<Role, Caller>;
let stranger: Caller;
let asks: Record<RouteName, { params: object; query: object; body: object }>;

api.before(async () => {
  world = await openWorld();
  const numbers = { lineOf: world.lineOf, forget: () => undefined };
  rest = createRest({ ...world, numbers, permissions: createPermissions(world) });
  const workspaceId = await aWorkspace(world);
  callers = {
    operator: await aCaller(world, workspaceId, 'operator'),
    manager: await aCaller(world, workspaceId, 'manager'),
    admin: await aCaller(world, workspaceId, 'admin'),
  };
  stranger = await aCaller(world, await aWorkspace(world), 'admin');
  const number = await aNumber(world, workspaceId);
  const customer = await aCustomer(world, { workspaceId, numberId: number.id });
  await openWindow(world, customer);
  const callId = await anEndedCall(world, customer);

  const { conversationId } = customer;
  const [params, query, body] = [{}, { limit: 50 }, {}];
  const ofConversation = { params: { conversationId }, query: {}, body };
  asks = {
    me: { params, query: {}, body },
    'numbers:list': { params, query: {}, body },
    'numbers:set-calling': { params: { numberId: number.id }, query: {}, body: { enabled: true } },
    'conversations:list': { params, query, body },
    'conversations:start': { params, query: {}, body: { phone: somePhone() } },
    'conversations:get': ofConversation,
    'conversations:thread': { ...ofConversation, query },
    'conversations:read': ofConversation,
    'conversations:send': { ...ofConversation, body: { text: 'Hello' } },
    'conversations:note': { ...ofConversation, body: { text: 'A note' } },
    'conversations:request-permission': ofConversation,
    'calls:list': { params, query, body },
    'calls:get': { params: { callId }, query: {}, body },
  };
});
api.after(() => world.close());

// Looking at a conversation may ask Meta for its permission, a little later.
const asked = (): number => world.carrier.asked.filter(({ what }) => what !== 'permission').length;
type AnyRoute = (caller: Caller, ask: object) => Promise<unknown>;
const ask = (name: RouteName, caller: Caller): Promise<unknown> => (rest[name] as AnyRoute)(caller, asks[name]);
const names = Object.keys(routes) as RouteName[];
const mayAsk = (role: Role, name: RouteName): boolean =>
  Role.options.indexOf(role) >= Role.options.indexOf(leastRole[name]);

for (const name of names) {
  api(`${name} answers as its contract says`, async () => {
    const parsed = routes[name].reply.safeParse(await ask(name, callers.admin));
    assert.ok(parsed.success, parsed.error?.message);
  });

  for (const role of Role.options.filter((one) => !mayAsk(one, name))) {
    api(`${name} refuses an ${role} before anything is asked of anybody`, async () => {
      const before = asked();
      await refusal(ask(name, callers[role]), 'account/forbidden');
      assert.is(asked(), before);
    });
  }

  if (/:\w+Id/.test(routes[name].path)) {
    api(`${name}: what belongs to another workspace is not found, and not touched`, async () => {
      const before = asked();
      world.notifier.told.length = 0;
      const fault = await refusal(ask(name, stranger));
      assert.is(httpStatusOf(fault.code), 404, fault.code);
      assert.is(asked(), before);
      assert.equal(world.notifier.told, []);
    });
  }
}

api.run();
