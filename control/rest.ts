import type { Log } from '../ops/runtime/log.ts';
import { assertMay } from './account/policy.ts';
import type { RouteName } from './contract/rest.ts';
import type { Control } from './control.ts';
import { createConversations } from './inbox/conversations.ts';
import { createWriter } from './inbox/write.ts';
import { createCallLog } from './log/calls.ts';
import { createCalling } from './number/calling.ts';
import type { Numbers } from './number/numbers.ts';
import type { Permissions } from './permission/permissions.ts';
import { createRequests } from './permission/request.ts';
import type { Ports } from './ports.ts';
import type { Database } from './store/database.ts';

export type RestDeps = {
  readonly database: Database;
  readonly ports: Pick<Ports, 'carrier' | 'notifier' | 'clock'>;
  readonly log: Log;
  readonly numbers: Pick<Numbers, 'lineOf' | 'forget'>;
  readonly permissions: Permissions;
};

type Rest = Control['rest'];

/** What the console asks for over HTTP, each after a look at who may ask. */
export function createRest(parts: RestDeps): Rest {
  const deps = { ...parts, lineOf: parts.numbers.lineOf };
  const conversations = createConversations(deps);
  const writer = createWriter(deps);
  const requests = createRequests(deps);
  const calls = createCallLog(deps);
  const calling = createCalling(deps);

  return guarded({
    me: async ({ user }) => ({ user }),

    'numbers:list': async (caller) => ({ items: await calling.list(caller) }),
    'numbers:set-calling': async (caller, { params, body }) => ({
      number: await calling.setCalling(caller, params.numberId, body.enabled),
    }),

    'conversations:list': (caller, { query }) => conversations.list(caller, query),
    'conversations:start': async (caller, { body }) => ({ conversation: await conversations.start(caller, body) }),
    'conversations:get': async (caller, { params }) => ({
      conversation: await conversations.get(caller, params.conversationId),
    }),
    'conversations:thread': (caller, { params, query }) => conversations.thread(caller, params.conversationId, query),
    'conversations:read': async (caller, { params }) => ({
      conversation: await conversations.read(caller, params.conversationId),
    }),
    'conversations:send': async (caller, { params, body }) => ({
      message: await writer.send(caller, params.conversationId, body.text),
    }),
    'conversations:note': async (caller, { params, body }) => ({
      message: await writer.note(caller, params.conversationId, body.text),
    }),
    'conversations:request-permission': async (caller, { params, body }) => ({
      conversation: await requests.request(caller, params.conversationId, body.text ?? null),
    }),

    'calls:list': (caller, { query }) => calls.list(caller, query),
    'calls:get': (caller, { params }) => calls.get(caller, params.callId),
  });
}

type AnyAnswer = (caller: Parameters<Rest['me']>[0], ask: never) => Promise<unknown>;

/** Nothing is answered before the policy has been asked, whoever adds a route. */
function guarded(rest: Rest): Rest {
  const entries = (Object.entries(rest) as [RouteName, AnyAnswer][]).map(([name, answer]) => [
    name,
    async (...[caller, ask]: Parameters<AnyAnswer>) => {
      assertMay(caller, name);
      return answer(caller, ask);
    },
  ]);
  return Object.fromEntries(entries) as Rest;
}
