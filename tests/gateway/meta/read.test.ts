import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CarrierEvent } from '../../../control/ports.ts';
import { splitWebhook } from '../../../gateway/meta/items.ts';
import { read } from '../../../gateway/meta/read.ts';

const reading = suite("reading Meta's webhooks");
const receivedAt = 1_767_000_000_000;
const metadata = { display_phone_number: '16315553601', phone_number_id: '106' };
const contacts = [
  {
    profile: { name: 'Ada', username: 'ada.l' },
    wa_id: '16315553602',
    user_id: 'US.1349',
    parent_user_id: 'US.PARENT',
  },
];
const sdp = 'v=0\r\no=- 1760681506762 2 IN IP4 127.0.0.1\r\na=ice-pwd:F6/jjqL0/8/Dzluc0IoZEQ==\r\n';

/** The whole way: a body as Meta sends it, split, stored as JSON, read item by item. */
function readWebhook(value: object, field = 'calls'): CarrierEvent[] {
  const body = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: 'WABA', changes: [{ value, field }] }],
  });
  return splitWebhook(body, receivedAt).flatMap(({ payload }) => read(JSON.parse(JSON.stringify(payload))));
}
const calls = (call: object, rest: object = {}): CarrierEvent[] =>
  readWebhook({ messaging_product: 'whatsapp', metadata, contacts, calls: [call], ...rest });
const messages = (message: object, rest: object = {}): CarrierEvent[] =>
  readWebhook({ messaging_product: 'whatsapp', metadata, contacts, messages: [message], ...rest }, 'messages');

const offer = {
  id: 'wacid.ABGG',
  to: '16315553601',
  from: '16315553602',
  from_user_id: 'US.1349',
  event: 'connect',
  timestamp: '1671644824',
  direction: 'USER_INITIATED',
  deeplink_payload: 'x',
  session: { sdp_type: 'offer', sdp },
};
const ada = { phone: '16315553602', userId: 'US.1349', name: 'Ada' };
const about = { carrierCallId: 'wacid.ABGG', phoneNumberId: '106', opaque: null, at: 1_671_644_824_000 };

reading('a customer calls', () => {
  assert.equal(calls(offer), [{ kind: 'call-offered', ...about, sdp, customer: ada }]);
});

reading('a real capture without any user id means the same', () => {
  const { from_user_id: _, deeplink_payload: __, ...captured } = offer;
  const contact = { profile: { name: 'Ada' }, wa_id: '16315553602' };
  const legacy = { connection: { webrtc: { sdp: '"{}"' } } };
  assert.equal(calls({ ...captured, ...legacy }, { contacts: [contact] }), [
    { kind: 'call-offered', ...about, sdp, customer: { ...ada, userId: null } },
  ]);
});

reading('a customer who adopted a user name has no phone number', () => {
  const { from: _, ...call } = offer;
  const [event] = calls(call, { contacts: [{ profile: { username: 'ada.l' }, user_id: 'US.1349' }] });
  assert.equal(event?.kind === 'call-offered' && event.customer, { phone: null, userId: 'US.1349', name: 'ada.l' });
  const [unnamed] = calls(call, { contacts: undefined });
  assert.equal(unnamed?.kind === 'call-offered' && unnamed.customer, { phone: null, userId: 'US.1349', name: null });
});

reading('times and numbers come as text or as numbers', () => {
  for (const timestamp of ['1671644824', 1671644824, 1671644824000]) {
    assert.is(calls({ ...offer, timestamp, from: 16315553602 })[0]?.at, 1_671_644_824_000, String(timestamp));
  }
  for (const timestamp of [undefined, null, 'yesterday', {}, '']) {
    assert.is(calls({ ...offer, timestamp })[0]?.at, receivedAt, 'else the time of arrival');
  }
});

reading('the path of our own call is ready', () => {
  const connect = {
    id: 'wacid.ABGG',
    from: '16315553601',
    to: '16315553602',
    event: 'connect',
    timestamp: '1671644824',
    direction: 'BUSINESS_INITIATED',
    biz_opaque_callback_data: 'call_1',
    session: { sdp_type: 'answer', sdp },
  };
  assert.equal(calls(connect), [{ kind: 'call-answered', ...about, opaque: 'call_1', sdp }]);
});

reading('a connect without a description is of no use', () => {
  for (const session of [undefined, null, {}, { sdp: '' }, { sdp: 7 }]) assert.equal(calls({ ...offer, session }), []);
});

reading('what a description is can be told by the direction too', () => {
  assert.is(calls({ ...offer, session: { sdp } })[0]?.kind, 'call-offered');
  assert.is(calls({ ...offer, direction: 'BUSINESS_INITIATED', session: { sdp } })[0]?.kind, 'call-answered');
});

