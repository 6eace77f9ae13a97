/** The numbers of a chart, as a table below it and as CSV. */
import type { ReactNode } from 'react';
import { formatCell, formatCount } from '../../../src/format.ts';
import { evenly } from '../parts/evenly.ts';
import { numeric, Table } from '../parts/table.tsx';

type Cell = string | number | boolean | null | undefined;

export interface ChartTable {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Formats the first column. */
  readonly formatFirst?: ((value: number) => string) | undefined;
}

/** More rows would make the page slow; the CSV has all. */
const MAX_ROWS = 200;

export function NumbersTable({ label, table }: { readonly label: string; readonly table: ChartTable }): ReactNode {
  const { heads, rows, formatFirst } = table;
  const shown = evenly(rows, MAX_ROWS);
  const isNumeric = heads.map((_, column) => rows.every((row) => typeof row[column] !== 'string'));
  const textOf = (cell: Cell, column: number) =>
    column === 0 && formatFirst && typeof cell === 'number' ? formatFirst(cell) : formatCell(cell);
  return (
    <>
      <Table
        label={label}
        heads={heads.map((head, column) => (isNumeric[column] ? numeric(head) : head))}
        style={{ maxHeight: '24rem', overflow: 'auto' }}
      >
        {shown.map((row, i) => (
          <tr key={i}>
            {heads.map((_, column) => (
              <td key={column} className={isNumeric[column] ? 'number' : undefined}>
                {textOf(row[column], column)}
              </td>
            ))}
          </tr>
        ))}
      </Table>
      {shown.length < rows.length && (
        <p className="soft small">
          {shown.length} of {formatCount(rows.length)} rows, evenly spaced; the CSV has all of them.
        </p>
      )}
    </>
  );
}

export function csvOf({ heads, rows }: ChartTable): string {
  return [heads, ...rows].map((row) => row.map(quoted).join(',')).join('\n');
}

function quoted(cell: Cell): string {
  const text = String(cell ?? '');
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
