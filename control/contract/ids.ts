import { z } from 'zod';

// 10 characters of time and 16 of chance, both in Crockford's base 32, lower case: ids sort by
// the moment they were made, so an index on them is an index on time (the layout of a ULID).
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

const idOf = <P extends string>(prefix: P) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`), `not a ${prefix} id`)
    .brand<P>();

export const WorkspaceId = idOf('ws');
export type WorkspaceId = z.infer<typeof WorkspaceId>;
export const UserId = idOf('user');
export type UserId = z.infer<typeof UserId>;
export const NumberId = idOf('num');
export type NumberId = z.infer<typeof NumberId>;
export const ContactId = idOf('ct');
export type ContactId = z.infer<typeof ContactId>;
export const ConversationId = idOf('conv');
export type ConversationId = z.infer<typeof ConversationId>;
export const MessageId = idOf('msg');
export type MessageId = z.infer<typeof MessageId>;
export const CallId = idOf('call');
export type CallId = z.infer<typeof CallId>;
/** One browser tab with the console open. The tab makes it and keeps it over a reload. */
export const DeskId = idOf('desk');
export type DeskId = z.infer<typeof DeskId>;
/** One life of a media process: a restarted process is another node. */
export const NodeId = idOf('node');
export type NodeId = z.infer<typeof NodeId>;

const schemas = {
  ws: WorkspaceId,
  user: UserId,
  num: NumberId,
  ct: ContactId,
  conv: ConversationId,
  msg: MessageId,
  call: CallId,
  desk: DeskId,
  node: NodeId,
} as const;
type Prefix = keyof typeof schemas;

/** A new id, e.g. `createId('call')` -> `call_01k…`. Unguessable: 80 bits of chance. */
export function createId<P extends Prefix>(prefix: P, now: number = Date.now()): z.infer<(typeof schemas)[P]> {
  let time = '';
  for (let rest = now, i = 0; i < 10; i += 1) {
    time = alphabet[rest % 32] + time;
    rest = Math.floor(rest / 32);
  }
  const chance = crypto.getRandomValues(new Uint8Array(16));
  const tail = Array.from(chance, (byte) => alphabet[byte % 32]).join('');
  return `${prefix}_${time}${tail}` as z.infer<(typeof schemas)[P]>;
}
