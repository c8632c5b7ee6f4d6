import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Call } from '../../ops/sim/meta/call.ts';
import type { Customer } from '../../ops/sim/customer/customer.ts';
import { answerFrom, BusinessLeg, callAction } from './support/business.ts';
import { aSetting, closeSetting, must, type Setting } from './support/setting.ts';

type Context = { setting: Setting; offer: string };
const calls = suite<Context>('sim calls');

calls.before(async (context) => {
  context.setting = await aSetting({ timing: { answerTimeoutMs: 150, ringTimeoutMs: 150 } });
  const leg = new BusinessLeg();
  context.offer = await leg.offer();
  await leg.close();
});
calls.after(({ setting }) => closeSetting(setting));

let people = 0;
const aCustomer = ({ setting }: Context, callable = true): Customer =>
  setting.sim.customer(`1555050${String((people += 1)).padStart(4, '0')}`, { callable });

/** The kinds of webhooks that came for a call, in order. */
async function storyOf({ setting: { sim, inbox } }: Context, call: Call): Promise<string[]> {
  await sim.webhooks.idle();
  return inbox.received.filter((one) => one.item.id === call.id).map((one) => one.kind);
}

async function dial(context: Context, customer: Customer, opaque?: string): Promise<string> {
  const answer = await callAction(context.setting.sim, {
    action: 'connect',
    to: customer.card.waId,
    session: { sdp_type: 'offer', sdp: context.offer },
    ...(opaque !== undefined && { biz_opaque_callback_data: opaque }),
  });
  return must(answer).body.calls[0].id;
}

calls('nobody accepts: the call ends by itself, and accepting comes too late', async (context) => {
  const { sim, number } = context.setting;
  const call = await aCustomer(context).call(number);
  const sdp = answerFrom(context.offer);
  await call.until('ended');
  assert.equal(await storyOf(context, call), ['connect', 'terminate']);
  assert.equal(call.facts().ending, { by: 'timeout', status: 'COMPLETED', durationSeconds: null, errorCode: null });
  const late = await callAction(sim, { action: 'accept', call_id: call.id, session: { sdp_type: 'answer', sdp } });
  assert.equal([late.status, late.body.error.code], [500, 138007]);
});

calls('the business rejects', async (context) => {
  const { sim, number } = context.setting;
  const call = await aCustomer(context).call(number);
  must(await callAction(sim, { action: 'reject', call_id: call.id }));
  assert.equal(await storyOf(context, call), ['connect', 'terminate']);
  assert.is(call.facts().ending!.by, 'business');
});

calls('one call at a time between a customer and a number', async (context) => {
  const { number } = context.setting;
  const customer = aCustomer(context);
  const call = await customer.call(number);
  assert.is(await customer.call(number).catch((error: Error) => error.name), 'NotPlaced');
  call.hangUp();
  (await customer.call(number)).hangUp();
});

calls('a number that is closed is not called, and hears nothing of it', async (context) => {
  const { sim, inbox, number } = context.setting;
  const { settings } = sim.directory.numbers[0]!;
  settings.call_hours = { status: 'ENABLED', timezone_id: 'UTC', weekly_operating_hours: [] };
  const before = inbox.kinds.length;
  assert.is(
    await aCustomer(context)
      .call(number)
      .catch((error: Error) => error.name),
    'NotPlaced',
  );
  assert.is(inbox.kinds.length, before);
  delete settings.call_hours;
});

calls('the customer answers: connect, RINGING, ACCEPTED, and the opaque data comes back', async (context) => {
  const { sim, inbox, number } = context.setting;
  const customer = aCustomer(context);
  customer.grants(number);
  customer.answers();
  const id = await dial(context, customer, 'desk-7');
  const call = sim.calls.get(id)!;
  await call.until('live');
  must(await callAction(sim, { action: 'terminate', call_id: id }));
  assert.equal(await storyOf(context, call), ['connect', 'RINGING', 'ACCEPTED', 'terminate']);
  const [connect, ringing] = inbox.received.filter((one) => one.item.id === id);
  assert.is(connect!.item.session.sdp_type, 'answer');
  assert.is(connect!.item.direction, 'BUSINESS_INITIATED');
  assert.equal([connect!.item.to, connect!.item.from], [customer.card.waId, '4930123456780']);
  assert.ok(Array.isArray(ringing!.change.value['statuses']) && ringing!.change.field === 'calls');
  const { timestamp: _, ...status } = ringing!.item;
  assert.equal(status, {
    id,
    type: 'call',
    status: 'RINGING',
    recipient_id: customer.card.waId,
    recipient_user_id: customer.card.userId,
    biz_opaque_callback_data: 'desk-7',
  });
});

