/** Reads the cells of rows to predict, and collects what is wrong or unusual about them. */
import { columnReaders, countInputs } from './cells.ts';
import type { Model } from './model.ts';
import type { Cell, ColumnWarning, RowError } from './predictions.ts';

/** Limits of one call. */
export const predictLimits = { rows: 100_000, errors: 20 } as const;

/** Raw rows by position. */
export interface Cells {
  readonly rows: number;
  /** The cell of a row, by the index of the column in `Model.columns`. */
  cell(row: number, column: number): Cell;
  /** The path of a cell in messages; of the row if the column is undefined. */
  path(row: number, column: string | undefined): string;
}

/** Throws a RangeError for more rows than one call may have. */
export function checkRows(rows: number): void {
  if (rows > predictLimits.rows) throw new RangeError(`must have at most ${predictLimits.rows} rows, got ${rows}`);
}

/** The errors of rows: all rows, but only the first messages. */
export interface Problems {
  has(row: number): boolean;
  add(row: number, path: string, message: string): void;
  readonly count: number;
  /** By row, 0 or 1. */
  readonly hasError: Uint8Array;
  first(): RowError[];
}

export function createProblems(rows: number): Problems {
  const hasError = new Uint8Array(rows);
  let count = 0;
  const errors: RowError[] = [];
  const sorted = () => errors.sort((a, b) => a.row - b.row);
  return {
    hasError,
    has: (row) => hasError[row] !== 0,
    add(row, path, message) {
      if (hasError[row] === 0) count++;
      hasError[row] = 1;
      errors.push({ row, path, message });
      // Columns are read one after the other, so later ones may have errors in earlier rows.
      if (errors.length >= 2 * predictLimits.errors) sorted().length = predictLimits.errors;
    },
    get count() {
      return count;
    },
    first: () => sorted().slice(0, predictLimits.errors),
  };
}

const warned = {
  outsideRange: 'are outside the range of the training rows',
  unknownCategory: 'have a category that no training row had, and are predicted as none of the known ones',
} as const;
const warningCodes = ['outsideRange', 'unknownCategory'] as const;

/** Reads the rows of one call, some at a time. */
export interface CellReader {
  /** The inputs of the rows `start` … `start + count − 1`, count × inputs; NaN for missing numbers. */
  read(start: number, count: number): Float64Array;
  /** Of the rows read so far. */
  warnings(): ColumnWarning[];
}

export function cellReader(
  model: Pick<Model, 'columns' | 'reading'>,
): (cells: Cells, problems: Problems) => CellReader {
  const readers = columnReaders(model);
  const inputs = countInputs(model);
  const unseen = () => ({ rows: 0, firstRow: -1 });
  return (cells, problems) => {
    const seen = readers.map(() => ({ outsideRange: unseen(), unknownCategory: unseen() }));
    return {
      read(start, count) {
        const x = new Float64Array(count * inputs);
        readers.forEach(({ name, first, write }, column) => {
          for (let i = 0; i < count; i++) {
            const row = start + i;
            const outcome = write(cells.cell(row, column), x, i * inputs + first);
            if (outcome === undefined) continue;
            if (typeof outcome === 'object') problems.add(row, cells.path(row, name), outcome.message);
            else if (seen[column]![outcome].rows++ === 0) seen[column]![outcome].firstRow = row;
          }
        });
        return x;
      },
      warnings: () =>
        readers.flatMap(({ name: column }, c) =>
          warningCodes
            .filter((code) => seen[c]![code].rows > 0)
            .map((code) => {
              const { rows, firstRow } = seen[c]![code];
              const where = `the first is ${cells.path(firstRow, column)}`;
              return { code, column, rows, firstRow, message: `${column}: ${rows} values ${warned[code]}; ${where}` };
            }),
        ),
    };
  };
}
