import { createSignal } from 'solid-js';
import type { Ask, Notice, NoticeName, Reply, RequestName } from '../../control/contract/desk.ts';
import { Fault } from '../../control/contract/fault.ts';
import { createId } from '../../control/contract/ids.ts';
import type { DeskId, NodeId } from '../../control/contract/ids.ts';
import type { CallView, ConversationView } from '../../control/contract/views.ts';
import type { Rest } from '../src/api/rest.ts';
import type { Line, LineStatus } from '../src/line/line.ts';
import { conversations, number, pastCalls, threads, user } from './data.ts';

type Switches = {
  signedIn: boolean;
  empty: boolean;
  refuseLogin: 'account/wrong-credentials' | 'account/too-many-attempts' | undefined;
  lostRace: boolean;
  needPermission: boolean;
};

/** Plays the server inside the page: enough of control's manners to see every state. */
export function createFakeControl(switches: Switches) {
  const [status, setStatus] = createSignal<LineStatus>('open');
  const hearers = new Map<NoticeName, Set<(notice: never) => void>>();
  const calls = new Map<string, CallView>(pastCalls.map((call) => [call.id, call]));
  const nodeId: NodeId = createId('node');
  let deskId: DeskId = createId('desk');

  const tell = <N extends NoticeName>(name: N, notice: Notice<N>): void => {
    for (const hear of hearers.get(name) ?? []) (hear as (notice: Notice<N>) => void)(structuredClone(notice));
  };
  const change = (call: CallView, to: Partial<CallView>): CallView => {
    const next = { ...call, ...to, revision: call.revision + 1 };
    calls.set(next.id, next);
    tell('call:changed', { call: next });
    return next;
  };
  const callOf = (id: string): CallView => {
    const call = calls.get(id);
    if (!call) throw new Fault('call/not-found', 'This call is not known.');
    return call;
  };
  const me = (): NonNullable<CallView['handler']> => ({
    kind: 'operator',
    userId: user.id,
    name: user.name,
    deskId,
    presence: 'here',
    muted: false,
  });
  const end = (call: CallView, disposition: NonNullable<CallView['disposition']>, endReason: string): CallView =>
    change(call, {
      phase: 'ended',
      offer: null,
      endedAt: now(),
      disposition,
      endReason,
      durationSeconds: call.answeredAt === null ? null : Math.round((Date.now() - Date.parse(call.answeredAt)) / 1000),
    });

  const answers: { [N in RequestName]: (ask: Ask<N>) => Reply<N> } = {
    'desk:snapshot': () => ({
      user,
      calls: [...calls.values()].filter((call) => call.phase !== 'ended'),
      returnTo: null,
      nodeId,
      iceServers: [],
    }),
    'call:accept': ({ callId }) => {
      const call = callOf(callId);
      if (switches.lostRace) {
        change(call, {
          phase: 'claimed',
          offer: null,
          handler: { ...me(), name: 'Mehmet Yılmaz', deskId: createId('desk') },
        });
        throw new Fault('call/already-claimed', 'Already accepted by Mehmet Yılmaz.', {
          details: { name: 'Mehmet Yılmaz' },
        });
      }
      const claimed = change(call, { phase: 'claimed', offer: null, handler: me() });
      setTimeout(() => change(callOf(claimed.id), { phase: 'live', answeredAt: now() }), 300);
      return { call: claimed };
    },
    'call:decline': ({ callId }) => ({ call: end(callOf(callId), 'rejected', 'Declined by Anna Bergström.') }),
    'call:hangup': ({ callId }) => {
      const call = callOf(callId);
      return { call: end(call, call.answeredAt === null ? 'cancelled' : 'completed', 'We hung up.') };
    },
    'call:mute': ({ callId, muted }) => ({ call: change(callOf(callId), { handler: { ...me(), muted } }) }),
    'call:dial': ({ conversationId }) => {
      if (switches.needPermission) throw new Fault('permission/needed', 'Send a permission request first.');
      const conversation = conversations.find(({ id }) => id === conversationId);
      if (!conversation) throw new Fault('conversation/not-found', 'This conversation is not known.');
      const call: CallView = {
        id: createId('call'),
        revision: 1,
        direction: 'outbound',
        phase: 'dialing',
        number: conversation.number,
        contact: conversation.contact,
        conversationId,
        nodeId,
        handler: me(),
        offer: null,
        remoteRinging: false,
        startedAt: now(),
        answeredAt: null,
        endedAt: null,
        durationSeconds: null,
        disposition: null,
        endReason: null,
      };
      calls.set(call.id, call);
      setTimeout(() => callOf(call.id).phase === 'dialing' && change(callOf(call.id), { remoteRinging: true }), 900);
      return { call };
    },
    'call:rejoin': ({ callId }) => ({ call: change(callOf(callId), { handler: me() }) }),
    'call:report': () => ({}),
    'media:open': () => never(),
    'media:connect': () => never(),
    'media:restart-ice': () => never(),
    'media:produce': () => never(),
    'media:stop-producing': () => never(),
    'media:listen': () => never(),
    'media:stop-listening': () => ({}),
  };

  const line: Line = {
    status,
    ask: async (name, ask) => {
      await pause(120);
      return structuredClone(answers[name](ask));
    },
    askWhenOpen: (name, ask) => line.ask(name, ask),
    on: (name, hear) => {
      const set = hearers.get(name) ?? new Set();
      hearers.set(name, set.add(hear));
      return () => set.delete(hear);
    },
    onOpen: (run) => {
      queueMicrotask(run);
      return () => undefined;
    },
    close: () => undefined,
  };

  type Asked = { params?: Record<string, unknown>; query?: Record<string, unknown>; body?: Record<string, unknown> };
  const restAnswers: Record<string, (ask: Asked) => unknown> = {
    me: () => ({ user }),
    'conversations:list': ({ query }) => {
      const search = ((query?.['search'] as string | undefined) ?? '').toLowerCase();
      const items = conversations.filter(
        ({ contact }) => contact.name.toLowerCase().includes(search) || (contact.phone ?? '').includes(search),
      );
      return { items: switches.empty ? [] : items, next: null };
    },
    'conversations:get': ({ params }) => ({ conversation: conversationOf(params?.['conversationId']) }),
    'conversations:thread': ({ params }) => ({
      items: threads.get(conversationOf(params?.['conversationId']).id) ?? [],
      next: null,
    }),
    'conversations:read': ({ params }) => ({
      conversation: { ...conversationOf(params?.['conversationId']), unread: 0 },
    }),
    'conversations:send': ({ params, body }) =>
      say(params?.['conversationId'], {
        kind: 'text',
        from: 'business',
        text: String(body?.['text']),
        authorName: user.name,
        status: 'sent',
        failure: null,
      }),
    'conversations:note': ({ params, body }) =>
      say(params?.['conversationId'], { kind: 'note', text: String(body?.['text']), authorName: user.name }),
    'conversations:request-permission': ({ params }) => {
      const conversation = conversationOf(params?.['conversationId']);
      return {
        conversation: {
          ...conversation,
          permission: { ...conversation.permission, status: 'requested', canRequest: false },
        },
      };
    },
    'numbers:list': () => ({ items: [number, { ...number, id: createId('num'), label: 'Sales Hamburg' }] }),
    'conversations:start': () => ({ conversation: conversations[0] }),
    'calls:list': ({ query }) => ({
      items: switches.empty
        ? []
        : [...calls.values()]
            .filter(
              (call) =>
                (query?.['disposition'] === undefined || call.disposition === query['disposition']) &&
                (query?.['direction'] === undefined || call.direction === query['direction']),
            )
            .toSorted((a, b) => b.startedAt.localeCompare(a.startedAt)),
      next: null,
    }),
    'calls:get': ({ params }) => {
      const call = callOf(String(params?.['callId']));
      const steps = [
        ['offered', 'The call came in on Support Berlin and began to ring.', false],
        ['accepted', `${call.handler?.name ?? 'Nobody'} accepted the call.`, false],
        ['media-up', 'Sound is flowing in both directions.', false],
        ['offered', 'WhatsApp announced the call a second time.', true],
        ['terminated', call.endReason ?? 'The call goes on.', false],
      ] as const;
      const history = steps.map(([event, text, ignored], i) => ({
        at: new Date(Date.parse(call.startedAt) + i * 2400).toISOString(),
        event,
        text,
        phaseBefore: null,
        phaseAfter: call.phase,
        ignored,
      }));
      return { call, history };
    },
  };

  const rest: Rest = {
    call: async (name, ask) => {
      await pause(60);
      if (!switches.signedIn) throw new Fault('account/not-signed-in', 'Sign in first.');
      const answer = restAnswers[name];
      if (!answer) throw new Fault('request/not-found', 'The fixture does not know this.');
      return structuredClone(answer(ask as Asked)) as never;
    },
    signIn: async () => {
      await pause(400);
      if (switches.refuseLogin) throw new Fault(switches.refuseLogin, 'refused');
      switches.signedIn = true;
      return user;
    },
    signOut: async () => {
      switches.signedIn = false;
      await pause(50);
    },
  };

  return {
    rest,
    nodeId,
    setStatus,
    tell,
    change,
    end,
    me,
    add: (call: CallView): void => {
      calls.set(call.id, call);
      tell('call:changed', { call });
    },
    openLine: (id: DeskId): Promise<Line> => {
      deskId = id;
      return Promise.resolve(line);
    },
  };
}

const now = (): string => new Date().toISOString();

const conversationOf = (id: unknown): ConversationView => {
  const found = conversations.find((conversation) => conversation.id === id);
  if (!found) throw new Fault('conversation/not-found', 'This conversation is not known.');
  return found;
};

const say = (id: unknown, body: NonNullable<ReturnType<typeof threads.get>>[number]['body']) => {
  const conversation = conversationOf(id);
  const message = { id: createId('msg'), conversationId: conversation.id, at: now(), body };
  threads.get(conversation.id)?.unshift(message);
  return { message };
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function never(): never {
  throw new Fault('media/unavailable', 'The fixture has no media node.');
}
