import type { Log } from '../ops/runtime/log.ts';
import type { Redis } from '../ops/runtime/redis.ts';
import { createAccounts } from './account/accounts.ts';
import { seedAdmin } from './account/seed.ts';
import { findCalls } from './call/record.ts';
import { createAftermath } from './call/aftermath.ts';
import { createRunner, type Runner } from './call/runner.ts';
import { every, systemClock } from './clock.ts';
import { Fault } from './contract/fault.ts';
import type { DeskId, WorkspaceId } from './contract/ids.ts';
import type { Control } from './control.ts';
import { createDesk } from './desk/desk.ts';
import type { IceServer } from './desk/snapshot.ts';
import { remember } from './memory.ts';
import { createThreads } from './inbox/threads.ts';
import { keepNumbersConfirmed } from './number/confirm.ts';
import { createNumbers, type Numbers } from './number/numbers.ts';
import { createCarryOut } from './outbox/carry-out.ts';
import { createOutbox } from './outbox/outbox.ts';
import { outboxPatience } from './outbox/patience.ts';
import { createPermissions } from './permission/permissions.ts';
import { createClaims } from './pickup/claim.ts';
import type { Ports } from './ports.ts';
import { createRest } from './rest.ts';
import { openDatabase } from './store/database.ts';
import { migrate } from './store/migrate.ts';
import { createSeal } from './store/seal.ts';
import { seedWorkspace, type MetaConfig } from './store/seed.ts';
import { readSettings } from './store/settings.ts';
import { createAlarm } from './watch/alarm.ts';
import { callEventOf } from './watch/media-events.ts';
import { createPlacement } from './watch/placement.ts';
import { createWatch } from './watch/watch.ts';
import { createApply } from './webhook/apply.ts';
import { createInbox } from './webhook/inbox.ts';

/** How long we let a customer's phone ring: Meta documents no time of its own. */
const defaultDialMs = 60_000;
/** What is under way when a gateway goes down has so long to end here, before others take it up. */
const closeGraceMs = 3000;

/** What is changed on another gateway is known after this time. */
const settingsMemoryMs = 5000;
/** How long a thread may be behind its calls after a process died in between. */
const threadSweepMs = 10_000;

export type ControlOptions = {
  readonly ports: Omit<Ports, 'clock'> & Partial<Pick<Ports, 'clock'>>;
  readonly databaseUrl: string;
  /** Connected. Stays the caller's: it is not closed. */
  readonly redis: Redis;
  readonly appKey: string;
  readonly log: Log;
  /** First values of the first workspace, as the environment has them. */
  readonly admin: { readonly email: string; readonly password: string | undefined };
  readonly meta: MetaConfig;
  readonly ring: { readonly voicemailAfterMs: number };
  readonly dialMs?: number;
  readonly deskIceServers: readonly IceServer[];
  /** The first admin was made just now: the only moment in which the password can be shown. */
  readonly onFirstAdmin?: (credentials: { email: string; password: string }) => void;
};

