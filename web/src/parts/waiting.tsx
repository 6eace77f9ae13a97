import type { ReactNode } from 'react';

/** Says what is awaited; seen only where it takes a while. */
export function Waiting({ what }: { readonly what: string }): ReactNode {
  return (
    <p className="waiting" role="status">
      Loading {what}…
    </p>
  );
}
