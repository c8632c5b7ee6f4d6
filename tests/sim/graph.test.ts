import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeOgg } from '../../ops/sim/audio/ogg.ts';
import { day } from '../../ops/sim/meta/clock.ts';
import type { CallingSettings } from '../../ops/sim/meta/settings.ts';
import {
  answerFrom,
  BusinessLeg,
  callAction,
  graph,
  type GraphAnswer,
  type Inbox,
  type Received,
} from './support/business.ts';
import { aSetting, closeSetting, must, type Setting } from './support/setting.ts';

type Context = { setting: Setting; others: Setting[]; offer: string };
const graphApi = suite<Context>('sim graph');

graphApi.before(async (context) => {
  context.others = [];
  context.setting = await aSetting({ permissionReadsPerSecond: 20, limits: { newPerDay: 60 } });
  const leg = new BusinessLeg();
  context.offer = await leg.offer();
  await leg.close();
});
graphApi.after(async ({ setting, others }) => {
  for (const one of [setting, ...others]) await closeSetting(one);
});

let people = 0;
const nextNumber = (): string => `1555030${String((people += 1)).padStart(4, '0')}`;
const settings = (context: Context): CallingSettings => context.setting.sim.directory.numbers[0]!.settings;

const connect = (context: Context, to: string, more: Record<string, unknown> = {}): Promise<GraphAnswer> =>
  callAction(context.setting.sim, {
    action: 'connect',
    to,
    session: { sdp_type: 'offer', sdp: context.offer },
    ...more,
  });

/** The refusal as `<HTTP status> <code>`, with the body's shape checked. */
function refusalOf({ status, body }: GraphAnswer): string {
  const { error } = body;
  assert.is(error.type, 'OAuthException');
  assert.match(error.message, new RegExp(`^\\(#${error.code}\\) `));
  assert.is(error.error_data.messaging_product, 'whatsapp');
  assert.is(typeof error.error_data.details, 'string');
  assert.match(error.fbtrace_id, /^A/);
  return `${status} ${error.code}`;
}

graphApi(
  'a wrong token, a number that is not ours, an old version and an unknown path are refused',
  async (context) => {
    const { sim, number } = context.setting;
    assert.is(refusalOf(await graph(sim, `${number}/settings`, undefined, { token: 'stolen' })), '401 190');
    assert.is(refusalOf(await graph(sim, '999/settings')), '400 100');
    assert.is(refusalOf(await graph(sim, `${number}/settings`, undefined, { version: 'v16.0' })), '400 2500');
    assert.is(refusalOf(await graph(sim, `${number}/nonsense`)), '400 2500');
    assert.is(refusalOf(await graph(sim, `${number}/calls`, undefined, { raw: '{broken' })), '400 100');
  },
);

graphApi('a body without what it needs is refused', async ({ setting: { sim } }) => {
  assert.is(refusalOf(await callAction(sim, {})), '400 100');
  assert.is(refusalOf(await callAction(sim, { action: 'hold', call_id: 'x' })), '400 100');
  assert.is(refusalOf(await callAction(sim, { action: 'accept' })), '400 100');
  assert.is(refusalOf(await callAction(sim, { action: 'terminate', call_id: 'wacid.unknown' })), '400 100');
  assert.is(refusalOf(await callAction(sim, { action: 'connect' })), '400 100');
  const long = { action: 'terminate', call_id: 'x', biz_opaque_callback_data: 'x'.repeat(513) };
  assert.is(refusalOf(await callAction(sim, long)), '400 100');
});

graphApi('a call to somebody who has not agreed is refused', async (context) => {
  const { sim } = context.setting;
  const maya = sim.customer(nextNumber());
  assert.is(refusalOf(await connect(context, maya.card.waId)), '401 138006');
});

graphApi('a call to somebody who is not there or cannot be called is refused', async (context) => {
  const { sim } = context.setting;
  assert.is(refusalOf(await connect(context, nextNumber())), '400 138001');
  const old = sim.customer(nextNumber(), { callable: false });
  assert.is(refusalOf(await connect(context, old.card.waId)), '400 138001');
});

graphApi('a second call to the same person is refused while the first one lasts', async (context) => {
  const { sim, number } = context.setting;
  const maya = sim.customer(nextNumber());
  maya.grants(number);
  const first = must(await connect(context, maya.card.waId));
  assert.is(refusalOf(await connect(context, maya.card.waId)), '400 138003');
  must(await callAction(sim, { action: 'terminate', call_id: first.body.calls[0].id }));
  must(await connect(context, maya.card.waId));
});

graphApi('a person may be called by BSUID alone', async (context) => {
  const { sim, number } = context.setting;
  const maya = sim.customer(nextNumber());
  maya.grants(number);
  must(
    await callAction(sim, {
      action: 'connect',
      recipient: maya.card.userId,
      session: { sdp_type: 'offer', sdp: context.offer },
    }),
  );
});

