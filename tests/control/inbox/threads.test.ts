import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findCalls } from '../../../control/call/record.ts';
import { viewOf } from '../../../control/call/view.ts';
import type { CallId } from '../../../control/contract/ids.ts';
import type { CallView, ConversationView, MessageView } from '../../../control/contract/views.ts';
import { further, mayFollow, type Outgoing } from '../../../control/inbox/message-status.ts';
import { createThreads, type Threads } from '../../../control/inbox/threads.ts';
import type { CarrierEvent } from '../../../control/ports.ts';
import {
  aCustomer,
  aNumber,
  anEndedCall,
  aRingingCall,
  aWorkspace,
  openWorld,
  somePhone,
  type TestCustomer,
  type TestNumber,
  type World,
} from '../support/world.ts';

type Message = Extract<CarrierEvent, { kind: 'message' }>;
type Status = Extract<CarrierEvent, { kind: 'message-status' }>;

const threads = suite('threads');
let world: World;
let service: Threads;
let number: TestNumber;
let customer: TestCustomer;
let phone: string;
threads.before(async () => {
  world = await openWorld();
  service = createThreads(world);
});
threads.after(() => world.close());
threads.before.each(async () => {
  const workspaceId = await aWorkspace(world);
  number = await aNumber(world, workspaceId);
  phone = somePhone();
  customer = await aCustomer(world, { workspaceId, numberId: number.id }, { phone });
  world.clock.pass(60_000);
  world.notifier.told.length = 0;
});

const hour = 3_600_000;
const iso = (at: number): string => new Date(at).toISOString();
let sent = 0;
const message = (of: Partial<Message> = {}): Message => ({
  kind: 'message',
  carrierMessageId: `wamid.in-${(sent += 1)}`,
  phoneNumberId: number.phoneNumberId,
  at: world.clock.now(),
  type: 'text',
  text: 'Hello',
  customer: { phone, userId: null, name: 'Grace' },
  ...of,
});
const lastConversation = (): ConversationView | undefined =>
  world.notifier.take('conversation:changed').at(-1)?.conversation;
const lastMessage = (): MessageView | undefined => world.notifier.take('message:changed').at(-1)?.message;
const call = async (id: CallId, changes: Partial<CallView> = {}): Promise<CallView> => {
  const [record] = await findCalls(world.database.pool, 'c.id = $1', [id]);
  assert.ok(record);
  return { ...viewOf(record), ...changes };
};

threads("a customer's text: thread, preview, unread, and 24 hours to answer", async () => {
  await service.messageReceived(message({ text: 'Where is\n my   order?' }));
  const now = world.clock.now();
  const view = lastConversation();
  assert.is(view?.preview, 'Where is my order?');
  assert.is(view?.unread, 1);
  assert.is(view?.lastActivityAt, iso(now));
  assert.is(view?.windowOpenUntil, iso(now + 24 * hour));
  assert.equal(lastMessage()?.body, {
    kind: 'text',
    from: 'customer',
    text: 'Where is\n my   order?',
    authorName: null,
    status: 'received',
    failure: null,
  });
});

threads('a webhook that comes twice is one message', async () => {
  const once = message();
  await Promise.all([service.messageReceived(once), service.messageReceived(once)]);
  await service.messageReceived(once);
  assert.is(world.notifier.take('message:changed').length, 1);
  assert.is(lastConversation()?.unread, 1);
});

threads('an older message that comes late is unread, and does not become the newest', async () => {
  await service.messageReceived(message({ text: 'second' }));
  await service.messageReceived(message({ text: 'first', at: world.clock.now() - 30_000 }));
  const view = lastConversation();
  assert.is(view?.preview, 'second');
  assert.is(view?.unread, 2);
  assert.is(view?.windowOpenUntil, iso(world.clock.now() + 24 * hour));
});

threads('a message from a clock that is ahead has happened now', async () => {
  await service.messageReceived(message({ at: world.clock.now() + hour }));
  assert.is(lastMessage()?.at, iso(world.clock.now()));
});

threads('a picture is shown as one, with its caption in the preview', async () => {
  await service.messageReceived(message({ type: 'image', text: 'the broken one' }));
  assert.equal(lastMessage()?.body, { kind: 'other', type: 'image' });
  assert.is(lastConversation()?.preview, 'Picture: the broken one');
});

threads('a tapped button is what the customer says', async () => {
  await service.messageReceived(message({ type: 'interactive', text: 'Yes, please' }));
  const body = lastMessage()?.body;
  assert.is(body?.kind === 'text' && body.text, 'Yes, please');
});

threads('characters that the database cannot hold lose nobody a message', async () => {
  await service.messageReceived(message({ text: 'a\0b\uD800c' }));
  const body = lastMessage()?.body;
  assert.ok(body?.kind === 'text' && body.text.startsWith('ab'));
});

