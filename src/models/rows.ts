/** Raw rows as objects: `{ column: value }`. Also the code of `predict.mjs`. */
import type { Model } from './model.ts';
import type { Cell, ColumnWarning, Predictions, RawRow } from './predictions.ts';
import type { Cells, Predict } from './predictor.ts';

/** The cell of a row. What an object inherits, like `constructor`, is no cell. */
function cellOf(row: RawRow, name: string): Cell {
  const cell = row[name];
  const strange = typeof cell === 'object' || typeof cell === 'function';
  return strange && cell !== null && !Object.hasOwn(row, name) ? undefined : cell;
}

function cellsOf({ columns }: Pick<Model, 'columns'>, rows: readonly RawRow[]): Cells {
  const names = columns.map(({ name }) => name);
  return {
    rows: rows.length,
    cell: (row, column) => cellOf(rows[row]!, names[column]!),
    path: (row, column) => (column === undefined ? `rows[${row}]` : `rows[${row}].${column}`),
  };
}

/** Predicts rows. Columns that the model does not use are a warning, except the target. */
export function predictRows(model: Model, predict: Predict, rows: readonly RawRow[]): Predictions {
  rows.forEach((row, i) => {
    if (row === null || typeof row !== 'object' || Array.isArray(row)) {
      throw new TypeError(`rows[${i}]: must be an object with a value for every column`);
    }
  });
  const result = predict(cellsOf(model, rows));
  return { ...result, warnings: [...result.warnings, ...unknownColumns(model, rows)] };
}

/** The most unknown columns that are named. */
const MAX_UNKNOWN = 20;

function unknownColumns({ columns, target }: Model, rows: readonly RawRow[]): ColumnWarning[] {
  const known = new Set([...columns.map(({ name }) => name), target]);
  const seen = new Map<string, { rows: number; firstRow: number }>();
  rows.forEach((row, i) => {
    for (const name of Object.keys(row)) {
      if (known.has(name)) continue;
      const one = seen.get(name);
      if (one !== undefined) one.rows++;
      else if (seen.size < MAX_UNKNOWN) seen.set(name, { rows: 1, firstRow: i });
    }
  });
  return [...seen].map(([column, where]) => ({
    code: 'unknownColumn',
    column,
    ...where,
    message: `${column}: the model has no such column; it is not used`,
  }));
}
