import type { CallState } from '../../../control/call/states.ts';
import {
  createId,
  type CallId,
  type ContactId,
  type ConversationId,
  type NumberId,
  type UserId,
  type WorkspaceId,
} from '../../../control/contract/ids.ts';
import type { Role } from '../../../control/contract/views.ts';
import type { Caller } from '../../../control/control.ts';
import { findOrCreateCustomer, type Party } from '../../../control/inbox/customers.ts';
import type { CarrierLine } from '../../../control/ports.ts';
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
  /** As ports, in the form that parts of control take them. */
  readonly ports: { readonly clock: FakeClock; readonly carrier: FakeCarrier; readonly notifier: FakeNotifier };
  readonly lineOf: (id: NumberId) => Promise<CarrierLine>;
  close(): Promise<void>;
};

export async function openWorld(): Promise<World> {
  const log = createLog('test', 'silent');
  const fresh = await freshDatabase();
  const database = openDatabase({ url: fresh.url, log, connections: 6 });
  await migrate(database, log);
  const ports = {
    clock: new FakeClock(Date.parse('2026-11-23T09:00:00.000Z')),
    carrier: new FakeCarrier(),
    notifier: new FakeNotifier(),
  };
  return {
    database,
    ...ports,
    ports,
    log,
    lineOf: (id) => Promise.resolve({ phoneNumberId: id, accessToken: 'test-access-token' }),
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

export type TestCustomer = {
  readonly workspaceId: WorkspaceId;
  readonly numberId: NumberId;
  readonly contactId: ContactId;
  readonly conversationId: ConversationId;
};

/** A customer who is known to a number, without anything said yet. */
export async function aCustomer(
  world: World,
  of: { workspaceId: WorkspaceId; numberId: NumberId },
  party: Partial<Party> = {},
): Promise<TestCustomer> {
  const someone = { phone: somePhone(), userId: null, name: 'Grace', ...party };
  const { contactId, conversationId } = await world.database.transaction((sql) =>
    findOrCreateCustomer(sql, { ...of, party: someone, at: world.clock.now() }),
  );
  return { ...of, contactId, conversationId };
}

let phones = 0;
export const somePhone = (): string => String(16_315_550_000 + (phones += 1));

/** The customer wrote a moment ago, so that we may write too. */
export async function openWindow({ database, clock }: World, { conversationId }: TestCustomer): Promise<void> {
  const until = new Date(clock.now() + 3_600_000);
  await database.pool.query('UPDATE conversations SET window_open_until = $2 WHERE id = $1', [conversationId, until]);
}

type Ended = Extract<CallState, { phase: 'ended' }>;

/** A call as it is remembered. */
export async function anEndedCall(
  world: World,
  of: TestCustomer,
  ended: Partial<Ended> & { startedAt?: number } = {},
): Promise<CallId> {
  const { startedAt = world.clock.now(), ...rest } = ended;
  const state: Ended = {
    phase: 'ended',
    direction: 'inbound',
    nodeId: null,
    carrierCallId: `wacid.${crypto.randomUUID()}`,
    disposition: 'missed',
    reason: 'Nobody answered in time.',
    answeredAt: null,
    endedAt: startedAt + 15_000,
    durationSeconds: null,
    handledBy: null,
    official: true,
    ...rest,
  };
  return aCall(world, of, state, startedAt);
}

/** A call in any state, as the machine would leave it. */
export async function aCall(
  { database }: World,
  of: TestCustomer,
  state: Exclude<CallState, { phase: 'new' }>,
  startedAt: number,
): Promise<CallId> {
  const ended = state.phase === 'ended' ? state : undefined;
  const date = (ms: number | null | undefined): Date | null => (typeof ms === 'number' ? new Date(ms) : null);
  const row = {
    id: createId('call', startedAt),
    workspace_id: of.workspaceId,
    number_id: of.numberId,
    contact_id: of.contactId,
    conversation_id: of.conversationId,
    direction: state.direction,
    phase: state.phase,
    revision: 1,
    state: JSON.stringify(state),
    carrier_call_id: state.carrierCallId,
    started_at: new Date(startedAt),
    answered_at: date(ended?.answeredAt),
    ended_at: date(ended?.endedAt),
    duration_seconds: ended?.durationSeconds ?? null,
    disposition: ended?.disposition ?? null,
    end_reason: ended?.reason ?? null,
  };
  const names = Object.keys(row);
  await database.pool.query(
    `INSERT INTO calls (${names.join(', ')}) VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')})`,
    Object.values(row),
  );
  return row.id;
}

/** A call that rings at the team's desks. */
export const aRingingCall = (world: World, of: TestCustomer): Promise<CallId> => {
  const now = world.clock.now();
  return aCall(
    world,
    of,
    {
      phase: 'ringing',
      direction: 'inbound',
      nodeId: createId('node', now),
      carrierCallId: `wacid.${crypto.randomUUID()}`,
      fence: 0,
      path: { step: 'opening' },
      ringUntil: now + 15_000,
      answerUntil: now + 60_000,
      offer: 'v=0',
    },
    now,
  );
};