graphApi('with calling off, by country and by quality, calls are refused', async (context) => {
  const { sim, number } = context.setting;
  const business = sim.directory.numbers[0]!;
  const maya = sim.customer(nextNumber());
  maya.grants(number);
  business.settings.status = 'DISABLED';
  assert.is(refusalOf(await connect(context, maya.card.waId)), '401 138000');
  business.settings.status = 'ENABLED';
  for (const country of ['US', 'CA', 'EG', 'VN', 'NG']) {
    business.country = country;
    assert.is(refusalOf(await connect(context, maya.card.waId)), '400 138013');
  }
  business.country = 'DE';
  business.restricted = true;
  assert.is(refusalOf(await connect(context, maya.card.waId)), '400 138014');
  business.restricted = false;
  business.settings.sip = { status: 'ENABLED' };
  assert.is(refusalOf(await connect(context, maya.card.waId)), '400 131055');
  delete business.settings.sip;
  must(await connect(context, maya.card.waId));
});

graphApi('an offer that breaks the rules is refused before anything rings', async (context) => {
  const { sim, number } = context.setting;
  const maya = sim.customer(nextNumber());
  maya.grants(number);
  const session = { sdp_type: 'offer', sdp: context.offer.replaceAll('\r\n', '\n') };
  assert.is(refusalOf(await connect(context, maya.card.waId, { session })), '400 100');
  const double = { sdp_type: 'offer', sdp: context.offer.replace(/(a=fingerprint:.*\r\n)/, '$1$1') };
  assert.is(refusalOf(await connect(context, maya.card.waId, { session: double })), '400 138008');
});

graphApi('the hundred-and-first connected call of a day is refused', async (context) => {
  const { sim, number } = context.setting;
  const maya = sim.customer(nextNumber());
  maya.grants(number);
  for (let i = 0; i < 100; i += 1) sim.permissions.callConnected(number, maya.card.waId, true);
  assert.is(refusalOf(await connect(context, maya.card.waId)), '400 138012');
});

graphApi('accept needs the very SDP of pre_accept, and is taken once', async (context) => {
  const { sim, number } = context.setting;
  const call = await sim.customer(nextNumber()).call(number);
  const sdp = answerFrom(context.offer);
  const ask = (action: string, text: string) =>
    callAction(sim, { action, call_id: call.id, session: { sdp_type: 'answer', sdp: text } });
  must(await ask('pre_accept', sdp));
  must(await ask('pre_accept', sdp));
  const changed = await ask('accept', sdp.replace('s=-', 's= '));
  assert.is(refusalOf(changed), '400 100');
  assert.match(changed.body.error.error_data.details, /differs from the SDP of pre_accept/);
  const [first, second] = await Promise.all([ask('accept', sdp), ask('accept', sdp)]);
  assert.is(first.status + second.status, 200 + 400);
  assert.is(refusalOf(await ask('accept', sdp)), '400 100');
  assert.is(refusalOf(await callAction(sim, { action: 'reject', call_id: call.id })), '400 100');
  must(await callAction(sim, { action: 'terminate', call_id: call.id }));
  assert.is(refusalOf(await callAction(sim, { action: 'terminate', call_id: call.id })), '400 100');
  assert.is(refusalOf(await ask('accept', sdp)), '400 100');
});

graphApi('pre_accept takes no recording', async (context) => {
  const { sim, number } = context.setting;
  const call = await sim.customer(nextNumber()).call(number);
  const sdp = answerFrom(context.offer);
  const session = { sdp_type: 'answer', sdp };
  const recording = { status: 'ENABLED', purpose: 'quality assurance' };
  assert.is(
    refusalOf(await callAction(sim, { action: 'pre_accept', call_id: call.id, session, recording })),
    '400 100',
  );
  must(await callAction(sim, { action: 'accept', call_id: call.id, session, recording }));
});

graphApi('permissions are told, and not too often', async (context) => {
  const { sim, number } = context.setting;
  const maya = sim.customer(nextNumber());
  maya.grants(number, 'temporary');
  const { body } = must(await graph(sim, `${number}/call_permissions?user_wa_id=${maya.card.waId}`));
  assert.is(body.permission.status, 'temporary');
  const byUser = must(await graph(sim, `${number}/call_permissions?recipient=${maya.card.userId}`));
  assert.equal(byUser.body, body);
  const nobody = must(await graph(sim, `${number}/call_permissions?user_wa_id=${nextNumber()}`));
  assert.is(nobody.body.permission.status, 'no_permission');
  assert.is(refusalOf(await graph(sim, `${number}/call_permissions`)), '400 100');
  const many = await Promise.all(
    Array.from({ length: 25 }, () => graph(sim, `${number}/call_permissions?user_wa_id=${maya.card.waId}`)),
  );
  assert.is(refusalOf(many.find((one) => one.status !== 200)!), '429 613');
});

