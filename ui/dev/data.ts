import { createId } from '../../control/contract/ids.ts';
import type { ConversationId } from '../../control/contract/ids.ts';
import type { CallView, ConversationView, MessageView, NumberView, UserView } from '../../control/contract/views.ts';

/** Invented people and talk, for looking at the console without a server. Never shipped. */
export const minutes = (n: number): string => new Date(Date.now() - n * 60_000).toISOString();

export const user: UserView = {
  id: createId('user'),
  workspaceId: createId('ws'),
  workspaceName: 'Nordlicht Outdoor',
  name: 'Anna Bergström',
  email: 'anna@nordlicht.example',
  role: 'operator',
};

export const number: NumberView = {
  id: createId('num'),
  displayNumber: '+49 30 5550 1234',
  label: 'Support Berlin',
  callingEnabled: true,
  callingEnabledSince: minutes(60_000),
};

type Seed = {
  name: string;
  phone: string;
  ago: number;
  preview: string;
  unread?: number;
  permission?: ConversationView['permission']['status'];
  window?: number | null;
};

const seeds: readonly Seed[] = [
  {
    name: 'Mariam Al-Sayed',
    phone: '971501234567',
    ago: 3,
    preview: 'Can you call me about the tent poles?',
    unread: 2,
    permission: 'temporary',
    window: 1400,
  },
  {
    name: 'Jonas Weber',
    phone: '4915123456789',
    ago: 18,
    preview: 'Missed call',
    unread: 1,
    permission: 'permanent',
    window: 1380,
  },
  {
    name: 'Lucía Fernández',
    phone: '34612345678',
    ago: 44,
    preview: 'You: The replacement left our warehouse today.',
    permission: 'requested',
    window: 70,
  },
  {
    name: 'Tomáš Novák',
    phone: '420601234567',
    ago: 130,
    preview: 'Outgoing call · 4:12',
    permission: 'temporary',
    window: 900,
  },
  {
    name: '',
    phone: '16315553601',
    ago: 300,
    preview: 'Hello, is somebody there?',
    unread: 1,
    permission: 'none',
    window: 1000,
  },
  {
    name: 'Aoife Ní Bhriain',
    phone: '353851234567',
    ago: 1500,
    preview: 'Thank you so much, that solved it!',
    permission: 'none',
    window: null,
  },
  {
    name: 'Oluwaseun Adebayo',
    phone: '2348031234567',
    ago: 1700,
    preview: 'Call declined by the customer',
    permission: 'declined',
    window: null,
  },
  {
    name: 'Kim Ji-woo',
    phone: '821012345678',
    ago: 4000,
    preview: 'You: Here is the size chart as promised',
    permission: 'permanent',
    window: null,
  },
  {
    name: 'Élodie Marchand',
    phone: '33612345678',
    ago: 6000,
    preview: 'Parfait, merci beaucoup',
    permission: 'temporary',
    window: null,
  },
  {
    name: 'Рустам Исмаилов',
    phone: '77011234567',
    ago: 9000,
    preview: 'Спасибо, посылка пришла',
    permission: 'none',
    window: null,
  },
  {
    name: 'Priya Raghunathan',
    phone: '919812345678',
    ago: 15_000,
    preview: 'Incoming call · 12:40',
    permission: 'none',
    window: null,
  },
];

const callabilityOf = (status: ConversationView['permission']['status']): ConversationView['callability'] => {
  if (status === 'temporary' || status === 'permanent')
    return { allowed: true, because: 'ok', text: 'You may call this customer.' };
  return {
    allowed: false,
    because: 'no-permission',
    text: 'The customer has not allowed calls yet. Send a request and wait for the answer.',
  };
};

const conversationOf = (seed: Seed): ConversationView => {
  const status = seed.permission ?? 'none';
  return {
    id: createId('conv'),
    contact: { id: createId('ct'), name: seed.name, phone: seed.phone },
    number,
    permission: {
      status,
      expiresAt: status === 'temporary' ? minutes(-6 * 1440 - 300) : null,
      canRequest: status !== 'requested' && status !== 'declined',
      requestBlockedBecause:
        status === 'requested'
          ? 'WhatsApp allows one request in 24 hours. The next one is possible tomorrow at 09:12.'
          : null,
    },
    callability: callabilityOf(status),
    lastActivityAt: minutes(seed.ago),
    preview: seed.preview,
    unread: seed.unread ?? 0,
    windowOpenUntil: seed.window === null || seed.window === undefined ? null : minutes(-seed.window),
  };
};

export const conversations: ConversationView[] = seeds.map(conversationOf);

export function aCall(conversation: ConversationView, change: Partial<CallView> = {}): CallView {
  return {
    id: createId('call'),
    revision: 1,
    direction: 'inbound',
    phase: 'ringing',
    number: { id: number.id, displayNumber: number.displayNumber, label: number.label },
    contact: conversation.contact,
    conversationId: conversation.id,
    nodeId: null,
    handler: null,
    offer: null,
    remoteRinging: false,
    startedAt: minutes(0),
    answeredAt: null,
    endedAt: null,
    durationSeconds: null,
    disposition: null,
    endReason: null,
    ...change,
  };
}