reading("the customer's phone rings, is picked up, or declined", () => {
  for (const [status, meaning] of [
    ['RINGING', 'ringing'],
    ['ACCEPTED', 'accepted'],
    ['Rejected', 'rejected'],
  ]) {
    const item = { id: 'wacid.ABGG', timestamp: '1671644824', type: 'call', status, recipient_id: '16315553602' };
    assert.equal(readWebhook({ metadata, statuses: [{ ...item, biz_opaque_callback_data: 'call_1' }] }), [
      { kind: 'call-status', status: meaning, ...about, opaque: 'call_1' },
    ]);
  }
  assert.equal(readWebhook({ metadata, statuses: [{ id: 'wacid.1', type: 'call', status: 'HUMMING' }] }), []);
});

const terminate = {
  id: 'wacid.ABGG',
  to: '16315553601',
  from: '16315553602',
  event: 'terminate',
  direction: 'USER_INITIATED',
  timestamp: '1671644824',
  status: 'COMPLETED',
};
const ended = {
  kind: 'call-terminated',
  ...about,
  direction: 'inbound',
  failed: false,
  startedAt: null,
  endedAt: null,
  durationSeconds: null,
  error: null,
  customer: ada,
} as const;

reading('a call that was picked up has a duration', () => {
  const times = { start_time: '1671644824', end_time: '1671644944', duration: 120 };
  const picked = { ...ended, startedAt: 1_671_644_824_000, endedAt: 1_671_644_944_000, durationSeconds: 120 };
  assert.equal(calls({ ...terminate, ...times }), [picked]);
  assert.equal(calls({ ...terminate, ...times, duration: '120' }), [picked]);
});

reading('a call that nobody picked up is completed too, without a duration', () => {
  assert.equal(calls(terminate), [ended]);
  assert.equal(calls({ ...terminate, start_time: null, end_time: null, duration: null }), [ended]);
});

reading('case does not matter in what Meta calls a status or an event', () => {
  const odd = { ...terminate, event: 'Terminate', direction: 'user_initiated', status: 'Failed' };
  assert.equal(calls(odd), [{ ...ended, failed: true }]);
});

reading('a failure says why, in the call, beside it, or in both places', () => {
  const words = 'WhatsApp client terminated the call due to not receiving any media for a long time';
  const full = {
    code: 138021,
    title: `${words}. Please try again`,
    message: `${words}.`,
    error_data: { details: words },
  };
  const failed = { ...ended, failed: true, error: { code: 138021, text: words } };
  const call = { ...terminate, status: 'FAILED' };
  assert.equal(calls({ ...call, errors: [full] }, { errors: [full] }), [failed]);
  assert.equal(calls({ ...call, errors: [full] }), [failed]);
  assert.equal(calls(call, { errors: [full] }), [failed]);
  assert.equal(calls({ ...call, status: undefined, errors: [{ code: '138021' }] }), [
    { ...failed, error: { code: 138021, text: 'error 138021' } },
  ]);
  assert.equal(calls({ ...call, errors: ['?', null, {}] }), [{ ...failed, error: null }]);
});

reading('the customer of our own call is the one who was called', () => {
  const ours = { ...terminate, direction: 'BUSINESS_INITIATED', from: '16315553601', to: '16315553602' };
  assert.equal(calls(ours), [{ ...ended, direction: 'outbound', customer: ada }]);
});

reading('two items in one change are two events', () => {
  const both = readWebhook({ metadata, contacts, calls: [offer, terminate] });
  assert.equal(
    both.map(({ kind }) => kind),
    ['call-offered', 'call-terminated'],
  );
});

reading('recordings, SIP calls, and whatever comes next are nothing to us yet', () => {
  for (const event of ['call_created', 'call_recording_available', 'call_transcription_available', '', 7, undefined]) {
    assert.equal(calls({ ...offer, event }), [], String(event));
  }
  assert.equal(readWebhook({ metadata, errors: [{ code: 131044 }] }), []);
  assert.equal(readWebhook({ event: 'PHONE_NUMBER_SETTINGS' }, 'account_settings_update'), []);
});

reading('what does not say which of our numbers it is for is nothing to us', () => {
  for (const broken of [undefined, {}, { phone_number_id: '' }, 'x'])
    assert.equal(calls(offer, { metadata: broken }), []);
  assert.is(calls(offer, { metadata: { phone_number_id: 106 } })[0]?.phoneNumberId, '106');
});

const reply = {
  from: '16315553602',
  from_user_id: 'US.1349',
  id: 'wamid.9',
  timestamp: '1767168000',
  type: 'interactive',
  context: { from: '16315553601', id: 'wamid.request' },
};
const answer = (call_permission_reply: object, rest: object = {}): CarrierEvent[] =>
  messages({ ...reply, interactive: { type: 'call_permission_reply', call_permission_reply }, ...rest });
const replied = {
  kind: 'permission-reply',
  carrierMessageId: 'wamid.9',
  phoneNumberId: '106',
  at: 1_767_168_000_000,
  customer: ada,
  granted: true,
  permanent: false,
  expiresAt: null,
  automatic: false,
  contextId: 'wamid.request',
} as const;
const expiresAt = 1_768_550_400_000;
const temporary = {
  response: 'accept',
  is_permanent: false,
  expiration_timestamp: '1768550400',
  response_source: 'user_action',
};

