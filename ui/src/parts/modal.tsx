import { Dialog } from '@kobalte/core/dialog';
import X from 'lucide-solid/icons/x';
import type { JSX } from 'solid-js';
import { copy } from '../copy.ts';
import { IconButton } from './button.tsx';

/** A dialog over the page; at phone width it rises from below. Escape and the scrim close it. */
export function Modal(props: {
  open: boolean;
  title: string;
  lead?: string;
  onClose: () => void;
  children: JSX.Element;
  'data-testid'?: string;
}) {
  let before: Element | null = null;
  /** What is asked for comes first, else the dialog itself: never the cross that throws it all away. */
  const focusFirst = (event: Event): void => {
    before = document.activeElement;
    const dialog = event.currentTarget;
    if (!(dialog instanceof HTMLElement)) return;
    event.preventDefault();
    (dialog.querySelector<HTMLElement>('input, textarea, select') ?? dialog).focus();
  };
  /** Back to where the person came from: a dialog opened by code has no trigger that would do it. */
  const focusBack = (event: Event): void => {
    if (!(before instanceof HTMLElement) || !before.isConnected) return;
    event.preventDefault();
    before.focus();
  };
  return (
    <Dialog open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay class="fixed inset-0 z-40 bg-scrim" />
        <div class="pointer-events-none fixed inset-0 z-40 flex items-end justify-center p-3 sm:items-center">
          <Dialog.Content
            data-testid={props['data-testid']}
            onOpenAutoFocus={focusFirst}
            onCloseAutoFocus={focusBack}
            class="pointer-events-auto max-h-full w-full max-w-md animate-sheet overflow-y-auto rounded-xl border border-line bg-raised p-6 shadow-3 focus:outline-none"
          >
            <div class="flex items-start gap-3">
              <Dialog.Title class="min-w-0 flex-1 text-xl font-semibold tracking-tight text-balance">
                {props.title}
              </Dialog.Title>
              <Dialog.CloseButton as={IconButton} icon={X} label={copy.close} size="sm" class="-me-2 -mt-1" />
            </div>
            {props.lead && <Dialog.Description class="mt-2 text-base text-soft">{props.lead}</Dialog.Description>}
            <div class="mt-5">{props.children}</div>
          </Dialog.Content>
        </div>
      </Dialog.Portal>
    </Dialog>
  );
}
