/** The numbers of a chart, as a table below it and as CSV. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatCell, formatCount } from '../../../src/format.ts';
import { cellOfText } from '../../../src/free-text.ts';
import { evenly } from '../parts/evenly.ts';
import { numeric, Table } from '../parts/table.tsx';

type Cell = string | number | boolean | null | undefined;

export interface ChartTable {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Formats the first column. */
  readonly formatFirst?: ((value: number) => string) | undefined;
  readonly links?: TrialLinks | undefined;
}

/** Opens trials from the table, as a click on their points or lines does in the chart. */
export interface TrialLinks {
  readonly search: string;
  /** The column with the numbers of the trials of the rows. */
  readonly column?: number | undefined;
  /** The trial of each column. */
  readonly heads?: readonly (number | undefined)[] | undefined;
}

/** More rows would make the page slow; the CSV has all. */
const MAX_ROWS = 200;

export function NumbersTable({ label, table }: { readonly label: string; readonly table: ChartTable }): ReactNode {
  const { heads, rows, formatFirst, links } = table;
  const shown = evenly(rows, MAX_ROWS);
  const isNumeric = heads.map((_, column) => rows.every((row) => typeof row[column] !== 'string'));
  const textOf = (cell: Cell, column: number) =>
    column === 0 && formatFirst && typeof cell === 'number' ? formatFirst(cell) : formatCell(cell);
  const linked = (text: string, trial: Cell) =>
    links && typeof trial === 'number' ? <Link href={`/searches/${links.search}/trials/${trial}`}>{text}</Link> : text;
  const headOf = (head: string, column: number) => linked(head, links?.heads?.[column]);
  return (
    <>
      <Table
        label={label}
        heads={heads.map((head, column) => (isNumeric[column] ? numeric(headOf(head, column)) : head))}
        style={{ maxHeight: '24rem', overflow: 'auto' }}
      >
        {shown.map((row, i) => (
          <tr key={i}>
            {heads.map((_, column) => (
              <td key={column} className={isNumeric[column] ? 'number' : undefined}>
                {linked(textOf(row[column], column), column === links?.column ? row[column] : undefined)}
              </td>
            ))}
          </tr>
        ))}
      </Table>
      {shown.length < rows.length && (
        <p className="soft small">
          {shown.length} of {formatCount(rows.length)} rows, evenly spaced; the CSV has all of them
          {links && ', and the Trials view opens every trial'}.
        </p>
      )}
    </>
  );
}

export function csvOf({ heads, rows }: ChartTable): string {
  return [heads, ...rows].map((row) => row.map(quoted).join(',')).join('\n');
}

function quoted(cell: Cell): string {
  const text = typeof cell === 'string' ? cellOfText(cell) : String(cell ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
