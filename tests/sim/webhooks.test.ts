import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { metaJson } from '../../ops/sim/meta/envelope.ts';
import type { CallCard } from '../../ops/sim/meta/payloads.ts';
import { callAction } from './support/business.ts';
import { accept, aSetting, closeSetting, type Setting } from './support/setting.ts';

const webhooks = suite<{ setting: Setting }>('sim webhooks');

webhooks.before.each(async (context) => {
  context.setting = await aSetting({ timing: { webhookRetriesMs: [5, 10, 15], webhookTimeoutMs: 80 } });
});
webhooks.after.each(({ setting }) => closeSetting(setting));

const maya = '15550400001';

/** A customer calls and gives up: connect, terminate. */
async function aMissedCall({ sim, number }: Setting): Promise<CallCard> {
  const call = await sim.customer(maya).call(number);
  call.hangUp();
  return call.card;
}

webhooks('every body is signed over its exact bytes, escapes and all', async ({ setting }) => {
  const { sim, inbox, number } = setting;
  sim.customer(maya, { name: 'Märta / 美咲' }).text(number, 'a/b ü 🙂');
  const { item, body, headers, change } = await inbox.next('text');
  assert.is(inbox.badSignatures, 0);
  assert.ok(body.includes(String.raw`a\/b \u00fc \ud83d\ude42`));
  assert.is(item.text.body, 'a/b ü 🙂');
  assert.is(change.value.contacts[0].profile.name, 'Märta / 美咲');
  assert.is(headers['content-type'], 'application/json');
});

webhooks('JSON is written as Meta does', () => {
  assert.is(metaJson({ a: 'é/x' }), String.raw`{"a":"\u00e9\/x"}`);
});

webhooks("a customer's call has the documented shape", async ({ setting }) => {
  const { sim, inbox, number } = setting;
  const customer = sim.customer(maya, { name: 'Maya', username: 'maya.f' });
  const call = await customer.call(number, { deeplinkPayload: 'ad-7', ctaPayload: 'button-1' });
  const { change, item, body } = await inbox.next('connect');
  const { timestamp, session, ...rest } = item;
  assert.match(timestamp, /^\d{10}$/);
  assert.is(session.sdp_type, 'offer');
  assert.equal(rest, {
    id: call.id,
    to: '4930123456780',
    from: maya,
    from_user_id: customer.card.userId,
    event: 'connect',
    direction: 'USER_INITIATED',
    deeplink_payload: 'ad-7',
    cta_payload: 'button-1',
  });
  assert.is(change.field, 'calls');
  assert.equal(change.value.metadata, { display_phone_number: '4930123456780', phone_number_id: number });
  assert.equal(change.value.contacts, [
    { profile: { name: 'Maya', username: 'maya.f' }, wa_id: maya, user_id: customer.card.userId },
  ]);
  const envelope = JSON.parse(body);
  assert.is(envelope.object, 'whatsapp_business_account');
  assert.is(envelope.entry[0].id, '200000000000001');
});

webhooks('a missed call ends COMPLETED without times', async ({ setting }) => {
  await aMissedCall(setting);
  const { item } = await setting.inbox.next('terminate');
  assert.is(item.status, 'COMPLETED');
  assert.equal(
    [item.start_time, item.end_time, item.duration, item.errors],
    [undefined, undefined, undefined, undefined],
  );
});

webhooks('an answered call ends with times as strings and a duration as a number', async ({ setting }) => {
  const { sim, inbox, number } = setting;
  const call = await sim.customer(maya).call(number);
  const { leg } = await accept(setting, call.id);
  await callAction(sim, { action: 'terminate', call_id: call.id });
  const { item } = await inbox.next('terminate');
  assert.is(typeof item.start_time, 'string');
  assert.is(item.duration, Number(item.end_time) - Number(item.start_time));
  await leg.close();
});

webhooks('who hides behind a username is known by BSUID alone, everywhere', async ({ setting }) => {
  const { sim, inbox, number } = setting;
  const customer = sim.customer(maya, { hidesNumber: true, username: 'maya.f' });
  const call = await customer.call(number);
  call.hangUp();
  customer.text(number, 'Hello');
  customer.grants(number);
  await sim.webhooks.idle();
  assert.equal(inbox.kinds, ['connect', 'terminate', 'text', 'call_permission_reply']);
  for (const { body, item } of inbox.received) {
    assert.not(body.includes(maya));
    assert.is(item.from_user_id, customer.card.userId);
  }
});

