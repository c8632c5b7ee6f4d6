import { randomBytes } from 'node:crypto';
import { createId, type WorkspaceId } from '../contract/ids.ts';
import type { Database } from '../store/database.ts';
import { hashPassword } from './password.ts';
import { normalEmail, userModel } from './users.ts';

type FirstAdmin = {
  readonly workspaceId: WorkspaceId;
  readonly email: string;
  /** Undefined: one is made up, and this is the only time that anybody sees it. */
  readonly password: string | undefined;
  readonly now: number;
};

/**
 * Lets the first person in. Does nothing once the workspace has a user: later the console is where
 * users are kept, and a changed environment must not open a door.
 * @returns the credentials if the admin was made by this very call
 */
export async function seedAdmin(
  { sequelize }: Database,
  { workspaceId, email, password = randomBytes(12).toString('base64url'), now }: FirstAdmin,
): Promise<{ email: string; password: string } | undefined> {
  const users = userModel(sequelize);
  if ((await users.count({ where: { workspaceId } })) > 0) return undefined;
  const row = {
    id: createId('user', now),
    workspaceId,
    email: normalEmail(email),
    name: nameFrom(email),
    role: 'admin' as const,
    passwordHash: await hashPassword(password),
    createdAt: new Date(now),
  };
  // Two gateways that start together both come here: the one that is second finds the address taken.
  await users.bulkCreate([row], { ignoreDuplicates: true });
  const isMade = (await users.count({ where: { id: row.id } })) > 0;
  return isMade ? { email: row.email, password } : undefined;
}

/** `ada.lovelace@example.org` -> `Ada Lovelace`: better than an address until they say who they are. */
function nameFrom(email: string): string {
  const words = (email.split('@')[0] ?? '').split(/[._+-]+/).filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ') || 'Admin';
}