threads('a message to a number that is not ours is left alone', async () => {
  await service.messageReceived(message({ phoneNumberId: '999' }));
  assert.equal(world.notifier.told, []);
});

// --- calls

threads('a ringing call is in the thread from its first ring, and the customer may be written to', async () => {
  const id = await aRingingCall(world, customer);
  await service.callChanged(await call(id));
  const view = lastConversation();
  assert.is(view?.preview, 'Incoming call…');
  assert.is(view?.unread, 0);
  assert.is(view?.callability.because, 'already-in-call');
  assert.is(view?.windowOpenUntil, iso(world.clock.now() + 24 * hour));
  const body = lastMessage()?.body;
  assert.is(body?.kind === 'call' && body.call.id, id);
});

threads('a missed call is unread once, however often the desks hear of its end', async () => {
  const id = await anEndedCall(world, customer);
  const view = await call(id);
  await service.callChanged(view);
  await service.callChanged(view);
  await service.callChanged({ ...view, revision: view.revision + 1 });
  const conversation = lastConversation();
  assert.is(conversation?.unread, 1);
  assert.is(conversation?.preview, 'Missed call');
});

for (const [direction, disposition, seconds, preview, unread] of [
  ['inbound', 'abandoned', null, 'Missed call', 1],
  ['inbound', 'rejected', null, 'Declined call', 0],
  ['inbound', 'completed', 125, 'Incoming call, 2 min 5 s', 0],
  ['outbound', 'completed', 9, 'Outgoing call, 9 s', 0],
  ['outbound', 'unanswered', null, 'Outgoing call, no answer', 0],
  ['outbound', 'declined', null, 'Outgoing call, declined by the customer', 0],
] as const) {
  threads(`${direction}, ${disposition}: "${preview}"`, async () => {
    const answeredAt = seconds === null ? null : world.clock.now() + 1000;
    const id = await anEndedCall(world, customer, { direction, disposition, durationSeconds: seconds, answeredAt });
    await service.callChanged(await call(id));
    const view = lastConversation();
    assert.is(view?.preview, preview);
    assert.is(view?.unread, unread);
    // The window opens when the customer calls, or picks up.
    assert.is(view?.windowOpenUntil !== null, direction === 'inbound' || seconds !== null);
  });
}

threads('a view that was overtaken by a newer one is ignored', async () => {
  const id = await anEndedCall(world, customer);
  const ended = await call(id, { revision: 7 });
  await service.callChanged(ended);
  world.notifier.told.length = 0;
  await service.callChanged({ ...ended, revision: 6, phase: 'ringing', disposition: null });
  assert.equal(world.notifier.told, []);
});

threads('a step that a thread does not show is not told', async () => {
  const id = await aRingingCall(world, customer);
  const view = await call(id);
  await service.callChanged(view);
  world.notifier.told.length = 0;
  await service.callChanged({ ...view, revision: view.revision + 1 });
  assert.equal(world.notifier.told, []);
});

threads('what a process that died did not tell is mended later, once', async () => {
  await anEndedCall(world, customer);
  await service.sweep();
  assert.is(lastConversation()?.preview, 'Missed call');
  world.notifier.told.length = 0;
  await service.sweep();
  assert.equal(world.notifier.told, []);
});

// --- statuses of what we sent

const ladder: readonly Outgoing[] = ['sending', 'sent', 'delivered', 'read', 'failed'];

threads('whatever order statuses come in, none goes back', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...ladder), { maxLength: 12 }), (list) => {
      let now: Outgoing = 'sending';
      for (const next of list) {
        const after = further(now, next);
        assert.ok(ladder.indexOf(after) >= ladder.indexOf(now));
        assert.ok(after === now || mayFollow(now, after));
        now = after;
      }
    }),
  );
});

threads('a message that was delivered does not fail any more', () => {
  assert.is(mayFollow('delivered', 'failed'), false);
  assert.is(mayFollow('sent', 'failed'), true);
});

const status = (of: Partial<Status>): Status => ({
  kind: 'message-status',
  carrierMessageId: 'wamid.unknown',
  phoneNumberId: number.phoneNumberId,
  at: world.clock.now(),
  status: 'sent',
  error: null,
  ...of,
});

threads('a status of a message that we do not know is no trouble, and is forgotten after a day', async () => {
  await service.messageStatusChanged(status({}));
  assert.equal(world.notifier.told, []);
  world.clock.pass(25 * hour);
  await service.sweep();
  const { rows } = await world.database.pool.query('SELECT 1 FROM early_statuses');
  assert.equal(rows, []);
});

threads.run();