for (const [scenario, event, expected] of [
  ['allows calls for a while', answer(temporary), { ...replied, expiresAt }],
  [
    'allows calls for good',
    answer({ response: 'accept', is_permanent: true, response_source: 'user_action' }),
    { ...replied, permanent: true },
  ],
  [
    'allows calls for good in the profile',
    answer({ response: 'accept', is_permanent: true, response_source: 'user_action' }, { context: undefined }),
    { ...replied, permanent: true, contextId: null },
  ],
  ['declines', answer({ response: 'reject', response_source: 'user_action' }), { ...replied, granted: false }],
  [
    'is called back',
    answer({ ...temporary, response_source: 'automatic' }, { context: { id: 'wacid.ABGG' } }),
    { ...replied, expiresAt, automatic: true, contextId: 'wacid.ABGG' },
  ],
  [
    'did not answer four times',
    answer({ response: 'reject', response_source: 'automatic' }, { context: undefined }),
    { ...replied, granted: false, automatic: true, contextId: null },
  ],
  [
    'allows calls until a number',
    answer({ ...temporary, expiration_timestamp: 1768550400 }),
    { ...replied, expiresAt },
  ],
] as const) {
  reading(`permission: the customer ${scenario}`, () => assert.equal(event, [expected]));
}

reading('an answer that is neither yes nor no changes nothing', () => {
  assert.equal(answer({ response: 'maybe' }), []);
});

reading('a message has its text where it has one, and its type where we do not show it', () => {
  const message = { from: '16315553602', id: 'wamid.1', timestamp: '1767168000' };
  const textOf = (content: object): unknown => {
    const [event] = messages({ ...message, ...content });
    return event?.kind === 'message' ? [event.type, event.text] : event;
  };
  assert.equal(textOf({ type: 'text', text: { body: 'hi 👋' } }), ['text', 'hi 👋']);
  assert.equal(textOf({ type: 'image', image: { id: '1', caption: 'my order' } }), ['image', 'my order']);
  assert.equal(textOf({ type: 'image', image: { id: '1' } }), ['image', null]);
  assert.equal(textOf({ type: 'button', button: { text: 'Yes', payload: 'y' } }), ['button', 'Yes']);
  const choice = { type: 'list_reply', list_reply: { id: '1', title: 'Tomorrow' } };
  assert.equal(textOf({ type: 'interactive', interactive: choice }), ['interactive', 'Tomorrow']);
  assert.equal(textOf({ type: 'audio', id: 'wacid.ABGG', audio: { id: '1', voice: true } }), ['audio', null]);
  assert.equal(textOf({ type: 'unsupported', errors: [{ code: 131051 }] }), ['unsupported', null]);
  assert.equal(textOf({}), ['unknown', null]);
  const [event] = messages({ ...message, type: 'text', text: { body: 'hi' } });
  assert.equal(event?.kind === 'message' && event.customer, ada);
});

reading('what became of a message', () => {
  const statusOf = (status: object): CarrierEvent[] => readWebhook({ metadata, statuses: [status] }, 'messages');
  const base = {
    kind: 'message-status',
    carrierMessageId: 'wamid.1',
    phoneNumberId: '106',
    at: 5000,
    error: null,
  } as const;
  for (const status of ['sent', 'delivered', 'read'] as const) {
    assert.equal(statusOf({ id: 'wamid.1', status, timestamp: '5', pricing: {} }), [{ ...base, status }]);
  }
  assert.equal(statusOf({ id: 'wamid.1', status: 'played', timestamp: '5' }), [{ ...base, status: 'read' }]);
  assert.equal(
    statusOf({ id: 'wamid.1', status: 'failed', timestamp: '5', errors: [{ code: 131026, title: 'Old' }] }),
    [{ ...base, status: 'failed', error: { code: 131026, text: 'Old' } }],
  );
  assert.equal(statusOf({ id: 'wamid.1', status: 'deleted', timestamp: '5' }), []);
});

reading('nothing that could be stored makes it throw', () => {
  const values = fc.jsonValue({ maxDepth: 4 });
  fc.assert(fc.property(values, (value) => Array.isArray(read(value))));
  const kinds = fc.constantFrom(
    'call',
    'call-status',
    'message',
    'message-status',
    'other',
    '__proto__',
    'constructor',
  );
  const fields = fc.dictionary(
    fc.constantFrom('id', 'event', 'status', 'timestamp', 'session', 'interactive', 'errors', 'type', 'from', 'text'),
    fc.oneof(values, fc.constantFrom('connect', 'terminate', 'wacid.1', 'RINGING', 'interactive')),
  );
  fc.assert(
    fc.property(kinds, fields, values, (kind, item, contact) =>
      Array.isArray(read({ kind, receivedAt: 1, metadata, contact, errors: contact, item })),
    ),
    { numRuns: 500 },
  );
});

reading.run();
