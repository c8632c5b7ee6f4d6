/** A key, on the panel. */
export function Kbd(props: { keys: string }) {
  return (
    <kbd
      class="hidden rounded-sm bg-black/20 px-1.5 py-0.5 font-sans text-2xs font-medium tracking-wide md:inline"
      aria-hidden="true"
    >
      {props.keys}
    </kbd>
  );
}
