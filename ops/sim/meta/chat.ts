/** One line of a chat on the customer's phone. */
export type ChatEntry = {
  id: string;
  phoneNumberId: string;
  waId: string;
  from: 'business' | 'customer' | 'system';
  /** Milliseconds since the epoch, Meta's calendar. */
  at: number;
  content:
    | { kind: 'text'; text: string }
    | { kind: 'audio'; mediaId: string; voice: boolean }
    | { kind: 'permission-request'; text: string | null; answer: PermissionAnswer | null }
    | { kind: 'call'; callId: string; direction: 'in' | 'out'; seconds: number | null };
};
export type PermissionAnswer = 'accept' | 'accept-always' | 'decline';

const kept = 500;

/** What customers see in their messenger, by number and customer. */
export class Chat {
  readonly #entries = new Map<string, ChatEntry[]>();
  readonly #watchers = new Set<(entry: ChatEntry) => void>();

  add(entry: ChatEntry): ChatEntry {
    const entries = this.with(entry.phoneNumberId, entry.waId);
    entries.push(entry);
    if (entries.length > kept) entries.shift();
    this.changed(entry);
    return entry;
  }

  /** Oldest first. */
  with(phoneNumberId: string, waId: string): ChatEntry[] {
    const key = `${phoneNumberId} ${waId}`;
    let entries = this.#entries.get(key);
    if (!entries) {
      entries = [];
      this.#entries.set(key, entries);
    }
    return entries;
  }

  changed(entry: ChatEntry): void {
    for (const watcher of this.#watchers) watcher(entry);
  }

  /** Every new and every changed entry, until the returned function is called. */
  watch(watcher: (entry: ChatEntry) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}
