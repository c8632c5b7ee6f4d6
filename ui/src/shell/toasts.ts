import { type Accessor, createSignal } from 'solid-js';

export type Toast = {
  readonly id: number;
  readonly tone: 'info' | 'good' | 'bad';
  readonly title: string;
  readonly text?: string;
};

/** Short news at the edge of the page. Never the only place where something important stands. */
export type Toasts = {
  readonly list: Accessor<readonly Toast[]>;
  tell(tone: Toast['tone'], title: string, text?: string): void;
  dismiss(id: number): void;
};

/** Long enough to read twice; bad news stays longer (WCAG 2.2.1 leaves them in the log as well). */
const staysMs = { info: 5000, good: 4000, bad: 9000 } as const;
const atMost = 4;

export function createToasts(): Toasts {
  const [list, setList] = createSignal<readonly Toast[]>([]);
  let lastId = 0;
  const dismiss = (id: number): void => {
    setList((toasts) => toasts.filter((toast) => toast.id !== id));
  };
  return {
    list,
    dismiss,
    tell: (tone, title, text) => {
      lastId += 1;
      const id = lastId;
      setList((toasts) => [
        ...toasts.filter((toast) => toast.title !== title).slice(1 - atMost),
        { id, tone, title, ...(text === undefined ? {} : { text }) },
      ]);
      setTimeout(() => dismiss(id), staysMs[tone]);
    },
  };
}
