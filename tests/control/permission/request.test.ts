import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../../control/contract/fault.ts';
import type { Caller } from '../../../control/control.ts';
import { createThreads } from '../../../control/inbox/threads.ts';
import { createPermissions } from '../../../control/permission/permissions.ts';
import { findPermission } from '../../../control/permission/record.ts';
import { createRequests } from '../../../control/permission/request.ts';
import { day } from '../../../control/permission/rules.ts';
import { refusal } from '../support/refusal.ts';
import {
  aCaller,
  aCustomer,
  aNumber,
  aWorkspace,
  openWindow,
  openWorld,
  type TestCustomer,
  type TestNumber,
  type World,
} from '../support/world.ts';

const requests = suite('permission requests');
let world: World;
let anna: Caller;
let number: TestNumber;
let customer: TestCustomer;
let service: ReturnType<typeof createRequests>;
requests.before(async () => {
  world = await openWorld();
  service = createRequests({ ...world, permissions: createPermissions(world) });
});
requests.after(() => world.close());
requests.before.each(async () => {
  const workspaceId = await aWorkspace(world);
  anna = await aCaller(world, workspaceId);
  number = await aNumber(world, workspaceId);
  customer = await aCustomer(world, { workspaceId, numberId: number.id });
  await openWindow(world, customer);
  world.notifier.told.length = 0;
  world.carrier.asked.length = 0;
  world.carrier.permissionAnswer = none;
});

const none = { status: 'none', expiresAt: null, canRequest: true, canCall: false, blockedUntil: null } as const;
const ask = (text: string | null = null) => service.request(anna, customer.conversationId, text);
const events = async (): Promise<unknown[]> => {
  const { rows } = await world.database.pool.query(
    'SELECT permission_event, author_name, status FROM messages WHERE conversation_id = $1',
    [customer.conversationId],
  );
  return rows;
};

requests('a request goes to the customer and stands in the thread, and the record says requested', async () => {
  const conversation = await ask('We would like to call you about your order.');
  assert.is(conversation.permission.status, 'requested');
  assert.is(conversation.permission.canRequest, false);
  assert.match(conversation.permission.requestBlockedBecause ?? '', /ask again in 24 hours/);
  assert.is(conversation.preview, 'Call permission requested');
  assert.equal(world.carrier.last('requestPermission')?.args[1], 'We would like to call you about your order.');
  assert.equal(await events(), [{ permission_event: 'requested', author_name: 'Anna', status: 'sent' }]);
  const told = world.notifier.take('message:changed').map(({ message }) => message.body);
  assert.equal(told, [{ kind: 'permission', what: 'requested', authorName: 'Anna', expiresAt: null }]);
});

requests('a second request on the same day is refused, with when again', async () => {
  await ask();
  world.carrier.permissionAnswer = { ...none, canRequest: false };
  const fault = await refusal(ask(), 'permission/limit-reached');
  assert.equal(fault.details, { again: new Date(world.clock.now() + day).toISOString() });
  assert.is(world.carrier.count('requestPermission'), 1);
});

requests("before a request is refused for our own count, Meta's count is asked for", async () => {
  await ask();
  world.clock.pass(600_000);
  await ask();
  assert.is(world.carrier.count('permission'), 1);
  assert.is(world.carrier.count('requestPermission'), 2);
});

requests('two teammates at the same moment send one request', async () => {
  const answers = await Promise.allSettled([ask(), ask(), ask()]);
  assert.is(world.carrier.count('requestPermission'), 1);
  assert.is(answers.filter(({ status }) => status === 'fulfilled').length, 1);
});

requests('a request that Meta refuses leaves no trace, and may be sent again', async () => {
  world.carrier.refuse('requestPermission', new Fault('carrier/unavailable', 'Later.', { retryable: true }));
  await refusal(ask(), 'carrier/unavailable');
  assert.equal(await events(), []);
  assert.equal((await findPermission(world.database.pool, customer)).requests, []);
  assert.is((await ask()).permission.status, 'requested');
});

requests("Meta's limit (138009) is told in our words, with when again", async () => {
  const again = world.clock.now() + 3 * day;
  world.carrier.refuse('requestPermission', new Fault('carrier/limit-reached', 'Limit.'));
  world.carrier.permissionAnswer = { ...none, canRequest: false, blockedUntil: again };
  const fault = await refusal(ask(), 'permission/limit-reached');
  assert.match(fault.message, /ask again in 3 days/);
  assert.equal(fault.details, { again: new Date(again).toISOString() });
});

requests('Meta says that calls are allowed for good (138017): the record learns it', async () => {
  world.carrier.refuse('requestPermission', new Fault('carrier/permission-exists', 'Allowed already.'));
  world.carrier.permissionAnswer = { ...none, status: 'permanent', canRequest: false, canCall: true };
  await refusal(ask(), 'carrier/permission-exists');
  const [{ conversation } = {}] = world.notifier.take('conversation:changed').slice(-1);
  assert.is(conversation?.callability.allowed, true);
});

requests('outside of the 24 hours nothing is sent', async () => {
  world.clock.pass(day);
  await refusal(ask(), 'carrier/window-closed');
  assert.is(world.carrier.count('requestPermission'), 0);
});

requests('a number with calling switched off asks nobody', async () => {
  const off = await aNumber(world, customer.workspaceId, { callingEnabled: false });
  customer = await aCustomer(world, { ...customer, numberId: off.id });
  await openWindow(world, customer);
  await refusal(ask(), 'number/calling-off');
});

requests('a request that could not be delivered waits for no answer', async () => {
  await ask();
  const carrierMessageId = String(world.carrier.last('requestPermission')?.args[2]);
  const failed = { kind: 'message-status', status: 'failed', carrierMessageId, at: world.clock.now() } as const;
  await createThreads(world).messageStatusChanged({
    ...failed,
    phoneNumberId: number.phoneNumberId,
    error: { code: 131_026, text: 'Message undeliverable' },
  });
  assert.is((await findPermission(world.database.pool, customer)).pendingSince, null);
  const [{ conversation } = {}] = world.notifier.take('conversation:changed').slice(-1);
  assert.is(conversation?.permission.status, 'none');
});

requests('a conversation of another workspace is not found', async () => {
  const stranger = await aCaller(world, await aWorkspace(world));
  await refusal(service.request(stranger, customer.conversationId, null), 'conversation/not-found');
});

requests.run();
