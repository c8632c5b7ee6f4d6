import Clock from 'lucide-solid/icons/clock';
import MessageSquare from 'lucide-solid/icons/message-square';
import SendHorizontal from 'lucide-solid/icons/send-horizontal';
import StickyNote from 'lucide-solid/icons/sticky-note';
import { Show, createEffect, createSignal, on } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import type { ConversationView } from '../../../control/contract/views.ts';
import { copy } from '../copy.ts';
import { hasCode, sentenceOf } from '../line/faults.ts';
import { Button, type Icon } from '../parts/button.tsx';
import { useNow } from '../parts/now.ts';
import { useConsole } from '../shell/context.ts';
import { contactName } from '../words/phone.ts';
import { roughSpan } from '../words/time.ts';

type Mode = 'text' | 'note';
const maxLength = 4096;
/** Below this the window's end is worth a colour. */
const soonMs = 2 * 3_600_000;

/** What was typed and not sent, by conversation and kind: leaving a thread loses nothing. */
const drafts = new Map<string, string>();

/** Writes to the customer while WhatsApp's window is open, and notes to the team at any time. */
export function Composer(props: { conversation: ConversationView }) {
  const { inbox, toasts } = useConsole();
  const now = useNow(10_000);
  const [mode, setMode] = createSignal<Mode>('text');
  const [text, setText] = createSignal('');
  const [isWorking, setWorking] = createSignal(false);
  let box: HTMLTextAreaElement | undefined;

  const windowLeft = () => Date.parse(props.conversation.windowOpenUntil ?? '') - now();
  const isOpen = () => windowLeft() > 0;
  const isClosed = () => mode() === 'text' && !isOpen();
  const tooMany = () => text().length - maxLength;
  const key = () => `${props.conversation.id}:${mode()}`;

  createEffect(
    on(key, (current) => {
      setText(drafts.get(current) ?? '');
      queueMicrotask(fit);
    }),
  );

  const fit = (): void => {
    if (!box) return;
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, 180)}px`;
  };
  const type = (value: string): void => {
    setText(value);
    drafts.set(key(), value);
    fit();
  };

  const send = async (): Promise<void> => {
    const words = text().trim();
    if (words === '' || tooMany() > 0 || isWorking() || isClosed()) return;
    setWorking(true);
    const sentFrom = key();
    try {
      await (mode() === 'text'
        ? inbox.sendText(props.conversation.id, words)
        : inbox.saveNote(props.conversation.id, words));
      drafts.delete(sentFrom);
      if (key() === sentFrom) type('');
    } catch (error) {
      // The words stay in the box.
      toasts.tell('bad', copy.composer.failed, sentenceOf(error));
      if (hasCode(error, 'carrier/window-closed')) void inbox.open(props.conversation.id);
    } finally {
      setWorking(false);
      box?.focus();
    }
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes, Enter chooses a word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void send();
  };

  return (
    <div class="shrink-0 px-3 pb-3 md:px-5 md:pb-5">
      <div
        class={`mx-auto max-w-3xl rounded-xl border shadow-1 transition-colors focus-within:border-focus ${mode() === 'note' ? 'border-brass-line bg-brass-soft' : 'border-line-strong bg-raised'}`}
      >
        <div class="flex items-center gap-1 px-2 pt-2" role="tablist" aria-label={copy.composer.label}>
          <Tab mode="text" current={mode()} icon={MessageSquare} label={copy.composer.text} onChoose={setMode} />
          <Tab mode="note" current={mode()} icon={StickyNote} label={copy.composer.note} onChoose={setMode} />
          <Show when={mode() === 'text' && isOpen()}>
            <span
              title={copy.composer.windowHelp}
              data-testid="window-left"
              class={`ms-auto flex items-center gap-1.5 pe-1.5 text-xs ${windowLeft() < soonMs ? 'font-medium text-brass-text' : 'text-faint'}`}
            >
              <Clock size={13} aria-hidden />
              <span class="max-sm:hidden">{copy.composer.windowOpen(roughSpan(windowLeft()))}</span>
              <span class="sm:hidden">{roughSpan(windowLeft())}</span>
            </span>
          </Show>
        </div>
        <Show
          when={!isClosed()}
          fallback={
            <div class="px-4 pt-2.5 pb-4" data-testid="window-closed">
              <p class="text-base font-medium">{copy.composer.windowClosedTitle}</p>
              <p class="mt-0.5 text-sm text-soft">
                {props.conversation.windowOpenUntil === null
                  ? copy.composer.windowClosedNever
                  : copy.composer.windowClosedText}
              </p>
            </div>
          }
        >
          <div class="flex items-end gap-2 ps-4 pe-2 pb-2">
            <textarea
              ref={(made) => (box = made)}
              rows={1}
              dir="auto"
              data-testid={mode() === 'text' ? 'composer-text' : 'composer-note'}
              aria-label={mode() === 'text' ? copy.composer.text : copy.composer.note}
              placeholder={
                mode() === 'text'
                  ? copy.composer.textPlaceholder(contactName(props.conversation.contact, copy.unknownContact))
                  : copy.composer.notePlaceholder
              }
              title={copy.composer.keys}
              value={text()}
              onInput={(event) => type(event.currentTarget.value)}
              onKeyDown={onKeyDown}
              class="max-h-45 min-h-10 w-full resize-none bg-transparent py-2.5 text-base leading-5 placeholder:text-faint focus:outline-none"
            />
            <Button
              look="primary"
              icon={mode() === 'text' ? SendHorizontal : StickyNote}
              working={isWorking()}
              disabled={text().trim() === '' || tooMany() > 0}
              data-testid="composer-send"
              onClick={() => void send()}
            >
              <span class="max-sm:sr-only">{mode() === 'text' ? copy.composer.send : copy.composer.saveNote}</span>
            </Button>
          </div>
          <Show when={tooMany() > 0}>
            <p role="alert" class="px-4 pb-2.5 text-xs text-stop-text">
              {copy.composer.tooLong(tooMany())}
            </p>
          </Show>
        </Show>
      </div>
    </div>
  );
}

function Tab(props: { mode: Mode; current: Mode; icon: Icon; label: string; onChoose: (mode: Mode) => void }) {
  const isCurrent = () => props.mode === props.current;
  return (
    <button
      type="button"
      role="tab"
      aria-selected={isCurrent()}
      data-testid={`composer-mode-${props.mode}`}
      onClick={() => props.onChoose(props.mode)}
      class={`inline-flex h-7 items-center gap-1.5 rounded-md px-2.5 text-sm font-medium transition-colors ${isCurrent() ? (props.mode === 'note' ? 'bg-brass-line/50 text-brass-text' : 'bg-accent-soft text-accent-text') : 'text-soft hover:bg-hover'}`}
    >
      <Dynamic component={props.icon} size={14} aria-hidden />
      {props.label}
    </button>
  );
}
