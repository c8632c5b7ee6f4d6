import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAccounts } from '../../../control/account/accounts.ts';
import { seedAdmin } from '../../../control/account/seed.ts';
import { Fault } from '../../../control/contract/fault.ts';
import { createId } from '../../../control/contract/ids.ts';
import { refusal } from '../support/refusal.ts';
import { aWorkspace, openWorld, type World } from '../support/world.ts';

const accounts = suite('accounts');
let world: World;
accounts.before(async () => {
  world = await openWorld();
});
accounts.after(() => world.close());

accounts('the first admin gets in with what the configuration says, whatever the case of the address', async () => {
  const workspaceId = await aWorkspace(world, 'Northwind');
  const made = await seedAdmin(world.database, {
    workspaceId,
    email: 'Ada.Lovelace@Example.org',
    password: 'correct horse battery',
    now: world.clock.now(),
  });
  assert.equal(made, { email: 'ada.lovelace@example.org', password: 'correct horse battery' });
  const entry = createAccounts(world);
  const user = await entry.signIn(' ada.lovelace@EXAMPLE.org ', 'correct horse battery');
  assert.equal(
    { ...user, id: '' },
    {
      id: '',
      workspaceId,
      workspaceName: 'Northwind',
      name: 'Ada Lovelace',
      email: 'ada.lovelace@example.org',
      role: 'admin',
    },
  );
  assert.equal(await entry.userOf(user.id), user);
  assert.is(await entry.userOf(createId('user')), undefined);
});

accounts('a wrong password and an unknown address are refused in the same words', async () => {
  const workspaceId = await aWorkspace(world);
  await seedAdmin(world.database, { workspaceId, email: 'bob@example.org', password: 'right', now: 0 });
  const entry = createAccounts(world);
  const [wrong, unknown] = [
    await refusal(entry.signIn('bob@example.org', 'wrong'), 'account/wrong-credentials'),
    await refusal(entry.signIn('eve@x.org', 'a'), 'account/wrong-credentials'),
  ];
  assert.equal(Fault.toWire(wrong), Fault.toWire(unknown));
});

accounts('the time of a refusal does not tell whether the user exists', async () => {
  const workspaceId = await aWorkspace(world);
  await seedAdmin(world.database, { workspaceId, email: 'carol@example.org', password: 'right', now: 0 });
  const entry = createAccounts(world);
  const medianMs = async (email: string): Promise<number> => {
    const times: number[] = [];
    for (let i = 0; i < 9; i += 1) {
      const began = performance.now();
      await refusal(entry.signIn(email, 'wrong'), 'account/wrong-credentials');
      times.push(performance.now() - began);
    }
    return times.toSorted((a, b) => a - b)[4]!;
  };
  const known = await medianMs('carol@example.org');
  const unknown = await medianMs('nobody@example.org');
  assert.ok(unknown > known / 3 && unknown < known * 3, `known ${known} ms, unknown ${unknown} ms`);
});

accounts('a workspace that has a user gets no second first admin, even when two gateways start at once', async () => {
  const workspaceId = await aWorkspace(world);
  const admin = (password: string) => ({ workspaceId, email: 'dan@example.org', password, now: 0 });
  const made = await Promise.all([seedAdmin(world.database, admin('one')), seedAdmin(world.database, admin('two'))]);
  assert.is(made.filter(Boolean).length, 1);
  assert.is(await seedAdmin(world.database, { ...admin('three'), email: 'other@example.org' }), undefined);
});

accounts('a password that nobody chose is made up, told once, and strong', async () => {
  const workspaceId = await aWorkspace(world);
  const made = await seedAdmin(world.database, { workspaceId, email: 'eve@example.org', password: undefined, now: 0 });
  assert.ok(made && made.password.length >= 16);
  assert.is((await createAccounts(world).signIn('eve@example.org', made.password)).email, 'eve@example.org');
});

accounts('the database holds no password', async () => {
  const { rows } = await world.database.pool.query<{ password_hash: string }>('SELECT password_hash FROM users');
  assert.ok(rows.length > 0);
  for (const row of rows) assert.match(row.password_hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

accounts.run();
