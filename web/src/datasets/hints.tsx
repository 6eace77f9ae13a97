/** What is odd in a file, and what can be done about it at once. */
import type { ReactNode } from 'react';
import { plural } from '../../../src/format.ts';
import { type Choices, type Hint, withOffer } from './preview.ts';

interface HintsProps {
  readonly hints: readonly Hint[];
  /** Without them, nothing can be done any more. */
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
