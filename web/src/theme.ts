/** Light or dark theme, from the system or chosen by the user. Charts draw on canvas and need the colours. */
import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'hypersearch.theme';
const listeners = new Set<() => void>();
const dark = matchMedia('(prefers-color-scheme: dark)');
dark.addEventListener('change', () => tell());

function tell(): void {
  for (const listener of listeners) listener();
}

function chosenTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme();
  tell();
}

export function applyTheme(): void {
  const theme = chosenTheme();
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, chosenTheme);
}

/** The resolved theme. */
function useIsDark(): boolean {
  return useSyncExternalStore(subscribe, () => {
    const theme = chosenTheme();
    return theme === 'dark' || (theme === 'system' && dark.matches);
  });
}

/** The current colour of a custom property such as `--accent`. */
export type Colour = (name: string) => string;

const byTheme: readonly [light: Colour, dark: Colour] = [remembered(), remembered()];

/** Cached, because reading a colour causes a layout. */
function remembered(): Colour {
  const known = new Map<string, string>();
  return (name) => {
    const found = known.get(name) ?? colourOf(name);
    known.set(name, found);
    return found;
  };
}

/** Returns a new function whenever the colours change. */
export function useColour(): Colour {
  return byTheme[useIsDark() ? 1 : 0];
}

function colourOf(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