const handler = (name: string): NonNullable<CallView['handler']> => ({
  kind: 'operator',
  userId: createId('user'),
  name,
  deskId: createId('desk'),
  presence: 'here',
  muted: false,
});

type Past = [
  at: number,
  who: number,
  disposition: NonNullable<CallView['disposition']>,
  direction: CallView['direction'],
  seconds: number | null,
  by: string | null,
  reason?: string,
];

const past: readonly Past[] = [
  [18, 1, 'missed', 'inbound', null, null, 'Nobody answered in time.'],
  [130, 3, 'completed', 'outbound', 252, 'Anna Bergström', 'The customer hung up.'],
  [140, 0, 'completed', 'inbound', 731, 'Mehmet Yılmaz', 'We hung up.'],
  [310, 4, 'abandoned', 'inbound', null, null, 'The caller hung up before anybody answered.'],
  [1600, 6, 'declined', 'outbound', null, 'Anna Bergström', 'The customer declined the call.'],
  [1710, 2, 'unanswered', 'outbound', null, 'Mehmet Yılmaz', 'The customer did not pick up.'],
  [3100, 7, 'completed', 'inbound', 3784, 'Sofia Rossi', 'The customer hung up.'],
  [4400, 8, 'failed', 'inbound', 14, 'Sofia Rossi', 'The audio path to WhatsApp was lost.'],
  [5900, 9, 'rejected', 'inbound', null, 'Anna Bergström', 'An operator declined the call.'],
  [15_000, 10, 'completed', 'inbound', 760, 'Mehmet Yılmaz', 'The customer hung up.'],
];

export const pastCalls: CallView[] = past.map(([at, who, disposition, direction, seconds, by, reason]) => {
  const conversation = conversations[who];
  if (!conversation) throw new Error('no such conversation');
  return aCall(conversation, {
    id: createId('call', Date.now() - at * 60_000),
    revision: 9,
    phase: 'ended',
    direction,
    disposition,
    startedAt: minutes(at),
    answeredAt: seconds === null ? null : minutes(at - 0.15),
    endedAt: minutes(at - (seconds ?? 20) / 60),
    durationSeconds: seconds,
    handler: by === null ? null : handler(by),
    endReason: reason ?? null,
  });
});

const message = (conversationId: ConversationId, ago: number, body: MessageView['body']): MessageView => ({
  id: createId('msg', Date.now() - ago * 60_000),
  conversationId,
  at: minutes(ago),
  body,
});

const says = (
  from: 'customer' | 'business',
  text: string,
  status: 'received' | 'read' | 'delivered' | 'failed' = 'received',
): MessageView['body'] => ({
  kind: 'text',
  from,
  text,
  authorName: from === 'business' ? 'Anna Bergström' : null,
  status,
  failure: status === 'failed' ? 'WhatsApp could not deliver it: the customer’s app is out of date.' : null,
});

/** Newest first, as the server pages them. */
export const threads = new Map<ConversationId, MessageView[]>(
  conversations.map((conversation, i) => {
    const id = conversation.id;
    const calls = pastCalls.filter((call) => call.conversationId === id);
    const list =
      i === 0
        ? [
            message(id, 3, says('customer', 'Can you call me about the tent poles?')),
            message(
              id,
              4,
              says('customer', 'The parcel came, but two of the poles are bent. I leave for the mountains on Friday.'),
            ),
            message(id, 8, {
              kind: 'note',
              text: 'VIP: third order this year. Replacement poles are on shelf C4, Sofia can send them by express.',
              authorName: 'Mehmet Yılmaz',
            }),
            message(id, 20, {
              kind: 'permission',
              what: 'granted',
              authorName: null,
              expiresAt: minutes(-6 * 1440 - 300),
            }),
            message(id, 26, { kind: 'permission', what: 'requested', authorName: 'Anna Bergström', expiresAt: null }),
            message(id, 60, says('business', 'It is on its way and should be with you tomorrow before noon.', 'read')),
            message(id, 61, says('business', 'Good morning Mariam! I checked with the carrier.', 'read')),
            message(id, 135, says('customer', 'صباح الخير، أين طلبي رقم 4411؟')),
            message(id, 1400, says('business', 'You are welcome. We ship it today.', 'delivered')),
            message(id, 1402, says('customer', 'Thanks for the quick call just now 🙏')),
          ]
        : i === 4
          ? [message(id, 300, says('customer', 'Hello, is somebody there?'))]
          : [
              message(
                id,
                conversation.lastActivityAt ? 20 + i : 0,
                says('business', 'The replacement left our warehouse today.', i === 2 ? 'failed' : 'read'),
              ),
              message(id, 90 + i, says('customer', 'Is there any news about my order?')),
            ];
    const events = calls.map((call) =>
      message(id, (Date.now() - Date.parse(call.startedAt)) / 60_000, { kind: 'call', call }),
    );
    return [id, [...list, ...events].toSorted((a, b) => b.at.localeCompare(a.at))];
  }),
);
