import type { WorkspaceId } from '../contract/ids.ts';
import type { Sql } from './database.ts';
import type { Seal } from './seal.ts';

/** What an admin can set; what is secret is stored sealed. Absent until it is set. */
export type Settings = {
  /** How long a call rings at the desks. */
  readonly ringMs: number;
  readonly appSecret: string;
  readonly verifyToken: string;
};
const secret: { readonly [K in keyof Settings]: boolean } = { ringMs: false, appSecret: true, verifyToken: true };

type Row = { key: keyof Settings; value: unknown; sealed: string | null };

export async function readSettings(sql: Sql, workspaceId: WorkspaceId, seal: Seal): Promise<Partial<Settings>> {
  const { rows } = await sql.query<Row>('SELECT key, value, sealed FROM settings WHERE workspace_id = $1', [
    workspaceId,
  ]);
  return Object.fromEntries(rows.map(({ key, value, sealed }) => [key, sealed === null ? value : seal.open(sealed)]));
}

/**
 * A first value from the environment. It follows the variable until the console sets the key; a variable
 * that is gone leaves what it had set.
 */
export async function seedSetting<K extends keyof Settings>(
  sql: Sql,
  { workspaceId, key, value }: { workspaceId: WorkspaceId; key: K; value: Settings[K] | undefined },
  seal: Seal,
): Promise<void> {
  if (value === undefined) return;
  const [plain, sealed] = secret[key] ? [null, seal.seal(String(value))] : [JSON.stringify(value), null];
  await sql.query(
    `INSERT INTO settings (workspace_id, key, value, sealed, from_environment) VALUES ($1, $2, $3, $4, true)
     ON CONFLICT (workspace_id, key) DO UPDATE SET value = EXCLUDED.value, sealed = EXCLUDED.sealed
      WHERE settings.from_environment`,
    [workspaceId, key, plain, sealed],
  );
}
