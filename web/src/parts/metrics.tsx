import type { ReactNode } from 'react';
import { formatValue } from '../../../src/format.ts';

/** All metrics of a task in one line. */
export function Metrics({ metrics }: { readonly metrics: Readonly<Record<string, number | null>> }): ReactNode {
  return (
    <p className="small">
      {Object.entries(metrics)
        .map(([name, value]) => `${name} ${formatValue(value)}`)
        .join(' · ')}
    </p>
  );
}