calls('the customer declines: REJECTED and terminate', async (context) => {
  const customer = aCustomer(context);
  customer.grants(context.setting.number);
  customer.declines();
  const call = context.setting.sim.calls.get(await dial(context, customer))!;
  await call.until('ended');
  assert.equal(await storyOf(context, call), ['connect', 'RINGING', 'REJECTED', 'terminate']);
});

calls('four calls in a row that nobody answers: a warning after two, and the permission is gone', async (context) => {
  const { sim, inbox, number } = context.setting;
  const customer = aCustomer(context);
  customer.grants(number);
  const warnings = (): number => customer.chat(number).filter((entry) => entry.content.kind === 'text').length;
  const seen: number[] = [];
  for (let i = 0; i < 4; i += 1) {
    const call = sim.calls.get(await dial(context, customer))!;
    await call.until('ended');
    seen.push(warnings());
  }
  assert.equal(seen, [0, 1, 1, 2]);
  await sim.webhooks.idle();
  const { item } = inbox.received.findLast((one) => one.item.from === customer.card.waId)!;
  assert.equal(item.interactive.call_permission_reply, { response: 'reject', response_source: 'automatic' });
  assert.is(item.context, undefined);
  assert.is(sim.permissions.grantOf(number, customer.card.waId).kind, 'none');
});

calls('where calling back is switched on, a missed call gives the permission to', async (context) => {
  const { sim, inbox, number } = context.setting;
  const { settings } = sim.directory.numbers[0]!;
  settings.callback_permission_status = 'ENABLED';
  const customer = aCustomer(context);
  const call = await customer.call(number);
  call.hangUp();
  await sim.webhooks.idle();
  const { item } = inbox.received.findLast((one) => one.kind === 'call_permission_reply')!;
  assert.is(item.context.id, call.id);
  const { response, response_source: source, is_permanent: permanent } = item.interactive.call_permission_reply;
  assert.equal([response, source, permanent], ['accept', 'automatic', false]);
  delete settings.callback_permission_status;
  await dial(context, customer);
});

calls('the business gives up before the customer answers', async (context) => {
  const { sim, number } = context.setting;
  const customer = aCustomer(context);
  customer.grants(number);
  const id = await dial(context, customer);
  const call = await customer.incoming();
  must(await callAction(sim, { action: 'terminate', call_id: id }));
  assert.equal(await storyOf(context, call), ['connect', 'RINGING', 'terminate']);
  assert.throws(() => call.answer(), /does not ring/);
});

calls('accept, pre_accept and reject are for calls of customers alone', async (context) => {
  const { sim, number } = context.setting;
  const customer = aCustomer(context);
  customer.grants(number);
  const id = await dial(context, customer);
  const session = { sdp_type: 'answer', sdp: context.offer.replace('actpass', 'active') };
  for (const action of ['accept', 'pre_accept', 'reject']) {
    const answer = await callAction(sim, { action, call_id: id, session });
    assert.equal([answer.status, answer.body.error.code], [400, 100]);
  }
});

calls('Meta itself fails a call: FAILED, with the code in both places', async (context) => {
  const { inbox, number, sim } = context.setting;
  const call = await aCustomer(context).call(number);
  call.fail(138019);
  await sim.webhooks.idle();
  const { item, change } = inbox.received.findLast((one) => one.item.id === call.id)!;
  assert.equal([item.event, item.status, item.errors[0].code], ['terminate', 'FAILED', 138019]);
  assert.equal(change.value.errors, item.errors);
});

calls.run();
