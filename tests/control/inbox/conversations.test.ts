import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConversationId, WorkspaceId } from '../../../control/contract/ids.ts';
import type { Caller } from '../../../control/control.ts';
import { createConversations, type Conversations } from '../../../control/inbox/conversations.ts';
import { insertEntry, touchConversation } from '../../../control/inbox/entries.ts';
import { createThreads } from '../../../control/inbox/threads.ts';
import { createPermissions } from '../../../control/permission/permissions.ts';
import { refusal } from '../support/refusal.ts';
import {
  aCaller,
  aCustomer,
  aNumber,
  anEndedCall,
  aWorkspace,
  openWorld,
  somePhone,
  type TestNumber,
  type World,
} from '../support/world.ts';

const conversations = suite('conversations');
let world: World;
let service: Conversations;
let workspaceId: WorkspaceId;
let anna: Caller;
let number: TestNumber;
conversations.before(async () => {
  world = await openWorld();
  service = createConversations({ ...world, permissions: createPermissions(world) });
});
conversations.after(() => world.close());
conversations.before.each(async () => {
  workspaceId = await aWorkspace(world);
  anna = await aCaller(world, workspaceId);
  number = await aNumber(world, workspaceId);
  world.carrier.asked.length = 0;
  world.notifier.told.length = 0;
});

const start = (phone = somePhone(), name?: string) => service.start(anna, name ? { phone, name } : { phone });
const say = (id: ConversationId, at: number, preview: string, unread = 0): Promise<void> =>
  touchConversation(world.database.pool, id, { at: new Date(at), preview, unread });
const names = async (search: string): Promise<string[]> =>
  (await service.list(anna, { limit: 50, search })).items.map(({ contact }) => contact.name).toSorted();

conversations('the latest activity comes first', async () => {
  const [one, two] = [await start(), await start()];
  const now = world.clock.now();
  await say(one.id, now + 2000, 'later');
  await say(two.id, now + 1000, 'earlier');
  const { items, next } = await service.list(anna, { limit: 50 });
  assert.equal(
    items.map(({ preview }) => preview),
    ['later', 'earlier'],
  );
  assert.is(next, null);
});

conversations('pages follow each other without a gap or a repetition, also where times are the same', async () => {
  const made = new Set<string>();
  for (let i = 0; i < 7; i += 1) made.add((await start()).id);
  const seen: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 4; page += 1) {
    const { items, next } = await service.list(anna, { limit: 3, ...(cursor === undefined ? {} : { cursor }) });
    seen.push(...items.map(({ id }) => id));
    if (next === null) break;
    cursor = next;
  }
  assert.is(seen.length, 7);
  assert.equal(new Set(seen), made);
});

conversations('a cursor that is none of ours is refused', async () => {
  for (const cursor of [
    'x',
    Buffer.from('1 2 3').toString('base64url'),
    Buffer.from('9'.repeat(30)).toString('base64url'),
  ]) {
    await refusal(service.list(anna, { limit: 5, cursor }), 'request/invalid');
  }
});

conversations('search finds part of a name in any case, and a number however it is typed', async () => {
  await start('16315559001', 'Grace Hopper');
  await start('441632960961', '50% Off_');
  assert.equal(await names('hopp'), ['Grace Hopper']);
  assert.equal(await names('+1 (631) 555-9001'), ['Grace Hopper']);
  assert.equal(await names('960961'), ['50% Off_']);
  assert.equal(await names('%'), ['50% Off_'], 'signs stand for themselves');
  assert.equal(await names('_'), ['50% Off_']);
  assert.equal(await names(`'; DROP TABLE contacts; --`), []);
  assert.equal(await names('\\'), []);
  assert.equal(await names('  '), ['50% Off_', 'Grace Hopper']);
});

conversations('a conversation is made once for a phone number, and its contact keeps the name', async () => {
  const phone = somePhone();
  const first = await start(phone, 'Grace');
  const again = await start(phone);
  assert.is(again.id, first.id);
  assert.is(again.contact.name, 'Grace');
  assert.is(again.callability.because, 'no-permission');
  assert.is(again.permission.canRequest, false, 'the customer has never written');
});

conversations('without a number there is nothing to start from', async () => {
  const lonely = await aCaller(world, await aWorkspace(world));
  await refusal(service.start(lonely, { phone: somePhone() }), 'number/not-found');
  await refusal(service.start(lonely, { phone: somePhone(), numberId: number.id }), 'number/not-found');
});

conversations('reading takes the unread away for the whole team', async () => {
  const { id } = await start();
  await say(id, world.clock.now(), 'Hello', 3);
  assert.is((await service.get(anna, id)).unread, 3);
  world.notifier.told.length = 0;
  assert.is((await service.read(anna, id)).unread, 0);
  assert.is(world.notifier.take('conversation:changed').length, 1);
  await service.read(anna, id);
  assert.equal(world.notifier.take('conversation:changed'), [], 'what is read already is no news');
});

conversations('looking at a conversation that may not be called asks Meta, once in a while', async () => {
  world.carrier.permissionAnswer = { ...world.carrier.permissionAnswer, status: 'permanent', canCall: true };
  const { workspaceId: ws, numberId, ...customer } = await aCustomer(world, { workspaceId, numberId: number.id });
  assert.is((await service.get(anna, customer.conversationId)).callability.allowed, false);
  while (world.notifier.told.length === 0) await new Promise(setImmediate);
  const [{ conversation } = {}] = world.notifier.take('conversation:changed');
  assert.is(conversation?.callability.allowed, true);
  await service.get(anna, customer.conversationId);
  assert.is(world.carrier.count('permission'), 1);
  assert.is(ws, workspaceId);
  assert.is(numberId, number.id);
});

conversations('the thread has messages, notes, permissions and calls, newest first, page by page', async () => {
  const customer = await aCustomer(world, { workspaceId, numberId: number.id });
  const now = world.clock.now();
  const about = { workspace_id: workspaceId, conversation_id: customer.conversationId };
  const at = (seconds: number): Date => new Date(now + seconds * 1000);
  const { pool } = world.database;
  await insertEntry(pool, { ...about, at: at(1), kind: 'text', sender: 'customer', text: 'Hi', status: 'received' });
  await insertEntry(pool, {
    ...about,
    at: at(2),
    kind: 'permission',
    permission_event: 'requested',
    author_name: 'Anna',
  });
  await insertEntry(pool, { ...about, at: at(3), kind: 'note', text: 'Nice', author_name: 'Anna' });
  await insertEntry(pool, { ...about, at: at(5), kind: 'other', type: 'image' });
  await anEndedCall(world, customer, { startedAt: now + 4000 });
  await createThreads(world).sweep();

  const first = await service.thread(anna, customer.conversationId, { limit: 3 });
  assert.equal(
    first.items.map(({ body }) => body.kind),
    ['other', 'call', 'note'],
  );
  assert.ok(first.next);
  const second = await service.thread(anna, customer.conversationId, { limit: 3, cursor: first.next });
  assert.equal(
    second.items.map(({ body }) => body.kind),
    ['permission', 'text'],
  );
  assert.is(second.next, null);
});

conversations.run();
