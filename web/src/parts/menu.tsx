/** A menu that closes on Escape and on a click outside of it. */
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';

export function Menu({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const closeOutside = ({ target }: PointerEvent) => {
      if (menu.current?.open && !menu.current.contains(target as Node)) menu.current.open = false;
    };
    document.addEventListener('pointerdown', closeOutside);
    return () => document.removeEventListener('pointerdown', closeOutside);
  }, []);
  const onKeyDown = ({ key }: KeyboardEvent) => {
    // Escape in a dialog of the menu closes the dialog alone.
    if (key !== 'Escape' || !menu.current?.open || menu.current.querySelector('dialog[open]')) return;
    menu.current.open = false;
    menu.current.querySelector('summary')?.focus();
  };
  return (
    <details className="menu" ref={menu} onKeyDown={onKeyDown}>
      <summary>{title}</summary>
      <div>{children}</div>
    </details>
  );
}
