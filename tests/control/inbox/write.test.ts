import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../../control/contract/fault.ts';
import type { MessageView } from '../../../control/contract/views.ts';
import type { Caller } from '../../../control/control.ts';
import { createThreads, type Threads } from '../../../control/inbox/threads.ts';
import { createWriter, type Writer } from '../../../control/inbox/write.ts';
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

const writing = suite('writing');
let world: World;
let writer: Writer;
let threads: Threads;
let anna: Caller;
let number: TestNumber;
let customer: TestCustomer;
writing.before(async () => {
  world = await openWorld();
  writer = createWriter(world);
  threads = createThreads(world);
});
writing.after(() => world.close());
writing.before.each(async () => {
  const workspaceId = await aWorkspace(world);
  anna = await aCaller(world, workspaceId);
  number = await aNumber(world, workspaceId);
  customer = await aCustomer(world, { workspaceId, numberId: number.id });
  await openWindow(world, customer);
  world.notifier.told.length = 0;
  world.carrier.asked.length = 0;
});

const statusOf = ({ body }: MessageView): string => (body.kind === 'text' ? body.status : body.kind);
const told = (): string[] => world.notifier.take('message:changed').map(({ message }) => statusOf(message));
const send = (text = 'Hello Grace'): Promise<MessageView> => writer.send(anna, customer.conversationId, text);
const report = (carrierMessageId: string, status: 'sent' | 'delivered' | 'read' | 'failed', code?: number) =>
  threads.messageStatusChanged({
    kind: 'message-status',
    carrierMessageId,
    phoneNumberId: number.phoneNumberId,
    at: world.clock.now(),
    status,
    error: code === undefined ? null : { code, text: "Meta's words" },
  });

writing('a text is at the desks before it is at WhatsApp, and then as sent', async () => {
  const message = await send();
  assert.equal(message.body, {
    kind: 'text',
    from: 'business',
    text: 'Hello Grace',
    authorName: 'Anna',
    status: 'sent',
    failure: null,
  });
  assert.equal(told(), ['sending', 'sent']);
  const [{ conversation } = {}] = world.notifier.take('conversation:changed');
  assert.is(conversation?.preview, 'Anna: Hello Grace');
  assert.is(conversation?.unread, 0);
});

writing('delivered and read come by webhook, in whatever order', async () => {
  await send();
  const id = String(world.carrier.last('sendText')?.args[2]);
  told();
  for (const status of ['read', 'delivered', 'sent', 'read'] as const) await report(id, status);
  assert.equal(told(), ['read']);
});

writing("a webhook that is faster than WhatsApp's own answer counts", async () => {
  const release = world.carrier.hold('sendText');
  const sending = send();
  // The webhooks come while the request is still under way.
  while (world.carrier.count('sendText') === 0) await new Promise(setImmediate);
  const id = String(world.carrier.last('sendText')?.args[2]);
  await report(id, 'delivered');
  await report(id, 'sent');
  release();
  assert.is(statusOf(await sending), 'delivered');
});

writing('what WhatsApp refuses is in the thread as failed, with the reason', async () => {
  world.carrier.refuse('sendText', new Fault('carrier/not-callable', 'The customer is not on WhatsApp.'));
  const { body } = await send();
  assert.is(body.kind === 'text' && body.status, 'failed');
  assert.is(body.kind === 'text' && body.failure, 'The customer is not on WhatsApp.');
  assert.equal(told(), ['sending', 'failed']);
});

writing('a bug in between shows no internals', async () => {
  world.carrier.refuse('sendText', new Error('socket hang up at 10.0.0.7'));
  const { body } = await send();
  assert.ok(body.kind === 'text' && body.failure?.startsWith('Something went wrong on our side'));
});

writing('what WhatsApp could not deliver later fails later, in our words', async () => {
  await send();
  told();
  await report(String(world.carrier.last('sendText')?.args[2]), 'failed', 131_047);
  const [{ message } = {}] = world.notifier.take('message:changed');
  assert.ok(message?.body.kind === 'text' && message.body.failure?.startsWith('More than 24 hours'));
});

writing('a process that dies while it sends never sends twice: the text ends as unsure', async () => {
  const release = world.carrier.hold('sendText');
  const sending = send();
  while (world.carrier.count('sendText') === 0) await new Promise(setImmediate);
  await threads.sweep();
  assert.equal(told(), ['sending'], 'what is under way is left alone');
  world.clock.pass(121_000);
  await threads.sweep();
  const [{ message } = {}] = world.notifier.take('message:changed');
  assert.ok(message?.body.kind === 'text' && message.body.failure?.startsWith('It is not known whether WhatsApp'));
  assert.is(world.carrier.count('sendText'), 1);
  // It lives after all, and WhatsApp has answered: that is the truth then.
  release();
  assert.is(statusOf(await sending), 'sent');
});

writing('outside of the 24 hours nothing is sent, and the reason says when it will be possible', async () => {
  world.clock.pass(24 * 3_600_000);
  const fault = await refusal(send(), 'carrier/window-closed');
  assert.match(fault.message, /after the customer wrote or called/);
  assert.is(world.carrier.count('sendText'), 0);
  assert.equal(told(), []);
});

writing('when Meta says that the 24 hours are over, they are', async () => {
  world.carrier.refuse('sendText', new Fault('carrier/window-closed', 'More than 24 hours have passed.'));
  assert.is(statusOf(await send()), 'failed');
  await refusal(send(), 'carrier/window-closed');
  assert.is(world.carrier.count('sendText'), 1);
});

writing('a customer without a phone number is written to by the user id', async () => {
  customer = await aCustomer(world, customer, { phone: null, userId: 'US.42' });
  await openWindow(world, customer);
  await send();
  const [to] = world.carrier.last('sendText')?.args ?? [];
  assert.equal(to, { name: 'Grace', phone: null, userId: 'US.42' });
});

writing('a note is for the team alone', async () => {
  const { body } = await writer.note(anna, customer.conversationId, 'Likes to be called in the morning');
  assert.equal(body, { kind: 'note', text: 'Likes to be called in the morning', authorName: 'Anna' });
  assert.is(world.carrier.asked.length, 0);
  const [{ conversation } = {}] = world.notifier.take('conversation:changed');
  assert.is(conversation?.preview, 'Note by Anna: Likes to be called in the morning');
});

writing('conversations of another workspace are not found', async () => {
  const stranger = await aCaller(world, await aWorkspace(world));
  await refusal(writer.send(stranger, customer.conversationId, 'Hi'), 'conversation/not-found');
  await refusal(writer.note(stranger, customer.conversationId, 'Hi'), 'conversation/not-found');
});

writing.run();
