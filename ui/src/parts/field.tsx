import { For, type JSX, Show, createUniqueId, splitProps } from 'solid-js';

const boxLook =
  'w-full rounded-md border bg-surface px-3 text-base text-ink placeholder:text-faint transition-colors focus:border-focus focus:outline-2 focus:-outline-offset-1 focus:outline-focus';

type FieldProps = JSX.InputHTMLAttributes<HTMLInputElement> & {
  label: string;
  hint?: string;
  /** What is wrong, as a sentence; read out when it appears. */
  error?: string | undefined;
  /** Stands at the end, inside the box. */
  trailing?: JSX.Element;
};

/** A labelled line of text. */
export function Field(props: FieldProps) {
  const [own, rest] = splitProps(props, ['label', 'hint', 'error', 'trailing', 'class']);
  const id = createUniqueId();
  return (
    <div class={own.class}>
      <label for={id} class="mb-1.5 block text-sm font-medium text-ink">
        {own.label}
      </label>
      <div class="relative">
        <input
          {...rest}
          id={id}
          aria-invalid={own.error !== undefined}
          aria-describedby={own.error !== undefined || own.hint !== undefined ? `${id}-about` : undefined}
          class={`h-11 ${boxLook} ${own.error === undefined ? 'border-edge' : 'border-stop'} ${own.trailing === undefined ? '' : 'pe-11'}`}
        />
        <Show when={own.trailing}>
          <div class="absolute inset-y-0 end-1 flex items-center">{own.trailing}</div>
        </Show>
      </div>
      <p
        id={`${id}-about`}
        role={own.error === undefined ? undefined : 'alert'}
        class={`mt-1.5 text-xs ${own.error === undefined ? 'text-faint' : 'text-stop-text'}`}
      >
        {own.error ?? own.hint}
      </p>
    </div>
  );
}

type AreaProps = JSX.TextareaHTMLAttributes<HTMLTextAreaElement> & { label: string; hint?: string };

/** A labelled box for several lines. */
export function Area(props: AreaProps) {
  const [own, rest] = splitProps(props, ['label', 'hint', 'class']);
  const id = createUniqueId();
  return (
    <div class={own.class}>
      <label for={id} class="mb-1.5 block text-sm font-medium text-ink">
        {own.label}
      </label>
      <textarea {...rest} id={id} class={`block min-h-20 resize-y border-edge py-2.5 ${boxLook}`} />
      <Show when={own.hint}>
        <p class="mt-1.5 text-xs text-faint">{own.hint}</p>
      </Show>
    </div>
  );
}

type ChoiceProps = {
  label: string;
  class?: string;
  value: string;
  options: readonly { readonly value: string; readonly label: string }[];
  onChoose: (value: string) => void;
};

/** One of a few; the browser's own list, which every phone and screen reader knows. */
export function Choice(props: ChoiceProps) {
  const id = createUniqueId();
  return (
    <div class={props.class}>
      <label for={id} class="mb-1.5 block text-sm font-medium text-ink">
        {props.label}
      </label>
      <select
        id={id}
        value={props.value}
        onChange={(event) => props.onChoose(event.currentTarget.value)}
        class={`h-11 border-edge ${boxLook}`}
      >
        <For each={props.options}>{(option) => <option value={option.value}>{option.label}</option>}</For>
      </select>
    </div>
  );
}
