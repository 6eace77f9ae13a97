/** Warnings about a file, with buttons that fix them. */
import type { ReactNode } from 'react';
import { plural } from '../../../src/format.ts';
import { type Choices, type Hint, withOffer } from './preview.ts';

interface HintsProps {
  readonly hints: readonly Hint[];
  /** Undefined if the file can no longer be changed. */
  readonly choosing?: { readonly choices: Choices; readonly change: (choices: Choices) => void };
}

export function Hints({ hints, choosing }: HintsProps): ReactNode {
  if (hints.length === 0) return null;
  return (
    <section className="hints" aria-label="Warnings">
      <strong>{plural(hints.length, 'warning')}</strong>
      <ul>
        {hints.map(({ code, column, message, offers }) => (
          <li key={`${code} ${column} ${message}`}>
            {column !== null && <code>{column}</code>} {message}{' '}
            {choosing &&
              offers.map((offer) => (
                <button
                  key={offer.label}
                  type="button"
                  aria-label={`${column ?? 'the file'}: ${offer.label}`}
                  onClick={() => choosing.change(withOffer(choosing.choices, offer))}
                >
                  {offer.label}
                </button>
              ))}
          </li>
        ))}
      </ul>
    </section>
  );
}
