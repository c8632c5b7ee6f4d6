import { createHash } from 'node:crypto';
import type { WebhookItem } from '../../control/ports.ts';

/**
 * One thing that a webhook said, with whatever of its surroundings is needed to read it alone.
 * This is what the inbox stores. `item` is Meta's own object, untouched.
 */
export type MetaItem = {
  readonly kind: 'call' | 'call-status' | 'message' | 'message-status' | 'other' | 'unparsable';
  /** The webhook field that it came in: `calls`, `messages`, … */
  readonly field: string | null;
  /** Milliseconds since the epoch, our clock: for items that bear no time. */
  readonly receivedAt: number;
  readonly metadata: unknown;
  readonly contact: unknown;
  /** Errors that stood beside the items instead of in them. */
  readonly errors: unknown;
  readonly item: unknown;
};

type Fields = Record<string, unknown>;

/**
 * Takes a webhook apart. Each item has a key that is the same whenever Meta sends it again, alone or
 * in other company; what we do not know is kept under the hash of its content. Never throws.
 */
export function splitWebhook(body: string, receivedAt: number): WebhookItem[] {
  try {
    return splitEntries(storable(body, JSON.parse(body) as unknown), receivedAt);
  } catch {
    // Signed and yet not JSON (or nested deeper than the stack): kept as it is, for people to look at.
    return [unparsable(body, receivedAt)];
  }
}

function splitEntries(parsed: unknown, receivedAt: number): WebhookItem[] {
  const entries = isFields(parsed) && Array.isArray(parsed['entry']) ? parsed['entry'] : undefined;
  if (!entries) return [other(null, parsed, receivedAt)];
  return entries.flatMap((entry: unknown) => {
    const changes = isFields(entry) && Array.isArray(entry['changes']) ? entry['changes'] : undefined;
    if (!changes) return [other(null, entry, receivedAt)];
    return changes.flatMap((change: unknown) => splitChange(change, entry as Fields, receivedAt));
  });
}

function splitChange(change: unknown, entry: Fields, receivedAt: number): WebhookItem[] {
  const value = isFields(change) ? change['value'] : undefined;
  const field = isFields(change) && typeof change['field'] === 'string' ? change['field'] : null;
  const whole = (): WebhookItem => other(field, { id: entry['id'], time: entry['time'], change }, receivedAt);
  if (!isFields(value)) return [whole()];

  const { calls, statuses, messages, contacts, metadata, errors, messaging_product: _, ...rest } = value;
  const known = [...listOf(calls), ...listOf(statuses), ...listOf(messages)];
  const items: WebhookItem[] = [];
  const add = (kind: MetaItem['kind'], key: string | undefined, item: unknown): void => {
    const contact = contactOf(item, contacts, known.length === 1);
    const payload: MetaItem = { kind, field, receivedAt, metadata, contact, errors, item };
    items.push({ key: key ?? hashKey([field, entry['id'], item]), payload });
  };
  for (const call of listOf(calls)) add('call', keyOf('call', call, ['id', 'event', 'timestamp']), call);
  for (const status of listOf(statuses)) {
    if (isCallStatus(status, field)) {
      add('call-status', keyOf('call-status', status, ['id', 'status', 'timestamp']), status);
    } else {
      add('message-status', keyOf('message-status', status, ['id', 'status']), status);
    }
  }
  for (const message of listOf(messages)) add('message', keyOf('message', message, ['id']), message);
  // Nothing that we know, or beside it something that we do not.
  if (items.length === 0 || Object.keys(rest).length > 0) items.push(whole());
  return items;
}

const other = (field: string | null, item: unknown, receivedAt: number): WebhookItem => ({
  key: hashKey(item),
  payload: { kind: 'other', field, receivedAt, metadata: null, contact: null, errors: null, item } satisfies MetaItem,
});

const unparsable = (body: string, receivedAt: number): WebhookItem => ({
  key: hashKey(body),
  payload: {
    kind: 'unparsable',
    field: null,
    receivedAt,
    metadata: null,
    contact: null,
    errors: null,
    item: clean(body),
  } satisfies MetaItem,
});

/** Both arrays are called `statuses`; only those of calls say `type: "call"` and bear a call's id. */
const isCallStatus = (status: unknown, field: string | null): boolean =>
  isFields(status) &&
  (status['type'] === 'call' ||
    field === 'calls' ||
    (typeof status['id'] === 'string' && status['id'].startsWith('wacid.')));

/** Undefined when a part is missing: then the content is the key. */
function keyOf(kind: string, item: unknown, parts: readonly string[]): string | undefined {
  if (!isFields(item)) return undefined;
  let key: string = kind;
  for (const part of parts) {
    const value = item[part];
    if (typeof value !== 'string' && typeof value !== 'number') return undefined;
    // An event's case has been seen to vary; an id's case is part of it.
    key += `:${part === 'id' ? value : String(value).toLowerCase()}`;
  }
  // Meta's ids are around 60 characters. A unique index has a limit, whatever arrives.
  return key.length <= 300 ? key : hashKey([key]);
}

const hashKey = (content: unknown): string =>
  `other:${createHash('sha256')
    .update(JSON.stringify(content) ?? 'undefined')
    .digest('base64url')}`;

/** The contact that an item speaks of; a lone contact belongs to a lone item. */
function contactOf(item: unknown, contacts: unknown, alone: boolean): unknown {
  const list = listOf(contacts);
  if (isFields(item)) {
    const names = new Set(
      ['from', 'to', 'recipient_id', 'from_user_id', 'to_user_id', 'recipient_user_id']
        .map((name) => item[name])
        .filter((name) => typeof name === 'string'),
    );
    const found = list.find(
      (contact) => isFields(contact) && [contact['wa_id'], contact['user_id']].some((id) => names.has(id as string)),
    );
    if (found !== undefined) return found;
  }
  return alone && list.length === 1 ? list[0] : null;
}

/**
 * JSON allows two things in strings that Postgres refuses to store as jsonb: U+0000 and half a
 * surrogate pair. Both only come as escapes, so that most bodies need no walk.
 */
function storable(body: string, parsed: unknown): unknown {
  return /\\u(0000|d[89a-f])/i.test(body) ? cleanDeep(parsed) : parsed;
}
function cleanDeep(value: unknown): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map(cleanDeep);
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [clean(key), cleanDeep(inner)]));
}
const clean = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
