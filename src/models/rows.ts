/** Raw rows as objects: `{ column: value }`. Also the code of `predict.mjs`. */
import type { Model } from './model.ts';
import type { PredictionTable } from './prediction-table.ts';
import type { Cell, ColumnWarning, RawRow } from './predictions.ts';
import type { Predict } from './predictor.ts';
import { checkRows } from './read-cells.ts';

/** The most unknown columns that are named. */
const MAX_UNKNOWN = 20;

/** Predicts rows. Columns that the model does not use are a warning, except the target. Throws a TypeError for what is no row. */
export function predictRows(model: Model, predict: Predict, rows: readonly RawRow[]): PredictionTable {
  checkRows(rows.length);
  const { cells, warnings } = cellsOf(model, rows);
  const width = model.columns.length;
  const result = predict({
    rows: rows.length,
    cell: (row, column) => cells[row * width + column],
    path: (row, column) => (column === undefined ? `rows[${row}]` : `rows[${row}].${column}`),
  });
  return { ...result, warnings: [...result.warnings, ...warnings] };
}

/** Where the values of rows with certain keys belong. */
interface Layout {
  readonly keys: readonly string[];
  /** By column of the model; −1 if the rows do not have it. */
  readonly positions: readonly number[];
  readonly unknown: readonly string[];
}

/** The cells in the order of the model's columns. Rows mostly have the same keys, so these are looked up once. */
function cellsOf({ columns, target }: Model, rows: readonly RawRow[]): { cells: Cell[]; warnings: ColumnWarning[] } {
  const names = columns.map(({ name }) => name);
  const known = new Set([...names, target]);
  const layoutOf = (keys: readonly string[]): Layout => ({
    keys,
    positions: names.map((name) => keys.indexOf(name)),
    unknown: keys.filter((key) => !known.has(key)),
  });
  const cells = new Array<Cell>(rows.length * columns.length);
  let next = 0;
  const unknown = new Map<string, { rows: number; firstRow: number }>();
  let layout = layoutOf([]);
  for (const [i, row] of rows.entries()) {
    if (row === null || typeof row !== 'object' || Array.isArray(row)) {
      throw new TypeError(`rows[${i}]: must be an object with a value for every column`);
    }
    const keys = Object.keys(row);
    if (!sameKeys(keys, layout.keys)) layout = layoutOf(keys);
    const values = Object.values(row);
    for (const position of layout.positions) cells[next++] = values[position]; // undefined at −1
    for (const name of layout.unknown) {
      const one = unknown.get(name);
      if (one !== undefined) one.rows++;
      else if (unknown.size < MAX_UNKNOWN) unknown.set(name, { rows: 1, firstRow: i });
    }
  }
  return { cells, warnings: [...unknown].map(([column, where]) => unknownColumn(column, where)) };
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function unknownColumn(
  column: string,
  where: { readonly rows: number; readonly firstRow: number },
): ColumnWarning {
  const message = `${column}: the model has no such column; it is not used`;
  return { code: 'unknownColumn', column, ...where, message };
}
