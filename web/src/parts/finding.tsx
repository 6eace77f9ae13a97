import type { ReactNode } from 'react';
import { formatValue, words } from '../../../src/format.ts';

/** The evidence of a finding. */
export function Evidence({ evidence }: { readonly evidence: Readonly<Record<string, number | null>> }): ReactNode {
  // What was not measured, such as the peak of a loss that is not finite.
  const entries = Object.entries(evidence).filter(([, value]) => value !== null);
  if (entries.length === 0) return null;
  return (
    <dl className="evidence">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{words(name)}</dt>
          <dd className="number">{formatValue(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
