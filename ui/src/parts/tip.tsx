import { Tooltip } from '@kobalte/core/tooltip';
import { type JSX, Show } from 'solid-js';

/**
 * A tooltip that also works for disabled buttons and on touch: the wrapper takes the focus and the
 * pointer, and names the text to screen readers.
 */
export function Tip(props: { text: string | undefined; children: JSX.Element; focusable?: boolean; class?: string }) {
  return (
    <Tooltip openDelay={250} closeDelay={80} gutter={6} placement="bottom">
      <Tooltip.Trigger
        as="span"
        class={`inline-flex rounded-md ${props.class ?? ''}`}
        tabindex={props.focusable ? 0 : -1}
      >
        {props.children}
      </Tooltip.Trigger>
      <Show when={props.text}>
        <Tooltip.Portal>
          <Tooltip.Content class="z-60 max-w-72 animate-enter rounded-md bg-panel px-3 py-2 text-xs text-panel-ink shadow-2">
            {props.text}
          </Tooltip.Content>
        </Tooltip.Portal>
      </Show>
    </Tooltip>
  );
}
