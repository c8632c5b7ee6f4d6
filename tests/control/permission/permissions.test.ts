import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../../control/contract/fault.ts';
import type { MessageView } from '../../../control/contract/views.ts';
import { createThreads } from '../../../control/inbox/threads.ts';
import { createPermissions, type Permissions } from '../../../control/permission/permissions.ts';
import { findPermission } from '../../../control/permission/record.ts';
import { day, mayCall } from '../../../control/permission/rules.ts';
import type { CarrierEvent } from '../../../control/ports.ts';
import { refusal } from '../support/refusal.ts';
import {
  aCustomer,
  aNumber,
  aWorkspace,
  openWindow,
  openWorld,
  somePhone,
  type TestCustomer,
  type TestNumber,
  type World,
} from '../support/world.ts';

type Reply = Extract<CarrierEvent, { kind: 'permission-reply' }>;

const permission = suite('permissions');
let world: World;
let permissions: Permissions;
let number: TestNumber;
let customer: TestCustomer;
let phone: string;
permission.before(async () => {
  world = await openWorld();
  permissions = createPermissions(world);
});
permission.after(() => world.close());
permission.before.each(async () => {
  const workspaceId = await aWorkspace(world);
  number = await aNumber(world, workspaceId);
  phone = somePhone();
  customer = await aCustomer(world, { workspaceId, numberId: number.id }, { phone });
  world.notifier.told.length = 0;
  world.carrier.asked.length = 0;
  world.carrier.permissionAnswer = none;
});

const none = { status: 'none', expiresAt: null, canRequest: true, canCall: false, blockedUntil: null } as const;
const body = (message: MessageView | undefined): Partial<MessageView['body']> | undefined => message?.body;
let replies = 0;
const reply = (of: Partial<Reply> = {}): Reply => ({
  kind: 'permission-reply',
  phoneNumberId: number.phoneNumberId,
  at: world.clock.now(),
  granted: true,
  permanent: false,
  expiresAt: world.clock.now() + 7 * day,
  automatic: false,
  contextId: 'wamid.request',
  carrierMessageId: `wamid.reply-${(replies += 1)}`,
  customer: { phone, userId: null, name: null },
  ...of,
});
const isCallable = async (): Promise<boolean> =>
  mayCall(await findPermission(world.database.pool, customer), world.clock.now());

permission('without a permission a call is refused with the advice to send a request', async () => {
  await openWindow(world, customer);
  const fault = await refusal(permissions.requireToCall(customer), 'permission/needed');
  assert.match(fault.message, /Send a call permission request first/);
});

permission('where no request is possible either, the refusal says why and when again', async () => {
  await openWindow(world, customer);
  const again = world.clock.now() + 5 * 3_600_000;
  world.carrier.permissionAnswer = { ...none, canRequest: false, blockedUntil: again };
  const fault = await refusal(permissions.requireToCall(customer), 'permission/limit-reached');
  assert.match(fault.message, /ask again in 5 hours/);
  assert.equal(fault.details, { again: new Date(again).toISOString() });
});

permission('outside of the 24 hours the refusal says that the customer has to begin', async () => {
  const fault = await refusal(permissions.requireToCall(customer), 'permission/needed');
  assert.match(fault.message, /within 24 hours after the customer wrote or called/);
});

permission("Accept on the customer's phone opens the call, in the record, the thread and at the desks", async () => {
  await permissions.replied(reply());
  await permissions.requireToCall(customer);
  assert.is(world.carrier.count('permission'), 0, 'what is known is not asked again');
  const [{ conversation } = {}] = world.notifier.take('conversation:changed');
  assert.is(conversation?.permission.status, 'temporary');
  assert.is(conversation?.callability.allowed, true);
  assert.is(conversation?.unread, 1);
  assert.is(conversation?.windowOpenUntil, new Date(world.clock.now() + day).toISOString());
  const expiresAt = new Date(world.clock.now() + 7 * day).toISOString();
  const [{ message } = {}] = world.notifier.take('message:changed');
  assert.equal(body(message), { kind: 'permission', what: 'granted', authorName: null, expiresAt });
});

for (const [what, of, event, status] of [
  ['allowed for good in answer to a request', { permanent: true, expiresAt: null }, 'granted-permanently', 'permanent'],
  [
    'allowed for good in the profile',
    { permanent: true, expiresAt: null, contextId: null },
    'granted-permanently',
    'permanent',
  ],
  ['declined', { granted: false, expiresAt: null }, 'declined', 'declined'],
  ['a callback permission after a call', { automatic: true, contextId: 'wacid.1' }, 'granted', 'temporary'],
] as const) {
  permission(`a reply: ${what}`, async () => {
    await permissions.replied(reply(of));
    const [{ conversation } = {}] = world.notifier.take('conversation:changed');
    assert.is(conversation?.permission.status, status);
    const shown = body(world.notifier.take('message:changed')[0]?.message);
    assert.is(shown?.kind === 'permission' && shown.what, event);
  });
}

