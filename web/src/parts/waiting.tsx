import type { ReactNode } from 'react';

/** A loading message, shown after a delay. */
export function Waiting({ what }: { readonly what: string }): ReactNode {
  return (
    <p className="waiting" role="status">
      Loading {what}…
    </p>
  );
}
