import { createId, type UserId, type WorkspaceId } from '../../control/contract/ids.ts';
import { Fault } from '../../control/contract/fault.ts';
import type { Control, DeskCaller } from '../../control/control.ts';
import type { MediaPort, WebhookItem } from '../../control/ports.ts';
import type { UserView } from '../../control/contract/views.ts';
import { createLog } from '../../ops/runtime/log.ts';

export const silentLog = createLog('test', process.env['TEST_LOG'] ?? 'silent');

export const password = 'correct horse battery';
export function aUser(name: string, workspaceId: WorkspaceId = createId('ws')): UserView {
  const id: UserId = createId('user');
  const email = `${name}@example.org`;
  return { id, workspaceId, workspaceName: 'Test', name, email, role: 'operator' };
}

export type FakeControl = Control & {
  readonly received: WebhookItem[][];
  /** `connected:<desk>` and `disconnected:<desk>`, in order. */
  readonly desks: string[];
  readonly users: Map<string, UserView>;
  /** What each desk or REST request was asked with. */
  readonly asked: { name: string; caller: unknown; ask: unknown }[];
  secrets: { appSecret: string | undefined; verifyToken: string | undefined };
  /** Thrown by the next `receive`. */
  failReceive: Error | undefined;
  isReady: boolean;
};

type Handlers = Record<string, (caller: DeskCaller, ask: unknown) => Promise<unknown>>;

/** Control as a script: answers requests by `handlers`, remembers everything. */
export function fakeControl(users: UserView[], handlers: Handlers = {}): FakeControl {
  const byId = new Map(users.map((user) => [user.id as string, user]));
  const asked: FakeControl['asked'] = [];
  const answering = new Proxy(
    {},
    {
      get: (_target, name: string) => async (caller: DeskCaller, ask: unknown) => {
        asked.push({ name, caller, ask });
        const handler = handlers[name];
        if (!handler) throw new Error(`nobody scripted ${name}`);
        return handler(caller, ask);
      },
    },
  );
  const control: FakeControl = {
    received: [],
    desks: [],
    users: byId,
    asked,
    secrets: { appSecret: 'app-secret', verifyToken: 'verify-token' },
    failReceive: undefined,
    isReady: true,
    async receive(items) {
      const error = control.failReceive;
      control.failReceive = undefined;
      if (error) throw error;
      control.received.push([...items]);
    },
    desk: answering as Control['desk'],
    rest: answering as Control['rest'],
    account: {
      async signIn(email, given) {
        const user = [...byId.values()].find((candidate) => candidate.email === email);
        if (!user || given !== password) throw new Fault('account/wrong-credentials', 'Wrong e-mail or password.');
        return user;
      },
      userOf: async (userId) => control.users.get(userId),
    },
    deskConnected: async ({ deskId }) => void control.desks.push(`connected:${deskId}`),
    deskDisconnected: async ({ deskId }) => void control.desks.push(`disconnected:${deskId}`),
    webhookSecrets: async () => control.secrets,
    ready: async () => control.isReady,
    close: async () => undefined,
  };
  return control;
}

export const noMedia: MediaPort = {
  command: async () => {
    throw new Fault('media/unavailable', 'none', { retryable: true });
  },
  nodes: async () => [],
  subscribe: () => async () => undefined,
};

/** Waits until `check` holds; for effects that come from another process or over the network. */
export async function until(what: string, check: () => boolean | Promise<boolean>, withinMs = 5000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
