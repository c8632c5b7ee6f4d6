import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { WorkspaceId } from '../../../control/contract/ids.ts';
import { findOrCreateCustomer, type Customer, type Party } from '../../../control/inbox/customers.ts';
import { insertEntry, touchConversation } from '../../../control/inbox/entries.ts';
import { lockPermission, savePermission, findPermission } from '../../../control/permission/record.ts';
import { requested } from '../../../control/permission/rules.ts';
import {
  anEndedCall,
  aNumber,
  aRingingCall,
  aWorkspace,
  openWorld,
  somePhone,
  type TestNumber,
  type World,
} from '../support/world.ts';

const customers = suite('customers');
let world: World;
let workspaceId: WorkspaceId;
let sales: TestNumber;
let support: TestNumber;
customers.before(async () => {
  world = await openWorld();
  workspaceId = await aWorkspace(world);
  sales = await aNumber(world, workspaceId);
  support = await aNumber(world, workspaceId);
});
customers.after(() => world.close());

type Met = Partial<Party> & { number?: TestNumber; by?: 'team' | 'customer'; workspace?: WorkspaceId };
const meet = ({ number = sales, by = 'customer', workspace = workspaceId, ...party }: Met): Promise<Customer> =>
  world.database.transaction((sql) =>
    findOrCreateCustomer(sql, {
      workspaceId: workspace,
      numberId: number.id,
      party: { phone: null, userId: null, name: null, ...party },
      at: world.clock.now(),
      namedBy: by,
    }),
  );
let users = 0;
const someUserId = (): string => `US.${(users += 1)}`;

customers('who calls twice is the same person, and has one conversation with each number', async () => {
  const phone = somePhone();
  const first = await meet({ phone, name: 'Grace' });
  assert.equal(await meet({ phone, name: 'Grace' }), first);
  const elsewhere = await meet({ phone, number: support });
  assert.is(elsewhere.contactId, first.contactId);
  assert.is.not(elsewhere.conversationId, first.conversationId);
});

customers('a name that is learned later is shown, and one that is missing takes nothing away', async () => {
  const phone = somePhone();
  assert.is((await meet({ phone })).contact.name, `+${phone}`);
  assert.is((await meet({ phone, name: 'Grace' })).contact.name, 'Grace');
  assert.is((await meet({ phone })).contact.name, 'Grace');
  assert.is((await meet({ phone, name: 'Grace H.' })).contact.name, 'Grace H.');
});

customers('the name that the team gave is shown before the one of the profile', async () => {
  const phone = somePhone();
  await meet({ phone, name: '🌸🌸🌸' });
  await meet({ phone, name: 'Grace Hopper', by: 'team' });
  assert.is((await meet({ phone, name: 'gracie' })).contact.name, 'Grace Hopper');
});

customers('names of strangers are cut and cleaned, and emoji stay whole', async () => {
  const name = `  Eve\u0000\n\u202Eevil ${'👨‍👩‍👧'.repeat(40)}`;
  const { contact } = await meet({ phone: somePhone(), name });
  assert.match(contact.name, /^Eve evil 👨‍👩‍👧/u);
  assert.ok(contact.name.length > 90 && contact.name.length <= 100, `${contact.name.length} units`);
  assert.ok(contact.name.endsWith('👨‍👩‍👧'), contact.name);
});

customers('a customer who hides the phone number is known by the user id', async () => {
  const userId = someUserId();
  const first = await meet({ userId });
  assert.equal(first.contact, { name: 'WhatsApp user', phone: null, userId });
  assert.is((await meet({ userId, name: 'Grace' })).contactId, first.contactId);
});

customers('a phone number that is learned later belongs to the same person', async () => {
  const [userId, phone] = [someUserId(), somePhone()];
  const hidden = await meet({ userId });
  const shown = await meet({ userId, phone });
  assert.is(shown.contactId, hidden.contactId);
  assert.is((await meet({ phone })).contactId, hidden.contactId);
});