graphApi('settings are kept, checked, and told by webhook when they change', async (context) => {
  const { sim, inbox, number } = context.setting;
  const set = (calling: unknown): Promise<GraphAnswer> => graph(sim, `${number}/settings`, { calling });
  assert.equal(must(await set({ callback_permission_status: 'ENABLED' })).body, { success: true });
  const told = await inbox.next('account_settings_update');
  assert.equal(told.item.phone_number_settings.calling, { callback_permission_status: 'ENABLED' });
  const { body } = must(await graph(sim, `${number}/settings`));
  assert.is(body.calling.callback_permission_status, 'ENABLED');
  must(await set({ callback_permission_status: 'DISABLED' }));
  assert.is(refusalOf(await set({ status: 'ON' })), '400 100');
  assert.is(refusalOf(await set({ sttus: 'ENABLED' })), '400 100');
  const hours = (open: string, close: string, zone = 'Europe/Berlin') => ({
    call_hours: {
      status: 'DISABLED',
      timezone_id: zone,
      weekly_operating_hours: [{ day_of_week: 'MONDAY', open_time: open, close_time: close }],
    },
  });
  assert.is(refusalOf(await set(hours('1800', '0900'))), '400 100');
  assert.is(refusalOf(await set(hours('0900', '1800', 'Mars/Olympus'))), '400 100');
  must(await set(hours('0900', '1800')));
  sim.directory.numbers[0]!.messagingLimit = 250;
  assert.is(refusalOf(await set({ status: 'ENABLED' })), '400 138015');
  sim.directory.numbers[0]!.messagingLimit = 10_000;
  delete settings(context).call_hours;
});

graphApi('texts go only to somebody who wrote or called within a day', async (context) => {
  const { sim, inbox, number } = context.setting;
  const maya = sim.customer(nextNumber());
  const text = (): Promise<GraphAnswer> =>
    graph(sim, `${number}/messages`, {
      messaging_product: 'whatsapp',
      to: `+${maya.card.waId}`,
      type: 'text',
      text: { body: 'Hello' },
    });
  assert.is(refusalOf(await text()), '400 131047');
  maya.text(number, 'Are you there?');
  const { body } = must(await text());
  assert.equal(body.contacts, [{ input: `+${maya.card.waId}`, wa_id: maya.card.waId }]);
  const { item } = await inbox.next('delivered');
  assert.is(item.id, body.messages[0].id);
  assert.is(maya.chat(number).at(-1)!.content.kind, 'text');
  sim.clock.advance(day + 1000);
  assert.is(refusalOf(await text()), '400 131047');
  await sim.customer(maya.card.waId).call(number);
  must(await text());
});

graphApi('a message to nobody is taken and fails later', async ({ setting: { sim, inbox, number } }) => {
  const message = { messaging_product: 'whatsapp', to: nextNumber(), type: 'text', text: { body: 'Hello' } };
  must(await graph(sim, `${number}/messages`, message));
  const { item } = await inbox.next('failed');
  assert.is(item.errors[0].code, 131026);
});

graphApi('messages of unknown kinds and without an addressee are refused', async ({ setting: { sim, number } }) => {
  const send = (body: unknown): Promise<GraphAnswer> => graph(sim, `${number}/messages`, body);
  assert.is(refusalOf(await send({ to: '1', type: 'text', text: { body: 'x' } })), '400 100');
  assert.is(refusalOf(await send({ messaging_product: 'whatsapp', type: 'text', text: { body: 'x' } })), '400 131008');
  const to = sim.customer(nextNumber()).card.waId;
  assert.is(refusalOf(await send({ messaging_product: 'whatsapp', to, type: 'dance' })), '400 100');
  assert.is(refusalOf(await send({ messaging_product: 'whatsapp', to, type: 'text', text: { body: '' } })), '400 100');
});

graphApi('a voice message needs Ogg with Opus, mono, uploaded before', async ({ setting: { sim, number } }) => {
  const maya = sim.customer(nextNumber());
  maya.text(number, 'Hello');
  const upload = (bytes: Uint8Array<ArrayBuffer>, type: string, product = 'whatsapp'): Promise<GraphAnswer> => {
    const form = new FormData();
    form.set('messaging_product', product);
    form.set('file', new Blob([bytes], { type }), 'voice.ogg');
    return graph(sim, `${number}/media`, undefined, { raw: form });
  };
  const voice = (id: string): Promise<GraphAnswer> =>
    graph(sim, `${number}/messages`, {
      messaging_product: 'whatsapp',
      to: maya.card.waId,
      type: 'audio',
      audio: { id, voice: true },
    });
  assert.is(refusalOf(await upload(new Uint8Array([1]), 'image/png')), '400 100');
  assert.is(refusalOf(await upload(new Uint8Array([1]), 'audio/ogg', 'signal')), '400 100');
  const ogg = must(await upload(new Uint8Array(writeOgg([Buffer.alloc(20)])), 'audio/ogg'));
  must(await voice(ogg.body.id));
  assert.equal(maya.chat(number).at(-1)!.content, { kind: 'audio', mediaId: ogg.body.id, voice: true });
  const junk = must(await upload(new Uint8Array(64), 'audio/ogg'));
  assert.is(refusalOf(await voice(junk.body.id)), '400 131053');
  assert.is(refusalOf(await voice('404')), '400 100');
});

