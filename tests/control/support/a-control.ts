import { createLog } from '../../../ops/runtime/log.ts';
import { createRedis, type Redis } from '../../../ops/runtime/redis.ts';
import { createControl, type ControlOptions } from '../../../control/create.ts';
import type { Control, DeskCaller } from '../../../control/control.ts';
import { createId, type CallId, type ContactId, type ConversationId } from '../../../control/contract/ids.ts';
import type { CallView } from '../../../control/contract/views.ts';
import type { CarrierEvent, ClockPort } from '../../../control/ports.ts';
import { openDatabase, type Database } from '../../../control/store/database.ts';
import { freshDatabase, freshRedis } from '../../support/services.ts';
import { FakeClock } from './fake-clock.ts';
import { createFakeCarrier, createFakeMedia, createFakeNotifier } from './fakes.ts';
import { createSignal, type Signal } from './signal.ts';

export const phoneNumberId = '106540352242922';
export const customerPhone = '16315553602';

export type World = AsyncDisposable & {
  readonly control: Control;
  readonly clock: FakeClock;
  readonly signal: Signal;
  readonly carrier: ReturnType<typeof createFakeCarrier>;
  readonly media: ReturnType<typeof createFakeMedia>;
  readonly desks: ReturnType<typeof createFakeNotifier>;
  readonly database: Database;
  readonly redis: Redis;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** A teammate with a console open. */
  teammate(name: string, role?: string): Promise<DeskCaller>;
  /** Meta says something, as a webhook. */
  hear(...events: CarrierEvent[]): Promise<void>;
  /** A customer calls and every desk rings. */
  ring(carrierCallId?: string): Promise<CallView>;
  /** The call as the desks last saw it, once it is so. */
  see(callId: CallId, what: string, is: (call: CallView) => boolean): Promise<CallView>;
  /** A conversation in which calls are allowed. */
  conversation(phone?: string): Promise<{ conversationId: ConversationId; contactId: ContactId }>;
  /** Another gateway on the same database. */
  another(change?: Partial<ControlOptions>): Promise<Control>;
  history(callId: CallId): Promise<string[]>;
};

const log = createLog('test', 'silent');

/** Control on a fresh database and Redis, with everything outside of it scripted. */
export async function aWorld(change: { clock?: ClockPort } = {}): Promise<World> {
  const stack = new AsyncDisposableStack();
  const [freshPostgres, redisServer] = await Promise.all([freshDatabase(), freshRedis()]);
  const databaseUrl = freshPostgres.url;
  stack.defer(() => freshPostgres.drop());
  stack.defer(() => redisServer.close());
  const redis = createRedis(redisServer.url, log);
  await redis.connect();
  stack.defer(() => redis.destroy());
  const signal = createSignal();
  const clock = new FakeClock(1_767_225_600_000);
  const carrier = createFakeCarrier(signal);
  const media = createFakeMedia(signal);
  const desks = createFakeNotifier(signal);
  const ports = { carrier: carrier.port, media: media.port, notifier: desks.port, clock: change.clock ?? clock };
  const options = optionsOf({ databaseUrl, redis, log, ports });
  const control = await createControl(options);
  const controls = [control];
  stack.defer(async () => {
    await Promise.all(controls.map((running) => running.close()));
  });
  const database = openDatabase({ url: databaseUrl, log, connections: 4 });
  stack.defer(() => database.close());
  const admin = await control.account.signIn('admin@localhost', 'correct horse battery');
  let said = 0;

  const world: World = {
    control,
    clock,
    signal,
    carrier,
    media,
    desks,
    database,
    redis,
    databaseUrl,
    redisUrl: redisServer.url,
    async teammate(name, role = 'operator') {
      const id = createId('user');
      await database.pool.query(
        `INSERT INTO users (id, workspace_id, email, name, role, password_hash, created_at)
         VALUES ($1, $2, $3, $4, $5, '', now())`,
        [id, admin.workspaceId, `${id}@localhost`, name, role],
      );
      const user = await control.account.userOf(id);
      if (!user) throw new Error('nobody');
      return { user, deskId: createId('desk') };
    },
    async hear(...events) {
      await control.receive(events.map((event) => ({ key: `item ${(said += 1)}`, payload: [event] })));
    },
    async ring(carrierCallId = 'wacid.1') {
      await world.hear(anOffer(clock, carrierCallId));
      const seen = await signal.until('a call rings', () =>
        desks.of('call:changed').find(({ call }) => call.phase === 'ringing' && !known.has(call.id)),
      );
      known.add(seen.call.id);
      return seen.call;
    },
    see: (callId, what, is) =>
      signal.until(what, () => {
        const views = desks.of('call:changed').filter(({ call }) => call.id === callId);
        const last = views.toSorted((a, b) => a.call.revision - b.call.revision).at(-1)?.call;
        return last && is(last) ? last : undefined;
      }),
    async conversation(phone = customerPhone) {
      const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM numbers');
      const contactId = createId('ct');
      const conversationId = createId('conv');
      await database.pool.query(
        `INSERT INTO contacts (id, workspace_id, phone, created_at) VALUES ($1, $2, $3, now())`,
        [contactId, admin.workspaceId, phone],
      );
      await database.pool.query(
        `INSERT INTO conversations (id, workspace_id, number_id, contact_id, last_activity_at, created_at)
         VALUES ($1, $2, $3, $4, now(), now())`,
        [conversationId, admin.workspaceId, rows[0]?.id, contactId],
      );
      await database.pool.query(`UPDATE numbers SET calling_enabled = true`);
      await database.pool.query(
        `INSERT INTO permissions (number_id, contact_id, workspace_id, consent, requests, unanswered)
         VALUES ($1, $2, $3, 'permanent', '{}', 0)`,
        [rows[0]?.id, contactId, admin.workspaceId],
      );
      return { conversationId, contactId };
    },
    async another(other = {}) {
      const second = await createControl({ ...options, ...other });
      controls.push(second);
      return second;
    },
    async history(callId) {
      const { rows } = await database.pool.query<{ type: string; ignored: boolean }>(
        `SELECT event ->> 'type' AS type, ignored FROM call_events WHERE call_id = $1 ORDER BY id`,
        [callId],
      );
      return rows.map(({ type, ignored }) => (ignored ? `(${type})` : type));
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  const known = new Set<CallId>();
  return world;
}

type Surroundings = Pick<ControlOptions, 'databaseUrl' | 'redis' | 'log' | 'ports'>;
/** What every gateway of a test's world is configured with. */
export const optionsOf = (surroundings: Surroundings): ControlOptions => ({
  ...surroundings,
  appKey: 'a test key of at least thirty-two characters',
  admin: { email: 'admin@localhost', password: 'correct horse battery' },
  meta: { appSecret: 'secret', verifyToken: 'verify', accessToken: 'token', phoneNumberId, wabaId: '1' },
  ring: { voicemailAfterMs: 15_000 },
  deskIceServers: [],
});

export const anOffer = (clock: ClockPort, carrierCallId: string): CarrierEvent => ({
  kind: 'call-offered',
  carrierCallId,
  phoneNumberId,
  opaque: null,
  at: clock.now(),
  sdp: 'their offer',
  customer: { phone: customerPhone, userId: null, name: 'Carla' },
});
