import type { Business } from './directory.ts';

/** One thing that Meta tells: an item of `calls`, `statuses` or `messages`. */
export type WebhookItem = {
  /** `connect`, `terminate`, `RINGING`, `text`, `call_permission_reply`, `sent`, … : what faults match. */
  kind: string;
  /** What orders it: items of one subject are sent one after the other, as long as none fails. */
  subject: string;
  /** The call or message that it is about. */
  id: string;
  business: Business;
  field: 'calls' | 'messages' | 'account_settings_update';
  list: 'calls' | 'statuses' | 'messages' | undefined;
  item: Record<string, unknown>;
  /** Beside the list in `value`: contacts, errors. */
  beside?: Record<string, unknown>;
};

/** The envelope. Items that share field, list and number share a change. */
export function bodyOf(items: readonly WebhookItem[]): string {
  const changes: { field: string; value: Record<string, unknown> }[] = [];
  for (const { business, field, list, item, beside } of items) {
    const value: Record<string, unknown> = {
      messaging_product: 'whatsapp',
      metadata: { display_phone_number: business.displayNumber, phone_number_id: business.phoneNumberId },
      ...beside,
    };
    const same = changes.find(
      (change) =>
        list !== undefined &&
        change.field === field &&
        Array.isArray(change.value[list]) &&
        JSON.stringify(change.value['metadata']) === JSON.stringify(value['metadata']),
    );
    if (same && list) {
      (same.value[list] as unknown[]).push(item);
      for (const [key, added] of Object.entries(beside ?? {})) same.value[key] ??= added;
    } else if (list) {
      changes.push({ field, value: { ...value, [list]: [item] } });
    } else {
      changes.push({ field, value: { ...value, ...item } });
    }
  }
  return metaJson({ object: 'whatsapp_business_account', entry: [{ id: items[0]!.business.wabaId, changes }] });
}

/** As PHP writes it, and so Meta: `\/` and lower-case `\u` escapes. Who signs a re-serialised body, fails. */
export const metaJson = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll('/', String.raw`\/`)
    .replaceAll(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