permission('after four unanswered calls the permission is gone, and Meta saying so again is no news', async () => {
  await permissions.replied(reply({ permanent: true, expiresAt: null }));
  for (const left of [3, 2, 1]) {
    await permissions.unanswered(customer);
    assert.is(await isCallable(), true, `${left} left`);
  }
  await permissions.unanswered(customer);
  assert.is(await isCallable(), false);
  world.notifier.told.length = 0;
  await permissions.replied(reply({ granted: false, automatic: true, contextId: null, expiresAt: null }));
  assert.equal(world.notifier.take('message:changed'), []);
});

permission('a call that connects forgives the unanswered ones', async () => {
  await permissions.replied(reply());
  for (let i = 0; i < 3; i += 1) await permissions.unanswered(customer);
  await permissions.callConnected(customer);
  await permissions.unanswered(customer);
  assert.is(await isCallable(), true);
});

permission('the same reply twice is one reply', async () => {
  const once = reply();
  await permissions.replied(once);
  await permissions.replied(once);
  assert.is(world.notifier.take('message:changed').length, 1);
});

permission('a reply that was overtaken by a newer one changes nothing', async () => {
  const early = reply({ at: world.clock.now() - 60_000 });
  await permissions.replied(reply({ granted: false, expiresAt: null }));
  await permissions.replied(early);
  assert.is(await isCallable(), false);
});

permission('the time of a temporary permission runs out without anybody doing anything', async () => {
  await permissions.replied(reply());
  world.clock.pass(7 * day);
  assert.is(await isCallable(), false);
  await refusal(permissions.requireToCall(customer), 'permission/needed');
});

permission('desks that look at it hear that the time is over, once', async () => {
  await permissions.replied(reply());
  const threads = createThreads(world);
  await threads.sweep();
  world.notifier.told.length = 0;
  world.clock.pass(7 * day - 1);
  await threads.sweep();
  assert.equal(world.notifier.told, []);
  world.clock.pass(1);
  await threads.sweep();
  await threads.sweep();
  const told = world.notifier.take('conversation:changed');
  assert.equal(
    told.map(({ conversation }) => [conversation.id, conversation.callability.because]),
    [[customer.conversationId, 'no-permission']],
  );
});

permission('Meta knows of a permission that we do not: the call is allowed and the record corrected', async () => {
  world.carrier.permissionAnswer = { ...none, status: 'permanent', canCall: true };
  await permissions.requireToCall(customer);
  assert.is(world.carrier.count('permission'), 1);
  await permissions.requireToCall(customer);
  assert.is(world.carrier.count('permission'), 1);
});

permission('Meta refuses a call for want of a permission (138006): our record was wrong', async () => {
  await permissions.replied(reply({ permanent: true, expiresAt: null }));
  world.notifier.told.length = 0;
  await permissions.refusedByCarrier(customer, new Fault('carrier/no-permission', 'No.'));
  assert.is(await isCallable(), false);
  const shown = body(world.notifier.take('message:changed')[0]?.message);
  assert.is(shown?.kind === 'permission' && shown.what, 'revoked');
});

permission('another refusal of a call says nothing about the permission', async () => {
  await permissions.replied(reply());
  await permissions.refusedByCarrier(customer, new Fault('carrier/unavailable', 'Later.'));
  assert.is(await isCallable(), true);
});

permission('when Meta cannot be asked, our record counts', async () => {
  await openWindow(world, customer);
  world.carrier.refuse('permission', new Fault('carrier/unavailable', 'Later.', { retryable: true }));
  await refusal(permissions.requireToCall(customer), 'permission/needed');
});

permission('a reply of somebody unknown makes the contact and the conversation', async () => {
  const stranger = { phone: null, userId: 'US.13491208655302741918', name: 'Grace' };
  await permissions.replied(reply({ customer: stranger, permanent: true, expiresAt: null }));
  const [{ conversation } = {}] = world.notifier.take('conversation:changed');
  assert.is(conversation?.contact.name, 'Grace');
  assert.is(conversation?.callability.allowed, true);
});

permission('a reply to a number that is not ours is left alone', async () => {
  await permissions.replied(reply({ phoneNumberId: '999' }));
  assert.equal(world.notifier.told, []);
});

permission.run();
