/** Reads cells of raw rows as network inputs, as data/columns.ts reads those of a file. */
import type { InputColumn } from '../data/columns.ts';
import { markersOf } from '../data/missing.ts';
import { isNumber, numberReader } from '../data/number-format.ts';
import { sameSpelling } from '../data/spelling.ts';
import type { Model, ModelColumn, ModelReading } from './model.ts';
import type { Cell } from './predictions.ts';

/** What a cell gave: nothing to mention, or a problem. */
export type CellOutcome = undefined | 'outsideRange' | 'unknownCategory' | { readonly message: string };

/** Reads the cells of one column. */
export interface ColumnReader {
  readonly name: string;
  /** Writes the inputs of a cell to zeroed numbers starting at `at`; NaN for a missing number, which preprocessing fills. */
  write(cell: Cell, x: Float64Array, at: number): CellOutcome;
  /** Its first input. */
  readonly first: number;
}

const MISSING = { message: 'the value is missing, and the data set had no missing values in this column' };
const MAX_SHOWN = 40;

/** How many inputs a column gives. */
export function inputsOf(column: InputColumn): number {
  if (column.type === 'category') return column.categories.length;
  return column.gaps ? 2 : 1;
}

/** How many inputs the columns have together. */
export function countInputs({ columns }: Pick<Model, 'columns'>): number {
  return columns.reduce((sum, column) => sum + inputsOf(column), 0);
}

export function columnReaders({ columns, reading }: Pick<Model, 'columns' | 'reading'>): ColumnReader[] {
  let next = 0;
  return columns.map((column) => {
    const first = next;
    next += inputsOf(column);
    const write = column.type === 'number' ? numberWriter(column, reading) : categoryWriter(column, reading);
    return { name: column.name, first, write };
  });
}

function shown(cell: unknown): string {
  if (Array.isArray(cell)) return `a list of ${cell.length}`;
  // As JSON it may be too deeply nested to be written.
  if (typeof cell === 'object' && cell !== null) return 'an object';
  const text = String(cell);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function isAbsent(cell: unknown): boolean {
  return cell === null || cell === undefined || Number.isNaN(cell);
}

type NumberColumn = Extract<ModelColumn, { type: 'number' }>;
type CategoryColumn = Extract<ModelColumn, { type: 'category' }>;

function numberWriter({ name, gaps, range }: NumberColumn, reading: ModelReading): ColumnReader['write'] {
  const { inNumbers } = markersOf(reading, name);
  const ownMarkers = reading.missingValues.length + reading.missingIn.length > 0;
  const read = numberReader(reading);
  const rounds = reading.rules === 1;
  const [low, high] = range ?? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const numberOf = (cell: Cell): number | { readonly message: string } => {
    if (typeof cell === 'number') return ownMarkers && inNumbers(String(cell)) ? Number.NaN : cell;
    if (isAbsent(cell)) return Number.NaN;
    if (typeof cell !== 'string') return { message: `must be a number, got ${shown(cell)}` };
    const text = read(cell.trim());
    // None of the usual markers is a number.
    if (!ownMarkers && isNumber(text)) return Number(text);
    if (inNumbers(text)) return Number.NaN;
    return isNumber(text) ? Number(text) : { message: `must be a number, got ${shown(cell)}` };
  };
  return (cell, x, at) => {
    const value = numberOf(cell);
    if (typeof value !== 'number') return value;
    if (Number.isNaN(value)) {
      if (!gaps) return MISSING;
      x[at] = value;
      x[at + 1] = 1;
      return undefined;
    }
    const single = Math.fround(value);
    if (!Number.isFinite(single))
      return { message: `must be a finite number below 3.4e38, got ${shown(String(cell))}` };
    x[at] = rounds ? single : value;
    return value < low || value > high ? 'outsideRange' : undefined;
  };
}

/** Texts whose category is remembered; more are looked up every time. */
const MAX_REMEMBERED = 10_000;

function categoryWriter(column: CategoryColumn, reading: ModelReading): ColumnReader['write'] {
  const { gaps, categories, missing, other } = column;
  const { inWords, inNumbers } = markersOf(reading, column.name);
  const isMissing = reading.rules > 1 ? inWords : inNumbers;
  const read = numberReader(reading);
  const indexOf = new Map(categories.map((category, k) => [category, k]));
  const missingIndex = missing === null ? undefined : indexOf.get(missing);
  const otherIndex = other === null ? undefined : indexOf.get(other);
  const find = (given: string): number | undefined | 'missing' => {
    const text = read(given.trim());
    if (isMissing(text)) return 'missing';
    return indexOf.get(reading.rules > 1 ? sameSpelling(text) : text) ?? otherIndex;
  };
  const remembered = new Map<string, number | undefined | 'missing'>();
  const found = (text: string) => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const index = find(text);
    if (remembered.size < MAX_REMEMBERED) remembered.set(text, index);
    return index;
  };
  return (cell, x, at) => {
    if (cell !== null && (typeof cell === 'object' || typeof cell === 'function')) {
      return { message: `must be a text or a number, got ${shown(cell)}` };
    }
    const index = isAbsent(cell) ? 'missing' : found(String(cell));
    if (index === undefined) return 'unknownCategory';
    if (index !== 'missing') x[at + index] = 1;
    else if (!gaps || missingIndex === undefined) return MISSING;
    else x[at + missingIndex] = 1;
    return undefined;
  };
}
