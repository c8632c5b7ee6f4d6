import { DataTypes, type Model, type ModelStatic, type Sequelize } from 'sequelize';
import type { UserId, WorkspaceId } from '../contract/ids.ts';
import type { Role } from '../contract/views.ts';

export type UserRow = {
  id: UserId;
  workspaceId: WorkspaceId;
  /** Lower case. */
  email: string;
  name: string;
  role: Role;
  /** argon2id in PHC form. Leaves this folder for nowhere. */
  passwordHash: string;
  createdAt: Date;
};

/** Made once for each connection pool. Rows are read with `raw: true`. */
export function userModel(sequelize: Sequelize): ModelStatic<Model<UserRow>> {
  if (sequelize.isDefined('users')) return sequelize.model('users');
  return sequelize.define<Model<UserRow>, UserRow>('users', {
    id: { type: DataTypes.TEXT, primaryKey: true },
    workspaceId: DataTypes.TEXT,
    email: DataTypes.TEXT,
    name: DataTypes.TEXT,
    role: DataTypes.TEXT,
    passwordHash: DataTypes.TEXT,
    createdAt: DataTypes.DATE,
  });
}

/** Addresses are compared without case and without the blanks that a copied one carries. */
export const normalEmail = (email: string): string => email.trim().toLowerCase();
