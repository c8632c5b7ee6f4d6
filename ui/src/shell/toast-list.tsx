import CircleAlert from 'lucide-solid/icons/circle-alert';
import CircleCheck from 'lucide-solid/icons/circle-check';
import Info from 'lucide-solid/icons/info';
import X from 'lucide-solid/icons/x';
import { For, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { copy } from '../copy.ts';
import { IconButton } from '../parts/button.tsx';
import { useConsole } from './context.ts';

const icons = { info: Info, good: CircleCheck, bad: CircleAlert } as const;
const colours = { info: 'text-accent-text', good: 'text-go-text', bad: 'text-stop-text' } as const;

/** News of the moment, read out politely. */
export function ToastList() {
  const { toasts } = useConsole();
  return (
    <div
      data-kb-top-layer
      role="status"
      aria-live="polite"
      class="pointer-events-none fixed inset-x-3 bottom-[calc(var(--dock-height)+var(--rail-height)+0.75rem)] z-50 flex flex-col items-center gap-2 md:inset-x-auto md:start-22 md:bottom-[calc(var(--dock-height)+1.25rem)] md:items-start"
    >
      <For each={toasts.list()}>
        {(toast) => (
          <div
            data-testid="toast"
            data-tone={toast.tone}
            class="pointer-events-auto flex w-full max-w-sm animate-sheet items-start gap-3 rounded-lg border border-line bg-raised py-3 ps-4 pe-2 shadow-3"
          >
            <Dynamic
              component={icons[toast.tone]}
              size={18}
              class={`mt-0.5 shrink-0 ${colours[toast.tone]}`}
              aria-hidden
            />
            <div class="min-w-0 flex-1 text-base">
              <p class="font-medium">{toast.title}</p>
              <Show when={toast.text}>
                <p class="mt-0.5 text-sm text-soft">{toast.text}</p>
              </Show>
            </div>
            <IconButton
              icon={X}
              label={copy.dismiss}
              size="sm"
              onClick={() => toasts.dismiss(toast.id)}
              class="-my-1.5"
            />
          </div>
        )}
      </For>
    </div>
  );
}
