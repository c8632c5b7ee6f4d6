import { QueryTypes } from 'sequelize';
import { Fault } from '../contract/fault.ts';
import type { UserView } from '../contract/views.ts';
import type { Control } from '../control.ts';
import type { Database } from '../store/database.ts';
import { isPassword } from './password.ts';
import { normalEmail } from './users.ts';

type UserOfWorkspace = UserView & { readonly passwordHash: string };

/** Who may enter, and who somebody is. Sessions, cookies and rate limits are the gateway's. */
export function createAccounts({ database }: { readonly database: Database }): Control['account'] {
  const find = async (by: 'id' | 'email', value: string): Promise<UserOfWorkspace | undefined> => {
    const [user] = await database.sequelize.query<UserOfWorkspace>(
      `SELECT u.id, u.workspace_id AS "workspaceId", w.name AS "workspaceName", u.name, u.email, u.role,
              u.password_hash AS "passwordHash"
         FROM users u JOIN workspaces w ON w.id = u.workspace_id
        WHERE u.${by} = :value`,
      { replacements: { value }, type: QueryTypes.SELECT },
    );
    return user;
  };

  return {
    async signIn(email, password) {
      const user = await find('email', normalEmail(email));
      if (!(await isPassword(user?.passwordHash, password)) || !user) {
        throw new Fault('account/wrong-credentials', 'The e-mail address or the password is not right.');
      }
      return viewOf(user);
    },

    async userOf(userId) {
      const user = await find('id', userId);
      return user && viewOf(user);
    },
  };
}

function viewOf({ id, workspaceId, workspaceName, name, email, role }: UserOfWorkspace): UserView {
  return { id, workspaceId, workspaceName, name, email, role };
}
