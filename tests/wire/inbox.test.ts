import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConversationView, MessageView } from '../../control/contract/views.ts';
import { refusal } from '../control/support/refusal.ts';
import type { Desk } from '../support/desk.ts';
import { World } from '../support/world.ts';

/** Conversations through the real gateway, with Meta's stand-in as the customers. */
const inbox = suite('the inbox, over the wire');
let world: World;
let desk: Desk;
let next = 15_550_700_000;

inbox.before(async () => {
  world = await World.start();
  desk = await world.desk();
});
inbox.after(async () => world?.[Symbol.asyncDispose]());

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`waited 10 s until ${what}`);
    await pause(25);
  }
}

const conversation = (what: string, name: string, matches: (view: ConversationView) => boolean = () => true) =>
  until(what, async () => {
    const { items } = await desk.rest('conversations:list', { query: { search: name } });
    return items.find(matches);
  });
const entry = (
  { id: conversationId }: ConversationView,
  what: string,
  matches: (body: MessageView['body']) => boolean,
) =>
  until(what, async () => {
    const { items } = await desk.rest('conversations:thread', { params: { conversationId } });
    return items.find(({ body }) => matches(body));
  });

/** Somebody who has just written. */
async function aCustomerWhoWrote(name: string) {
  const customer = world.sim.customer(String((next += 1)), { name });
  customer.text(world.sim.phoneNumberId, 'Where is my order?');
  return { customer, view: await conversation('the text is in the inbox', name) };
}

inbox('a customer writes, the team answers, and sees that it was delivered', async () => {
  const { customer, view } = await aCustomerWhoWrote('Ida');
  assert.is(view.preview, 'Where is my order?');
  assert.is(view.unread, 1);
  assert.ok(view.windowOpenUntil);
  const params = { conversationId: view.id };
  await desk.rest('conversations:send', { params, body: { text: 'On its way' } });
  await entry(view, 'the answer is delivered', (body) => body.kind === 'text' && /delivered|read/.test(body.status));
  const received = customer.chat(world.sim.phoneNumberId).at(-1);
  assert.equal(received?.content, { kind: 'text', text: 'On its way' });
  assert.is((await desk.rest('conversations:read', { params })).conversation.unread, 0);
});

inbox('permission: refused without, asked for once, accepted, used up by a no', async () => {
  const { customer, view } = await aCustomerWhoWrote('Joan');
  const params = { conversationId: view.id };
  const fault = await refusal(desk.ask('call:dial', params), 'permission/needed');
  assert.match(fault.message, /Send a call permission request first/);

  const asked = await desk.rest('conversations:request-permission', { params, body: { text: 'May we call you?' } });
  assert.is(asked.conversation.permission.status, 'requested');
  await refusal(desk.rest('conversations:request-permission', { params }), 'permission/limit-reached');

  customer.answerRequest(world.sim.phoneNumberId, 'accept');
  const allowed = await conversation('the answer is known', 'Joan', (seen) => seen.callability.allowed);
  assert.is(allowed.permission.status, 'temporary');
  assert.ok(Date.parse(allowed.permission.expiresAt ?? '') > Date.now() + 6 * 24 * 3_600_000);

  customer.revokes(world.sim.phoneNumberId);
  await conversation('the permission is gone', 'Joan', (seen) => !seen.callability.allowed);
});

inbox('a permission that was given where nobody told us is found when somebody looks', async () => {
  const { customer, view } = await aCustomerWhoWrote('Kay');
  const { waId } = customer.card;
  world.sim.permissions.grant(world.sim.phoneNumberId, waId, 'permanent');
  await desk.rest('conversations:get', { params: { conversationId: view.id } });
  const allowed = await conversation('Meta was asked', 'Kay', (seen) => seen.callability.allowed);
  assert.is(allowed.permission.status, 'permanent');
});

inbox('a missed call is in the thread and in the log, with its history', async () => {
  const customer = world.sim.customer(String((next += 1)), { name: 'Lise' });
  const call = await customer.call(world.sim.phoneNumberId);
  await desk.until('it rings', (view) => view.contact.name === 'Lise' && view.phase === 'ringing');
  const ringing = await conversation('it stands in the inbox', 'Lise', (seen) => seen.preview === 'Incoming call…');
  assert.is(ringing.callability.because, 'already-in-call');
  call.hangUp();
  const missed = await conversation('it is missed', 'Lise', (seen) => seen.preview === 'Missed call');
  assert.is(missed.unread, 1);
  const shown = await entry(missed, 'the thread has it', (body) => body.kind === 'call' && body.call.phase === 'ended');
  assert.ok(shown.body.kind === 'call');
  const { history } = await desk.rest('calls:get', { params: { callId: shown.body.call.id } });
  assert.is(history[0]?.text, 'The customer called.');
  assert.is(history.at(-1)?.phaseAfter, 'ended');
});

inbox('a customer who hides the phone number, and shows it later, stays one person', async () => {
  const customer = world.sim.customer(String((next += 1)), { name: 'Mary', hidesNumber: true });
  customer.text(world.sim.phoneNumberId, 'Hello');
  const hidden = await conversation('the hidden one is in the inbox', 'Mary');
  assert.is(hidden.contact.phone, null);
  await desk.rest('conversations:send', { params: { conversationId: hidden.id }, body: { text: 'Hi Mary' } });
  await entry(hidden, 'it is delivered', (body) => body.kind === 'text' && /delivered|read/.test(body.status));
  customer.card.hidesNumber = false;
  customer.text(world.sim.phoneNumberId, 'This is my number');
  const shown = await conversation('the number is known', 'Mary', (seen) => seen.contact.phone !== null);
  assert.is(shown.id, hidden.id);
});

inbox('a manager switches calling off and on, and Meta is what counts', async () => {
  const { items } = await desk.rest('numbers:list');
  const params = { numberId: items[0]!.id };
  const off = await desk.rest('numbers:set-calling', { params, body: { enabled: false } });
  assert.is(off.number.callingEnabled, false);
  const { view } = await aCustomerWhoWrote('Nina');
  assert.is(view.callability.because, 'calling-off');
  await refusal(desk.ask('call:dial', { conversationId: view.id }), 'number/calling-off');
  const on = await desk.rest('numbers:set-calling', { params, body: { enabled: true } });
  assert.ok(on.number.callingEnabled && on.number.callingEnabledSince);
});

inbox('what is not right is refused with a clear word', async () => {
  await refusal(desk.rest('conversations:list', { query: { cursor: 'nonsense' } }), 'request/invalid');
  await refusal(desk.rest('conversations:list', { query: { limit: '1000' } }), 'request/invalid');
  const body = { phone: 'not a number' } as never;
  await refusal(desk.rest('conversations:start', { body }), 'request/invalid');
  const conversationId = 'conv_01arz3ndektsv4rrffq69g5fav' as never;
  await refusal(desk.rest('conversations:get', { params: { conversationId } }), 'conversation/not-found');
});

inbox.run();
