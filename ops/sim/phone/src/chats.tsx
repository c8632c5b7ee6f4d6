import Phone from 'lucide-solid/icons/phone';
import LogOut from 'lucide-solid/icons/log-out';
import { For, Show, type JSX } from 'solid-js';
import type { ChatEntry, ContactView, PhoneView } from './line.ts';
import { Avatar } from './parts.tsx';
import { durationOf, numberOf, timeOf } from './words.ts';

/** One line for the list. */
export function summaryOf({ content }: ChatEntry): string {
  switch (content.kind) {
    case 'text':
      return content.text;
    case 'audio':
      return 'Voice message';
    case 'permission-request':
      return 'Wants to call you';
    case 'call':
    default:
      if (content.seconds !== null) return `Call, ${durationOf(content.seconds * 1000)}`;
      return content.direction === 'in' ? 'Missed call' : 'Not answered';
  }
}

/** The businesses that this customer can call and write to. */
export function Chats(props: {
  view: PhoneView;
  onOpen: (contact: ContactView) => void;
  onCall: (contact: ContactView) => void;
  onLeave: () => void;
}): JSX.Element {
  return (
    <div class="flex min-h-0 flex-1 flex-col">
      <header class="flex items-end gap-3 px-6 pt-6 pb-4 sm:pt-12">
        <div class="min-w-0 flex-1">
          <p class="text-sm font-semibold text-plum">Courier</p>
          <h1 class="text-2xl font-bold">Chats</h1>
        </div>
        <button
          type="button"
          class="flex max-w-48 items-center gap-2 rounded-full bg-sunken py-1 pr-3 pl-1 text-sm"
          title="Take another phone"
          onClick={() => props.onLeave()}
        >
          <Avatar name={props.view.me.name} class="size-8 text-xs" />
          <span class="truncate">{props.view.me.name}</span>
          <LogOut class="size-4 shrink-0 text-soft" />
        </button>
      </header>
      <ul class="min-h-0 flex-1 overflow-y-auto px-3">
        <For each={props.view.contacts}>
          {(contact) => (
            <li class="flex items-center rounded-2xl hover:bg-sunken">
              <button
                type="button"
                class="flex min-w-0 flex-1 items-center gap-4 p-3 text-left"
                onClick={() => props.onOpen(contact)}
              >
                <Avatar name={contact.name} />
                <span class="min-w-0 flex-1">
                  <span class="flex items-baseline gap-2">
                    <span class="truncate font-semibold">{contact.name}</span>
                    <Show when={contact.chat.at(-1)}>
                      {(last) => (
                        <span class="figures ml-auto shrink-0 text-xs whitespace-nowrap text-soft">
                          {timeOf(last().at)}
                        </span>
                      )}
                    </Show>
                  </span>
                  <span class="block truncate text-sm text-soft">
                    <Show when={contact.chat.at(-1)} fallback={numberOf(contact.number)}>
                      {(last) => summaryOf(last())}
                    </Show>
                  </span>
                </span>
              </button>
              <button
                type="button"
                class="mr-3 grid size-11 shrink-0 place-items-center rounded-full bg-plum text-on-plum transition active:scale-95"
                aria-label={`Call ${contact.name}`}
                data-testid="call"
                onClick={() => props.onCall(contact)}
              >
                <Phone class="size-5" />
              </button>
            </li>
          )}
        </For>
      </ul>
    </div>
  );
}
