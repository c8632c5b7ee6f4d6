import type { NumberId, WorkspaceId } from '../contract/ids.ts';
import type { Sql } from '../store/database.ts';

/** Whose number Meta means in a webhook; undefined when it is none of ours. */
export async function ownerOf(
  sql: Sql,
  phoneNumberId: string,
): Promise<{ workspaceId: WorkspaceId; numberId: NumberId } | undefined> {
  const { rows } = await sql.query<{ workspaceId: WorkspaceId; numberId: NumberId }>(
    'SELECT workspace_id AS "workspaceId", id AS "numberId" FROM numbers WHERE phone_number_id = $1',
    [phoneNumberId],
  );
  return rows[0];
}