graphApi('a permission request, its limit, and the reply', async ({ setting: { sim, inbox, number } }) => {
  const maya = sim.customer(nextNumber());
  const ask = (): Promise<GraphAnswer> =>
    graph(sim, `${number}/messages`, {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: maya.card.waId,
      type: 'interactive',
      interactive: {
        type: 'call_permission_request',
        action: { name: 'call_permission_request' },
        body: { text: 'May we call you?' },
      },
    });
  assert.is(refusalOf(await ask()), '400 138011');
  maya.text(number, 'Please call me');
  const { body } = must(await ask());
  assert.is(refusalOf(await ask()), '400 138009');
  maya.answerRequest(number, 'accept');
  const { item, change } = await replyOf(inbox, maya.card.waId);
  assert.is(change.field, 'messages');
  assert.equal(item.context, { from: change.value['metadata'].display_phone_number, id: body.messages[0].id });
  const { expiration_timestamp: expiry, ...reply } = item.interactive.call_permission_reply;
  assert.equal(reply, { response: 'accept', is_permanent: false, response_source: 'user_action' });
  assert.match(expiry, /^\d{10}$/);
  maya.answerRequest(number, 'accept-always');
  assert.is(refusalOf(await ask()), '400 138017');
});

async function replyOf(inbox: Inbox, from: string): Promise<Received> {
  for (let n = 0; ; n += 1) {
    const received = await inbox.next('call_permission_reply', n);
    if (received.item.from === from) return received;
  }
}

graphApi('Graph is late, fails, hangs and loses replies on demand', async ({ setting: { sim, number } }) => {
  sim.graph.delay('settings', 60);
  const started = performance.now();
  must(await graph(sim, `${number}/settings`));
  assert.ok(performance.now() - started >= 59);
  const record = sim.graphRequests.findLast((one) => one.kind === 'settings')!;
  assert.ok(record.ms >= 59 && record.status === 200);
  sim.graph.delay('settings', 0);
  sim.graph.failNext('settings', { code: 131000 }, 2);
  assert.is(refusalOf(await graph(sim, `${number}/settings`)), '500 131000');
  assert.is(refusalOf(await graph(sim, `${number}/settings`)), '500 131000');
  must(await graph(sim, `${number}/settings`));
  sim.graph.failNext('settings', { status: 502, body: '<html>Bad gateway</html>' });
  assert.equal(await graph(sim, `${number}/settings`), { status: 502, body: '<html>Bad gateway</html>' });
  sim.graph.failNext('settings', { loseReply: true });
  const lost = await graph(sim, `${number}/settings`, { calling: { call_icon_visibility: 'DISABLE_ALL' } }).catch(
    String,
  );
  assert.is(typeof lost, 'string');
  assert.is(sim.directory.numbers[0]!.settings.call_icon_visibility, 'DISABLE_ALL');
});

graphApi('more new calls than a day allows are refused', async (context) => {
  const { sim, number } = context.setting;
  let last = '';
  for (let i = 0; i < 70 && last === ''; i += 1) {
    const maya = sim.customer(nextNumber());
    maya.grants(number);
    const answer = await connect(context, maya.card.waId);
    if (answer.status === 200) must(await callAction(sim, { action: 'terminate', call_id: answer.body.calls[0].id }));
    else last = refusalOf(answer);
  }
  assert.is(last, '429 138005');
});

graphApi('a number with its full count of calls takes no more', async ({ offer, others }) => {
  const setting = await aSetting({ limits: { concurrent: 1 } });
  others.push(setting);
  const { sim, number } = setting;
  await sim.customer('15550300001').call(number);
  const jonas = sim.customer('15550300002');
  jonas.grants(number);
  const dialled = { action: 'connect', to: jonas.card.waId, session: { sdp_type: 'offer', sdp: offer } };
  assert.is(refusalOf(await callAction(sim, dialled)), '429 138002');
  const blocked = await jonas.call(number).catch((error: Error) => error.name);
  assert.is(blocked, 'NotPlaced');
});

graphApi.run();
