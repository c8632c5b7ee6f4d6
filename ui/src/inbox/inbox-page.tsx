import { useParams } from '@solidjs/router';
import MessagesSquare from 'lucide-solid/icons/messages-square';
import PhoneIncoming from 'lucide-solid/icons/phone-incoming';
import { Show, createSignal } from 'solid-js';
import { ConversationId } from '../../../control/contract/ids.ts';
import { copy } from '../copy.ts';
import { Empty } from '../parts/empty.tsx';
import { useConsole } from '../shell/context.ts';
import { ConversationList } from './conversation-list.tsx';
import { StartDialog } from './start-dialog.tsx';
import { ThreadView } from './thread-view.tsx';

/** Teaches what comes here, before anything did and after. */
function NothingChosen() {
  const { inbox } = useConsole();
  const isFresh = () => inbox.list.ids.length === 0 && inbox.search() === '';
  return (
    <Empty
      icon={isFresh() ? PhoneIncoming : MessagesSquare}
      title={isFresh() ? copy.inbox.pickTitleEmpty : copy.inbox.pickTitle}
      text={isFresh() ? copy.inbox.pickTextEmpty : copy.inbox.pickText}
    />
  );
}

/** Conversations beside the thread; on a phone one or the other. */
export function InboxPage() {
  const params = useParams<{ conversationId?: string }>();
  const [isStarting, setStarting] = createSignal(false);
  const chosen = (): ConversationId | undefined => {
    const parsed = ConversationId.safeParse(params.conversationId);
    return parsed.success ? parsed.data : undefined;
  };
  return (
    <div class="grid h-full grid-cols-1 md:grid-cols-[21rem_minmax(0,1fr)] xl:grid-cols-[23rem_minmax(0,1fr)]">
      <h1 class="sr-only">{copy.inbox.title}</h1>
      <div class={`min-h-0 border-e border-line bg-surface ${chosen() ? 'max-md:hidden' : ''}`}>
        <ConversationList chosen={chosen()} onStart={() => setStarting(true)} />
      </div>
      <div class={`min-h-0 min-w-0 bg-canvas ${chosen() ? '' : 'max-md:hidden'}`}>
        <Show when={chosen()} keyed fallback={<NothingChosen />}>
          {(id) => <ThreadView id={id} />}
        </Show>
      </div>
      <StartDialog open={isStarting()} onClose={() => setStarting(false)} />
    </div>
  );
}
