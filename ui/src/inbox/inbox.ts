import { createSignal, onCleanup } from 'solid-js';
import { createStore, produce, reconcile } from 'solid-js/store';
import type { ConversationId, NumberId } from '../../../control/contract/ids.ts';
import type { ConversationView, MessageView, NumberView } from '../../../control/contract/views.ts';
import type { Rest } from '../api/rest.ts';
import type { Line } from '../line/line.ts';

/** A list that grows page by page. */
type Paged = { next: string | null; phase: 'loading' | 'ready' | 'failed'; loadingMore: boolean };
export type ConversationList = Paged & { ids: ConversationId[] };
/** Newest first, as it is paged; the page shows it the other way round. */
export type Thread = Paged & { messages: MessageView[] };

/** Conversations and their threads: loaded by REST, kept true by notices. */
export type Inbox = {
  readonly list: ConversationList;
  byId(id: ConversationId): ConversationView | undefined;
  thread(id: ConversationId): Thread | undefined;
  readonly search: () => string;
  setSearch(text: string): void;
  unreadCount(): number;
  loadList(): Promise<void>;
  loadMore(): Promise<void>;
  /** The conversation and the newest page of its thread. */
  open(id: ConversationId): Promise<void>;
  loadOlder(id: ConversationId): Promise<void>;
  markRead(id: ConversationId): void;
  sendText(id: ConversationId, text: string): Promise<void>;
  saveNote(id: ConversationId, text: string): Promise<void>;
  requestPermission(id: ConversationId, text: string): Promise<void>;
  /** `numberId` null leaves the choice of our number to the server. */
  start(phone: string, name: string, numberId: NumberId | null): Promise<ConversationId>;
  /** Our numbers. Empty where they can't be had. */
  numbers(): Promise<readonly NumberView[]>;
};

const pageSize = 40;