webhooks('a failed delivery is tried again, with the same bytes, until it is taken', async ({ setting }) => {
  const { sim, inbox } = setting;
  inbox.statuses.push(500, 403);
  await aMissedCall(setting);
  await sim.webhooks.idle();
  assert.equal(inbox.kinds.toSorted(), ['connect', 'terminate']);
  const attempts = sim.webhooks.sent.flatMap((one) => one.attempts.map((attempt) => attempt.status));
  assert.equal(
    attempts.toSorted((a, b) => a! - b!),
    [200, 200, 403, 500],
  );
  assert.is(new Set(inbox.bodies).size, 2);
  assert.is(inbox.bodies.length, 4);
});

webhooks('no answer in time counts as a failure', async ({ setting }) => {
  const { sim, inbox, number } = setting;
  inbox.statuses.push(0);
  sim.customer(maya).text(number, 'Hello');
  await sim.webhooks.idle();
  const [delivery] = sim.webhooks.sent;
  assert.equal(
    delivery!.attempts.map((attempt) => attempt.status),
    [null, 200],
  );
  assert.equal(inbox.kinds, ['text']);
});

webhooks('after the last try it is given up', async ({ setting }) => {
  const { sim, inbox, number } = setting;
  inbox.statuses.push(500, 500, 500, 500);
  sim.customer(maya).text(number, 'Hello');
  await sim.webhooks.idle();
  assert.is(sim.webhooks.sent[0]!.state, 'failed');
  assert.is(inbox.kinds.length, 0);
});

const disorders: [name: string, arm: (setting: Setting) => void, kinds: string[]][] = [
  ['duplicated', ({ sim }) => sim.webhooks.duplicateNext('connect', 2), ['connect', 'connect', 'connect', 'terminate']],
  ['terminate before connect', ({ sim }) => sim.webhooks.reorderNext(), ['terminate', 'connect']],
  ['connect again after terminate', ({ sim }) => sim.webhooks.repeatAfter(), ['connect', 'terminate', 'connect']],
  ['delayed', ({ sim }) => sim.webhooks.delayNext('connect', 40), ['terminate', 'connect']],
  ['lost', ({ sim }) => sim.webhooks.dropNext('connect'), ['terminate']],
];
for (const [name, arm, kinds] of disorders) {
  webhooks(`on demand: ${name}`, async ({ setting }) => {
    arm(setting);
    await aMissedCall(setting);
    await setting.sim.webhooks.idle();
    assert.equal(setting.inbox.kinds, kinds);
    await aMissedCall(setting);
    await setting.sim.webhooks.idle();
    assert.equal(setting.inbox.kinds.slice(kinds.length), ['connect', 'terminate']);
  });
}

webhooks('on demand: held back until released', async ({ setting }) => {
  const { sim, inbox } = setting;
  sim.webhooks.holdNext('connect');
  await aMissedCall(setting);
  await sim.webhooks.idle();
  assert.equal(inbox.kinds, ['terminate']);
  sim.webhooks.release();
  await sim.webhooks.idle();
  assert.equal(inbox.kinds, ['terminate', 'connect']);
});

webhooks('on demand: two items in one change', async ({ setting }) => {
  const { sim, inbox } = setting;
  sim.webhooks.joinNext('connect', 'terminate');
  await aMissedCall(setting);
  await sim.webhooks.idle();
  assert.is(inbox.bodies.length, 1);
  const { changes } = JSON.parse(inbox.bodies[0]!).entry[0];
  assert.is(changes.length, 1);
  assert.equal(
    changes[0].value.calls.map((item: { event: string }) => item.event),
    ['connect', 'terminate'],
  );
});

webhooks('on demand: an event that nobody knows', async ({ setting: { sim, inbox } }) => {
  sim.webhooks.sendUnknown(sim.directory.numbers[0]!);
  await inbox.next('call_recording_available');
});

webhooks('any bytes with any signature', async ({ setting: { sim, inbox } }) => {
  assert.is(await sim.webhooks.sendRaw('{"entry":[]}'), 200);
  assert.is(inbox.badSignatures, 0);
  await sim.webhooks.sendRaw('{"entry":[]}', { signature: 'sha256=00' });
  await sim.webhooks.sendRaw('{"entry":[]}', { signature: null });
  assert.is(inbox.badSignatures, 2);
});

webhooks('the subscription handshake wants the challenge back', async ({ setting: { sim } }) => {
  assert.is(await sim.webhooks.verify('verify-me'), true);
  assert.is(await sim.webhooks.verify('something else'), false);
});

webhooks.run();
