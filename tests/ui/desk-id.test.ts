import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DeskId, createId } from '../../control/contract/ids.ts';
import { type TabLocks, type TabStorage, claimDeskId } from '../../ui/src/session/desk-id.ts';

const deskId = suite('desk id');
const anna = createId('user');

/** A tab's sessionStorage; `copy` is what the browser gives to a duplicated tab. */
function aStorage(start: [string, string][] = []): TabStorage & { copy(): TabStorage } {
  const map = new Map(start);
  return {
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    copy: () => aStorage([...map]),
  };
}

/** The browser's lock manager for one origin: a lock lasts until its document is gone. */
function someLocks() {
  const held = new Map<string, () => void>();
  const waiting = new Map<string, (() => void)[]>();
  const locks: TabLocks = {
    request: (name, { signal }, hold) =>
      new Promise((_, reject) => {
        const take = (): void => {
          held.set(name, () => {
            held.delete(name);
            waiting.get(name)?.shift()?.();
          });
          void hold({});
        };
        signal.addEventListener('abort', () => reject(new Error('aborted')));
        if (held.has(name)) waiting.set(name, [...(waiting.get(name) ?? []), take]);
        else take();
      }),
  };
  /** The document that held them was unloaded. */
  const unload = (): void => {
    for (const release of held.values()) release();
  };
  return { locks, unload };
}

deskId('a new tab gets an id and keeps it', async () => {
  const storage = aStorage();
  const id = await claimDeskId(anna, storage, someLocks().locks);
  assert.ok(DeskId.safeParse(id).success);
  assert.is(await claimDeskId(anna, storage, someLocks().locks), id);
});

deskId('a reload keeps the id, though the old document lets go a moment later', async () => {
  const storage = aStorage();
  const { locks, unload } = someLocks();
  const before = await claimDeskId(anna, storage, locks);
  const after = claimDeskId(anna, storage, locks);
  unload();
  assert.is(await after, before);
});

deskId('a duplicated tab gets an id of its own, and keeps that one', async () => {
  const storage = aStorage();
  const { locks } = someLocks();
  const first = await claimDeskId(anna, storage, locks);
  const copied = storage.copy();
  const second = await claimDeskId(anna, copied, locks, 5);
  assert.is.not(second, first);
  assert.is(await claimDeskId(anna, copied, someLocks().locks), second);
});

deskId('what is no desk id is thrown away', async () => {
  const id = await claimDeskId(anna, aStorage([[`switchboard.desk.${anna}`, 'desk_nonsense']]), someLocks().locks);
  assert.ok(DeskId.safeParse(id).success);
});

deskId('without locks the stored id is trusted', async () => {
  const known = createId('desk');
  assert.is(await claimDeskId(anna, aStorage([[`switchboard.desk.${anna}`, known]]), undefined), known);
});

deskId('whoever signs in behind somebody else in one tab gets a desk of their own', async () => {
  const storage = aStorage();
  const hers = await claimDeskId(anna, storage, undefined);
  assert.is.not(await claimDeskId(createId('user'), storage, undefined), hers);
  assert.is(await claimDeskId(anna, storage, undefined), hers);
});

deskId.run();
