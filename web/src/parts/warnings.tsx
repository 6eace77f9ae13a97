/** Warnings of the service about a valid specification. */
import type { ReactNode } from 'react';
import type { Search } from '../api.ts';

export function Warnings({ warnings }: { readonly warnings: Search['warnings'] }): ReactNode {
  if (warnings.length === 0) return null;
  return (
    <ul className="warnings" aria-label="Warnings">
      {warnings.map(({ path, message }) => (
        <li key={`${path} ${message}`}>
          <code>{path}</code> {message}
        </li>
      ))}
    </ul>
  );
}
