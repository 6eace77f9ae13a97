import type { ReactNode } from 'react';
import { formatCount, formatPercent, plural } from '../../../src/format.ts';

interface TestNoteProps {
  /** The share of test rows in the draft. */
  readonly test: unknown;
  /** Of the data set. */
  readonly rows: number | undefined;
}

/** What the share of test rows means for a data set. */
export function TestNote({ test, rows }: TestNoteProps): ReactNode {
  if (test === undefined) {
    return (
      <p className="soft small">
        No test rows: the best trial cannot be evaluated on rows that were not used to select it. Set “test” to a share
        of the rows, such as 0.2.
      </p>
    );
  }
  if (typeof test !== 'number' || rows === undefined) return null;
  return (
    <p className="soft small">
      {formatPercent(test)} of the rows (about {plural(Math.round(test * rows), 'row')} of {formatCount(rows)}) are test
      rows: no trial trains or validates on them, and models are evaluated on them once.
    </p>
  );
}
