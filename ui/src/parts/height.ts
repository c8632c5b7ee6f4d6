import { onCleanup } from 'solid-js';

/** Lets what floats above the page keep clear of an element: its height is the CSS variable `name` while it is there. */
export function tellHeight(element: HTMLElement, name: `--${string}-height`): void {
  const root = document.documentElement.style;
  const watcher = new ResizeObserver(() => root.setProperty(name, `${element.offsetHeight}px`));
  watcher.observe(element);
  onCleanup(() => {
    watcher.disconnect();
    root.removeProperty(name);
  });
}
