/** A confusion matrix. */
import type { ReactNode } from 'react';
import { formatCount, plural } from '../../../src/format.ts';

interface ConfusionProps {
  /** Rows by true class (outer) and predicted class (inner). */
  readonly confusion: readonly (readonly number[])[];
  /** Classes without a name are numbered. */
  readonly classes: readonly string[];
}

export function Confusion({ confusion, classes }: ConfusionProps): ReactNode {
  const named = (place: number) => classes[place] ?? String(place);
  const total = confusion.flat().reduce((a, b) => a + b, 0);
  const right = confusion.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  const most = Math.max(1, ...confusion.map((row, i) => Math.max(0, ...row.filter((_, j) => j !== i))));
  return (
    <>
      <p className="small">
        {formatCount(right)} of {plural(total, 'row')} correct. Rows: true class; columns: predicted class.
      </p>
      <section className="scroll" aria-label="Confusion matrix" tabIndex={0}>
        <table className="confusion" style={{ width: 'auto' }}>
          <thead>
            <tr>
              <td />
              {confusion.map((_, j) => (
                <th key={j} scope="col">
                  {named(j)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {confusion.map((row, i) => (
              <tr key={i}>
                <th scope="row">{named(i)}</th>
                {row.map((count, j) => {
                  const strength =
                    i === j
                      ? count /
                        Math.max(
                          1,
                          row.reduce((a, b) => a + b, 0),
                        )
                      : count / most;
                  const hue = i === j ? '--green' : '--red';
                  return (
                    <td
                      key={j}
                      className="heat"
                      title={`${count} of class ${named(i)} predicted as ${named(j)}`}
                      style={{
                        background:
                          count === 0
                            ? 'none'
                            : `color-mix(in srgb, var(${hue}) ${Math.round(8 + 27 * strength)}%, transparent)`,
                      }}
                    >
                      {count === 0 ? '' : count}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