/** Migrates, seeds, starts every worker. What it returns is all that a gateway needs. */
export async function createControl(options: ControlOptions): Promise<Control> {
  const { redis, log } = options;
  const ports: Ports = { clock: systemClock, ...options.ports };
  const { clock, media, carrier, notifier } = ports;
  const database = openDatabase({ url: options.databaseUrl, log });
  await migrate(database, log);
  const seal = createSeal(options.appKey);
  const workspaceId = await seedWorkspace(database, { meta: options.meta, seal, now: clock.now() });
  const firstAdmin = await seedAdmin(database, { workspaceId, ...options.admin, now: clock.now() });
  if (firstAdmin) options.onFirstAdmin?.(firstAdmin);

  // This life of this process: commands and webhooks are leased to it.
  const holder = crypto.randomUUID();
  const numbers = createNumbers({ database, clock, seal });
  const placement = createPlacement(media, clock);
  // Every webhook asks for them.
  const settingsOf = remember(clock, settingsMemoryMs, (of: WorkspaceId) => readSettings(database.pool, of, seal));

  const lineOf: Numbers['lineOf'] = (numberId) => numbers.lineOf(numberId);
  const threads = createThreads({ database, ports, log });
  const permissions = createPermissions({ database, ports, log, lineOf });
  const aftermath = createAftermath({ notifier, threads, permissions, log });

  const carryOut = createCarryOut({
    ports,
    lineOf,
    elsewhere: (than) => placement.place(than),
  });
  const outbox = createOutbox({
    database,
    clock,
    log,
    holder,
    carryOut,
    report: (callId, event, finished) => runner.apply(callId, event, finished),
  });
  const alarm = createAlarm({ database, clock, log, expire: (callId, deadline) => runner.expire(callId, deadline) });
  const runner: Runner = createRunner({
    database,
    clock,
    log,
    holder,
    leaseMs: outboxPatience.lease,
    perform: (jobs) => outbox.perform(jobs),
    arm: (callId, deadline) => alarm.arm(callId, deadline),
    changed: (applied) => aftermath.changed(applied),
  });
  const stopWatching = createWatch({ database, ports, log, apply: (callId, event) => runner.apply(callId, event) });

  const inbox = createInbox({
    database,
    clock,
    log,
    holder,
    read: (payload) => carrier.read(payload),
    apply: createApply({
      database,
      clock,
      log,
      runner,
      numbers,
      placement,
      threads,
      permissions,
      ringMs: async (workspace) => (await settingsOf(workspace)).ringMs ?? options.ring.voicemailAfterMs,
    }),
  });
  const stopConfirming = await keepNumbersConfirmed({ database, clock, log, numbers, carrier });
  const stopSweeping = every(clock, threadSweepMs, () =>
    threads.sweep().catch((error: unknown) => log.warn({ error: String(error) }, 'threads not swept')),
  );
  const stopMediaEvents = media.subscribe(async (event) => {
    try {
      await runner.apply(event.callId, callEventOf(event, clock.now()));
    } catch (error) {
      // Of a call that was never stored, or by somebody else's database: nobody waits for it.
      if (!(error instanceof Fault && error.code === 'call/not-found')) throw error;
    }
  });

  const desk = createDesk({
    database,
    ports,
    runner,
    claims: createClaims({ redis, database, log }),
    placement,
    permissions,
    dialMs: options.dialMs ?? defaultDialMs,
    iceServers: options.deskIceServers,
  });
  async function deskLost(deskId: DeskId): Promise<void> {
    const calls = await findCalls(database.pool, `c.handler_desk_id = $1 AND c.phase <> 'ended'`, [deskId]);
    for (const { id } of calls) await runner.apply(id, { type: 'deskLost', at: clock.now(), deskId });
  }

  let closing: Promise<void> | undefined;
  /** What takes things up goes first; what they still need, last. */
  async function close(): Promise<void> {
    await Promise.all([
      stopMediaEvents(),
      stopConfirming(),
      stopSweeping(),
      stopWatching(),
      inbox.close(),
      alarm.close(),
    ]);
    await runner.settle();
    await outbox.close(closeGraceMs);
    await runner.settle();
    await aftermath.settle();
    await database.close();
  }

  log.info({ holder }, 'control ready');
  return {
    receive: (items) => inbox.receive(items),
    desk,
    rest: createRest({ database, ports, log, numbers, permissions }),
    account: createAccounts({ database }),
    deskConnected: () => Promise.resolve(),
    deskDisconnected: ({ deskId }) => deskLost(deskId),
    async webhookSecrets() {
      const { appSecret, verifyToken } = await settingsOf(workspaceId);
      return { appSecret, verifyToken };
    },
    async ready() {
      return database.pool.query('SELECT 1').then(
        () => true,
        () => false,
      );
    },
    close: () => (closing ??= close()),
  };
}