customers('two contacts that turn out to be one person become one, with all that was said', async () => {
  const [userId, phone] = [someUserId(), somePhone()];
  const hidden = await meet({ userId, name: 'gracie' });
  const known = await meet({ phone });
  const onlyHidden = await meet({ userId, number: support });
  const pair = { workspaceId, numberId: sales.id, contactId: hidden.contactId };
  const callId = await anEndedCall(world, { ...pair, conversationId: hidden.conversationId });
  await world.database.transaction(async (sql) => {
    const at = new Date(world.clock.now() + 1000);
    const about = { workspace_id: workspaceId, conversation_id: hidden.conversationId, at };
    await insertEntry(sql, { ...about, kind: 'text', sender: 'customer', text: 'Hello', status: 'received' });
    await touchConversation(sql, hidden.conversationId, { at, preview: 'Hello', unread: 1 });
    await savePermission(sql, pair, requested(await lockPermission(sql, pair), world.clock.now()));
  });

  const one = await meet({ userId, phone });
  assert.is(one.contactId, known.contactId);
  assert.equal(one.contact, { name: 'gracie', phone, userId });
  const { rows } = await world.database.pool.query(
    `SELECT v.preview, v.unread, (SELECT count(*)::int FROM messages m WHERE m.conversation_id = v.id) AS messages,
            (SELECT conversation_id FROM calls WHERE id = $2) AS call_in
       FROM conversations v WHERE v.id = $1`,
    [one.conversationId, callId],
  );
  assert.equal(rows, [{ preview: 'Hello', unread: 1, messages: 1, call_in: known.conversationId }]);
  const permission = await findPermission(world.database.pool, { ...pair, contactId: one.contactId });
  assert.equal(permission.requests, [world.clock.now()]);
  assert.is((await meet({ phone, number: support })).conversationId, onlyHidden.conversationId);
  const { rows: left } = await world.database.pool.query('SELECT 1 FROM contacts WHERE id = $1', [hidden.contactId]);
  assert.equal(left, []);
});

customers('they stay two while one of them is in a call, and become one after it', async () => {
  const [userId, phone] = [someUserId(), somePhone()];
  const hidden = await meet({ userId });
  const known = await meet({ phone });
  const callId = await aRingingCall(world, {
    workspaceId,
    numberId: sales.id,
    contactId: hidden.contactId,
    conversationId: hidden.conversationId,
  });
  assert.equal((await meet({ userId, phone })).contact, { ...known.contact });
  assert.is((await meet({ userId })).contactId, hidden.contactId);
  await world.database.pool.query(`UPDATE calls SET phase = 'ended' WHERE id = $1`, [callId]);
  assert.is((await meet({ userId, phone })).contact.userId, userId);
  assert.is((await meet({ userId })).contactId, known.contactId);
});

customers('a user id that moves to another known phone goes with it', async () => {
  const [userId, old, fresh] = [someUserId(), somePhone(), somePhone()];
  const before = await meet({ userId, phone: old });
  const other = await meet({ phone: fresh });
  assert.is((await meet({ userId, phone: fresh })).contactId, other.contactId);
  assert.equal((await meet({ phone: old })).contact, { ...before.contact, userId: null });
});

customers('twenty webhooks of a new customer at the same moment make one contact and one conversation', async () => {
  const [userId, phone] = [someUserId(), somePhone()];
  const met = await Promise.all(
    Array.from({ length: 20 }, (_, i) => meet(i % 3 === 0 ? { userId, phone } : i % 3 === 1 ? { phone } : { userId })),
  );
  const last = await meet({ userId, phone });
  const { rows } = await world.database.pool.query('SELECT id FROM contacts WHERE phone = $1 OR carrier_user_id = $2', [
    phone,
    userId,
  ]);
  assert.equal(rows, [{ id: last.contactId }]);
  assert.ok(met.some(({ conversationId }) => conversationId === last.conversationId));
});

customers('the same phone number is another contact in another workspace', async () => {
  const phone = somePhone();
  const other = await aWorkspace(world, 'Southwind');
  const theirs = await meet({ phone, workspace: other, number: await aNumber(world, other) });
  assert.is.not((await meet({ phone })).contactId, theirs.contactId);
});

customers.run();
