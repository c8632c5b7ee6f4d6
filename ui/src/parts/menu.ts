/** How every menu looks; Kobalte's parts take it as classes. */
export const menuLook =
  'z-50 animate-enter rounded-lg border border-line bg-raised p-1.5 text-ink shadow-3 focus:outline-none';

export const menuItem =
  'flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-base select-none outline-none data-highlighted:bg-hover data-disabled:cursor-not-allowed data-disabled:text-faint';
