import { createRoot, createSignal } from 'solid-js';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const key = 'switchboard.theme';
const stored = (): Theme => themes.find((theme) => theme === localStorage.getItem(key)) ?? 'system';
const [theme, setSignal] = createRoot(() => createSignal<Theme>(stored()));

export const currentTheme = theme;

/** Light, dark, or as the system has it; kept in this browser. */
export function setTheme(value: Theme): void {
  setSignal(value);
  localStorage.setItem(key, value);
  applyTheme();
}

/** The tokens follow `data-theme`; without it, `prefers-color-scheme`. */
export function applyTheme(): void {
  const root = document.documentElement;
  if (theme() === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme();
}
