import type { ReactNode } from 'react';

/** A number with its name, in a `dl` of class `tiles`. */
export function Tile({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}
