/** How important the columns of a model are: bars with intervals, and a table. */
import { type ReactNode, useState } from 'react';
import { formatCount, formatNumber, formatValue, plural } from '../../../src/format.ts';
import type { ModelRecord } from '../api.ts';
import { numeric, Table } from '../parts/table.tsx';

type Importance = NonNullable<ModelRecord['facts']>['importance'];
type Known = Extract<Importance, { readonly columns: unknown }>;
type Drop = Known['columns'][number]['value'];

/** How many columns are shown at first. */
const SHOWN = 12;

export function ImportanceCard({
  metric,
  importance,
}: {
  readonly metric: string;
  readonly importance: Importance;
}): ReactNode {
  return (
    <section className="card wide">
      <h2>Column importance</h2>
      {'columns' in importance ? (
        <Bars metric={metric} importance={importance} />
      ) : (
        <p className="soft">Not available: {importance.unavailable}.</p>
      )}
    </section>
  );
}

function Bars({ metric, importance }: { readonly metric: string; readonly importance: Known }): ReactNode {
  const [all, setAll] = useState(false);
  const { on, rows, repeats } = importance;
  const columns = importance.columns.toSorted((a, b) => meanOf(b.value) - meanOf(a.value));
  const shown = all ? columns : columns.slice(0, SHOWN);
  const most = Math.max(...columns.map(({ value }) => meanOf(value) + (value?.deviation ?? 0)), Number.MIN_VALUE);
  return (
    <>
      <p className="small">
        How much worse {metric} is when the values of a column are shuffled between {formatCount(rows)} {on} rows, ± the
        standard deviation of {plural(repeats, 'repetition')}.
      </p>
      <div className="importance of-columns">
        {shown.map(({ column, value }) => (
          <Bar key={column} column={column} drop={value} most={most} />
        ))}
      </div>
      {columns.length > SHOWN && (
        <button type="button" onClick={() => setAll(!all)}>
          {all ? 'Fewer columns' : `All ${columns.length} columns`}
        </button>
      )}
      <details>
        <summary>As a table</summary>
        <Table label="Column importance" heads={['column', ...[metric, 'loss', 'accuracy'].map(numeric)]}>
          {columns.map(({ column, value, loss, accuracy }) => (
            <tr key={column}>
              <td>{column}</td>
              <td className="number">{dropText(value)}</td>
              <td className="number">{dropText(loss)}</td>
              <td className="number">{dropText(accuracy)}</td>
            </tr>
          ))}
        </Table>
      </details>
    </>
  );
}

function Bar({
  column,
  drop,
  most,
}: {
  readonly column: string;
  readonly drop: Drop;
  readonly most: number;
}): ReactNode {
  const length = (value: number) => `${Math.min(100, Math.max(0, (100 * value) / most))}%`;
  const mean = meanOf(drop);
  const deviation = drop?.deviation ?? 0;
  const low = Math.max(0, mean - deviation);
  return (
    <>
      <span style={{ overflowWrap: 'anywhere' }}>{column}</span>
      <span className="track">
        <span className="share" style={{ width: length(mean) }} />
        <span className="interval" style={{ left: length(low), width: length(mean + deviation - low) }} />
      </span>
      <span className="number">{dropText(drop)}</span>
    </>
  );
}

function meanOf(drop: Drop): number {
  return drop?.mean ?? 0;
}

function dropText(drop: Drop): string {
  return drop === null ? '–' : `${formatValue(drop.mean)} ± ${formatNumber(drop.deviation, 2)}`;
}
