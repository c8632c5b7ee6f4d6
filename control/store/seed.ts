import { createId, type WorkspaceId } from '../contract/ids.ts';
import type { Database, Sql } from './database.ts';
import type { Seal } from './seal.ts';
import { unnamed } from '../number/numbers.ts';
import { seedSetting } from './settings.ts';

/** What the environment says about Meta (ops/runtime/config.ts). */
export type MetaConfig = {
  readonly appSecret: string | undefined;
  readonly verifyToken: string | undefined;
  readonly accessToken: string | undefined;
  readonly phoneNumberId: string | undefined;
  readonly wabaId: string | undefined;
};

// Processes that start together find the first workspace made by one of them.
const lock = 7_110_003;
const firstFeatures = ['whatsapp_calling'];

/** The first workspace with its plan, its number and Meta's secrets. Nothing that the console has set is touched. */
export function seedWorkspace(
  database: Database,
  { meta, seal, now }: { meta: MetaConfig; seal: Seal; now: number },
): Promise<WorkspaceId> {
  return database.transaction(async (sql) => {
    await sql.query('SELECT pg_advisory_xact_lock($1)', [lock]);
    const workspaceId = await firstWorkspace(sql, now);
    await seedSetting(sql, { workspaceId, key: 'appSecret', value: meta.appSecret }, seal);
    await seedSetting(sql, { workspaceId, key: 'verifyToken', value: meta.verifyToken }, seal);
    await seedNumber(sql, workspaceId, { meta, seal, now });
    return workspaceId;
  });
}

async function firstWorkspace(sql: Sql, now: number): Promise<WorkspaceId> {
  const { rows } = await sql.query<{ id: WorkspaceId }>('SELECT id FROM workspaces ORDER BY created_at, id LIMIT 1');
  if (rows[0]) return rows[0].id;
  const id = createId('ws', now);
  await sql.query('INSERT INTO workspaces (id, name, created_at) VALUES ($1, $2, $3)', [
    id,
    'My workspace',
    new Date(now),
  ]);
  await sql.query('INSERT INTO plan_features (workspace_id, feature) SELECT $1, unnest($2::text[])', [
    id,
    firstFeatures,
  ]);
  return id;
}

async function seedNumber(
  sql: Sql,
  workspaceId: WorkspaceId,
  { meta, seal, now }: { meta: MetaConfig; seal: Seal; now: number },
): Promise<void> {
  if (meta.phoneNumberId === undefined || meta.accessToken === undefined) return;
  await sql.query(
    `INSERT INTO numbers (id, workspace_id, phone_number_id, waba_id, display_number, label, sealed_access_token,
                          from_environment, created_at)
     VALUES ($1, $2, $3, $4, $3, $7, $5, true, $6)
     ON CONFLICT (phone_number_id) DO UPDATE
       SET sealed_access_token = EXCLUDED.sealed_access_token, waba_id = EXCLUDED.waba_id
     WHERE numbers.from_environment`,
    [
      createId('num', now),
      workspaceId,
      meta.phoneNumberId,
      meta.wabaId ?? null,
      seal.seal(meta.accessToken),
      new Date(now),
      unnamed,
    ],
  );
}