export function createInbox(line: Line, rest: Rest): Inbox {
  const [conversations, setConversations] = createStore<Record<string, ConversationView>>({});
  const [threads, setThreads] = createStore<Record<string, Thread>>({});
  const [list, setList] = createStore<ConversationList>({ ids: [], next: null, phase: 'loading', loadingMore: false });
  const [search, setSearchText] = createSignal('');
  // Answers of an older search must not overwrite those of a newer one.
  let searchTurn = 0;

  const keep = (conversation: ConversationView): void => {
    setConversations(conversation.id, reconcile(conversation));
  };

  const inOrder = (ids: readonly ConversationId[]): ConversationId[] =>
    ids.toSorted((a, b) =>
      (conversations[b]?.lastActivityAt ?? '').localeCompare(conversations[a]?.lastActivityAt ?? ''),
    );

  const onConversation = (conversation: ConversationView): void => {
    keep(conversation);
    const isListed = list.ids.includes(conversation.id);
    // While a search is on, only its results are listed.
    if (!isListed && search() !== '') return;
    const ids = inOrder(isListed ? list.ids : [...list.ids, conversation.id]);
    // Below the last loaded page it will be found when one scrolls there.
    if (!isListed && list.next !== null && ids.at(-1) === conversation.id) return;
    if (ids.some((id, i) => id !== list.ids[i])) setList('ids', ids);
  };

  const onMessage = (message: MessageView): void => {
    if (!threads[message.conversationId]) return;
    setThreads(
      message.conversationId,
      'messages',
      produce((messages) => {
        const at = messages.findIndex((known) => known.id === message.id);
        const older = messages.findIndex((known) => known.at <= message.at);
        if (at >= 0) messages[at] = message;
        else messages.splice(older < 0 ? messages.length : older, 0, message);
      }),
    );
  };

  onCleanup(line.on('conversation:changed', ({ conversation }) => onConversation(conversation)));
  onCleanup(line.on('message:changed', ({ message }) => onMessage(message)));

  const loadList = async (): Promise<void> => {
    searchTurn += 1;
    const mine = searchTurn;
    if (list.ids.length === 0) setList('phase', 'loading');
    const text = search().trim();
    try {
      const page = await rest.call('conversations:list', {
        query: { limit: pageSize, ...(text === '' ? {} : { search: text }) },
      });
      if (mine !== searchTurn) return;
      for (const conversation of page.items) keep(conversation);
      setList({ ids: page.items.map(({ id }) => id), next: page.next, phase: 'ready', loadingMore: false });
    } catch {
      if (mine === searchTurn) setList('phase', 'failed');
    }
  };

  const open = async (id: ConversationId): Promise<void> => {
    if (threads[id]?.phase !== 'ready') {
      setThreads(id, { messages: threads[id]?.messages ?? [], next: null, phase: 'loading', loadingMore: false });
    }
    try {
      const [found, page] = await Promise.all([
        rest.call('conversations:get', { params: { conversationId: id } }),
        rest.call('conversations:thread', { params: { conversationId: id }, query: { limit: pageSize } }),
      ]);
      keep(found.conversation);
      setThreads(id, { messages: page.items, next: page.next, phase: 'ready', loadingMore: false });
    } catch {
      setThreads(id, 'phase', 'failed');
    }
  };

  // The line was down: whatever was missed is fetched, what was shown stays until then.
  void loadList();
  onCleanup(
    line.onOpen(() => {
      // The first page is on its way already when the line opens for the first time.
      if (list.phase !== 'loading') void loadList();
      for (const id of Object.keys(threads)) if (threads[id]?.phase === 'ready') void open(id as ConversationId);
    }),
  );

  return {
    list,
    byId: (id) => conversations[id],
    thread: (id) => threads[id],
    search,
    setSearch: (text) => {
      setSearchText(text);
      void loadList();
    },
    unreadCount: () => list.ids.filter((id) => (conversations[id]?.unread ?? 0) > 0).length,
    loadList,
    loadMore: async () => {
      const { next } = list;
      if (next === null || list.loadingMore) return;
      setList('loadingMore', true);
      const mine = searchTurn;
      const text = search().trim();
      try {
        const page = await rest.call('conversations:list', {
          query: { limit: pageSize, cursor: next, ...(text === '' ? {} : { search: text }) },
        });
        if (mine !== searchTurn) return;
        for (const conversation of page.items) keep(conversation);
        const ids = new Set([...list.ids, ...page.items.map(({ id }) => id)]);
        setList({ ids: [...ids], next: page.next });
      } finally {
        setList('loadingMore', false);
      }
    },
    open,
    loadOlder: async (id) => {
      const thread = threads[id];
      if (!thread || thread.next === null || thread.loadingMore) return;
      setThreads(id, 'loadingMore', true);
      try {
        const page = await rest.call('conversations:thread', {
          params: { conversationId: id },
          query: { limit: pageSize, cursor: thread.next },
        });
        const known = new Set(threads[id]?.messages.map((message) => message.id));
        setThreads(id, 'messages', (messages) => [
          ...messages,
          ...page.items.filter((message) => !known.has(message.id)),
        ]);
        setThreads(id, 'next', page.next);
      } finally {
        setThreads(id, 'loadingMore', false);
      }
    },
    markRead: (id) => {
      if ((conversations[id]?.unread ?? 0) === 0) return;
      setConversations(id, 'unread', 0);
      // A failure shows itself: the next notice brings the count back.
      rest.call('conversations:read', { params: { conversationId: id } }).then(
        (reply) => keep(reply.conversation),
        () => undefined,
      );
    },
    sendText: async (id, text) => {
      const reply = await rest.call('conversations:send', { params: { conversationId: id }, body: { text } });
      onMessage(reply.message);
    },
    saveNote: async (id, text) => {
      const reply = await rest.call('conversations:note', { params: { conversationId: id }, body: { text } });
      onMessage(reply.message);
    },
    requestPermission: async (id, text) => {
      const words = text.trim();
      const reply = await rest.call('conversations:request-permission', {
        params: { conversationId: id },
        body: words === '' ? {} : { text: words },
      });
      onConversation(reply.conversation);
    },
    numbers: async () => {
      const reply = await rest.call('numbers:list', {}).catch(() => ({ items: [] }));
      return reply.items;
    },
    start: async (phone, name, numberId) => {
      const body = {
        phone,
        ...(name.trim() === '' ? {} : { name: name.trim() }),
        ...(numberId === null ? {} : { numberId }),
      };
      const { conversation } = await rest.call('conversations:start', { body });
      onConversation(conversation);
      return conversation.id;
    },
  };
}
