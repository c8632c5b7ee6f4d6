import type { ContactId, ConversationId, NumberId, WorkspaceId } from '../contract/ids.ts';
import type { ConversationView, NumberView } from '../contract/views.ts';
import type { CarrierParty } from '../ports.ts';
import { permissionColumns, permissionOf, type PermissionRow } from '../permission/record.ts';
import { mayCall, type Permission } from '../permission/rules.ts';
import { permissionView } from '../permission/words.ts';
import type { Sql } from '../store/database.ts';
import { callabilityOf } from './callability.ts';

/** A conversation with all that its view is made of. */
export type ConversationRecord = {
  readonly id: ConversationId;
  readonly workspaceId: WorkspaceId;
  readonly number: NumberView;
  readonly contactId: ContactId;
  readonly contact: CarrierParty & { readonly name: string };
  readonly permission: Permission;
  readonly hasPlan: boolean;
  readonly isInCall: boolean;
  readonly lastActivityAt: number;
  readonly preview: string;
  readonly unread: number;
  readonly windowOpenUntil: number | null;
};

type Row = PermissionRow & {
  id: ConversationId;
  workspace_id: WorkspaceId;
  number_id: NumberId;
  display_number: string;
  label: string;
  calling_enabled: boolean;
  calling_enabled_since: Date | null;
  contact_id: ContactId;
  name: string;
  phone: string | null;
  carrier_user_id: string | null;
  has_plan: boolean;
  in_call: boolean;
  last_activity_at: Date;
  preview: string;
  unread: number;
  window_open_until: Date | null;
};

const select = `
  SELECT v.id, v.workspace_id, v.last_activity_at, v.preview, v.unread, v.window_open_until,
         n.id AS number_id, n.display_number, n.label, n.calling_enabled, n.calling_enabled_since,
         ct.id AS contact_id, ct.name, ct.phone, ct.carrier_user_id,
         ${permissionColumns('p')},
         EXISTS (SELECT FROM plan_features f
                  WHERE f.workspace_id = v.workspace_id AND f.feature = 'whatsapp_calling') AS has_plan,
         EXISTS (SELECT FROM calls k WHERE k.contact_id = v.contact_id AND k.phase <> 'ended') AS in_call
    FROM conversations v
    JOIN numbers n ON n.id = v.number_id
    JOIN contacts ct ON ct.id = v.contact_id
    LEFT JOIN permissions p ON p.number_id = v.number_id AND p.contact_id = v.contact_id`;

/** Those that the rest of the statement (`WHERE …`) finds; `v` is the conversation, `ct` its contact. */
export async function findConversations(sql: Sql, rest: string, values: unknown[]): Promise<ConversationRecord[]> {
  const { rows } = await sql.query<Row>(`${select} ${rest}`, values);
  return rows.map((row) => ({
    id: row.id,
    workspaceId: row.workspace_id,
    number: {
      id: row.number_id,
      displayNumber: row.display_number,
      label: row.label,
      callingEnabled: row.calling_enabled,
      callingEnabledSince: row.calling_enabled_since?.toISOString() ?? null,
    },
    contactId: row.contact_id,
    contact: { name: row.name, phone: row.phone, userId: row.carrier_user_id },
    permission: permissionOf(row),
    hasPlan: row.has_plan,
    isInCall: row.in_call,
    lastActivityAt: row.last_activity_at.getTime(),
    preview: row.preview,
    unread: row.unread,
    windowOpenUntil: row.window_open_until?.getTime() ?? null,
  }));
}

/** One of this workspace; undefined for those of others as well. */
export async function findConversation(
  sql: Sql,
  workspaceId: WorkspaceId,
  id: ConversationId,
): Promise<ConversationRecord | undefined> {
  const [found] = await findConversations(sql, 'WHERE v.workspace_id = $1 AND v.id = $2', [workspaceId, id]);
  return found;
}

/** What stands on its Call button. */
export function callabilityIn(record: ConversationRecord, now: number): ConversationView['callability'] {
  const { number, contact, permission, windowOpenUntil, hasPlan, isInCall } = record;
  return callabilityOf({
    callingEnabled: number.callingEnabled,
    hasPlan,
    isInCall,
    mayCall: mayCall(permission, now),
    canRequest: permissionView(permission, { now, windowOpenUntil }).canRequest,
    isReachable: contact.phone !== null || contact.userId !== null,
  });
}

/** A conversation as desks see it at this moment. */
export function viewOf(record: ConversationRecord, now: number): ConversationView {
  const { windowOpenUntil } = record;
  const isWindowOpen = windowOpenUntil !== null && windowOpenUntil > now;
  return {
    id: record.id,
    contact: { id: record.contactId, name: record.contact.name, phone: record.contact.phone },
    number: record.number,
    permission: permissionView(record.permission, { now, windowOpenUntil }),
    callability: callabilityIn(record, now),
    lastActivityAt: new Date(record.lastActivityAt).toISOString(),
    preview: record.preview,
    unread: record.unread,
    windowOpenUntil: isWindowOpen ? new Date(windowOpenUntil).toISOString() : null,
  };
}
