import { createId, type NumberId, type UserId, type WorkspaceId } from '../../../control/contract/ids.ts';
import type { Role } from '../../../control/contract/views.ts';
import type { Caller } from '../../../control/control.ts';
import { openDatabase, type Database } from '../../../control/store/database.ts';
import { migrate } from '../../../control/store/migrate.ts';
import { createLog, type Log } from '../../../ops/runtime/log.ts';
import { freshDatabase } from '../../support/services.ts';
import { FakeCarrier } from './fake-carrier.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeNotifier } from './fake-notifier.ts';

/** Control's world: a real database, and fakes that a test scripts for everything outside. */
export type World = {
  readonly database: Database;
  readonly clock: FakeClock;
  readonly carrier: FakeCarrier;
  readonly notifier: FakeNotifier;
  readonly log: Log;
  close(): Promise<void>;
};

export async function openWorld(): Promise<World> {
  const log = createLog('test', 'silent');
  const fresh = await freshDatabase();
  const database = openDatabase({ url: fresh.url, log, connections: 6 });
  await migrate(database, log);
  return {
    database,
    clock: new FakeClock(Date.parse('2026-11-23T09:00:00.000Z')),
    carrier: new FakeCarrier(),
    notifier: new FakeNotifier(),
    log,
    async close() {
      await database.close();
      await fresh.drop();
    },
  };
}

export async function aWorkspace(
  { database }: World,
  name = 'Northwind',
  features = ['whatsapp_calling'],
): Promise<WorkspaceId> {
  const id = createId('ws');
  await database.pool.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [id, name]);
  for (const feature of features) {
    await database.pool.query('INSERT INTO plan_features (workspace_id, feature) VALUES ($1, $2)', [id, feature]);
  }
  return id;
}

export type TestNumber = { readonly id: NumberId; readonly phoneNumberId: string };

let numbers = 0;
export async function aNumber(
  { database }: World,
  workspaceId: WorkspaceId,
  { callingEnabled = true }: { callingEnabled?: boolean } = {},
): Promise<TestNumber> {
  numbers += 1;
  const number = { id: createId('num'), phoneNumberId: String(106_540_352_242_900 + numbers) };
  await database.pool.query(
    `INSERT INTO numbers (id, workspace_id, phone_number_id, display_number, label, sealed_access_token, calling_enabled)
     VALUES ($1, $2, $3, '+1 631 555 3601', 'Sales', 'sealed', $4)`,
    [number.id, workspaceId, number.phoneNumberId, callingEnabled],
  );
  return number;
}

export async function aCaller({ database }: World, workspaceId: WorkspaceId, role: Role = 'operator'): Promise<Caller> {
  const id: UserId = createId('user');
  const email = `${id}@example.org`;
  await database.pool.query(
    `INSERT INTO users (id, workspace_id, email, name, role, password_hash, created_at)
     VALUES ($1, $2, $3, 'Anna', $4, 'none', now())`,
    [id, workspaceId, email, role],
  );
  return { user: { id, workspaceId, workspaceName: 'Northwind', name: 'Anna', email, role } };
}
