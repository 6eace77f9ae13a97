/** From CSV text to a data set, or to all the reasons why it is none. */
import {
  type Column,
  type ColumnKind,
  columnsOf,
  distinctOf,
  type FeatureColumns,
  featuresOf,
  isComplete,
  isMissing,
  isNumber,
  isNumeric,
  type Missing,
  numbersOf,
} from './columns.ts';
import { type CsvRecord, parseCsv } from './csv.ts';
import { createDataset, type Dataset, type Task } from './dataset.ts';
import { FaultList, InvalidDataset } from './faults.ts';

/** What is read; above it a file is refused. A cell is one number of x, counted after words have become inputs. */
export const datasetLimits = {
  bytes: 64 * 1024 * 1024,
  minRows: 10,
  rows: 200_000,
  columns: 2_000,
  cells: 20_000_000,
  classes: 1_000,
  faults: 20,
} as const;

/** A numeric target with at most this many different whole numbers is taken for classes, unless the caller says otherwise. */
export const MAX_GUESSED_CLASSES = 20;

/** How the columns of a file are taken, beside what is to be predicted. */
export interface CsvReading {
  /** Columns that are words, though they look like numbers. */
  readonly category: readonly string[];
  /** Columns that are left out. */
  readonly ignore: readonly string[];
  readonly missing: Missing;
}
export const plainReading: CsvReading = { category: [], ignore: [], missing: 'refuse' };

/** What is not given of how columns are taken is `plainReading`. */
type GivenReading = { readonly [Name in keyof CsvReading]?: CsvReading[Name] | undefined };
export interface CsvOptions extends GivenReading {
  readonly name: string;
  /** The target's column; the last unless given. */
  readonly target?: string | undefined;
  /** Guessed unless given. */
  readonly task?: Task | undefined;
  readonly attribution?: string | undefined;
}

/** Classes are words, or few whole numbers of which each comes twice or more on the average; all else is a quantity. */
export function guessTask(target: Column): Task {
  if (!isNumeric(target)) return 'classification';
  const distinct = new Set(target.texts);
  const whole = target.texts.every((text) => isNumber(text) && Number.isInteger(Number(text)));
  const few = distinct.size <= MAX_GUESSED_CLASSES && distinct.size * 2 <= target.texts.length;
  return whole && few ? 'classification' : 'regression';
}

/** The columns of a file, and what becomes of each; rows that are left out are gone. */
export interface CsvTable {
  readonly columns: readonly Column[];
  readonly target: Column;
  /** In the order of the file, without the target and those that are left out. */
  readonly features: readonly { readonly column: Column; readonly kind: ColumnKind }[];
  /** Rows left out, because a value is not there. */
  readonly dropped: number;
}

/** Adds what is wrong to `faults`; throws where the text is no table at all. */
export function tableFromCsv(text: string, options: CsvOptions, faults: FaultList): CsvTable {
  checkSize(text, faults);
  faults.throwIfAny();
  const [header, ...records] = parseCsv(text, faults);
  if (header === undefined) faults.add('', 'the file is empty; a header and rows are needed');
  faults.throwIfAny();
  const names = header!.fields.map((name) => name.trim());
  const { ignore = [], category = [], missing = 'refuse' } = options;
  checkShape(names, records, options, faults);
  const all = columnsOf(names, records);
  const used = all.filter(({ name }) => !ignore.includes(name));
  if (used.length < 2) faults.add('line 1', 'there is no feature: a target and at least one other column are needed');
  const target = used.find(({ name }) => name === options.target) ?? used.at(-1);
  if (target === undefined) throw new InvalidDataset(faults.faults);
  const gaps = missing === 'drop' ? rowsWithGaps(used) : new Set<number>();
  const kept = (column: Column) => withoutRows(column, gaps);
  if (gaps.size > 0 && records.length - gaps.size < datasetLimits.minRows) {
    const message = `${records.length - gaps.size} of ${records.length} rows have all their values; at least ${datasetLimits.minRows} are needed`;
    faults.add('', message);
  }
  return {
    columns: all,
    target: kept(target),
    features: used
      .filter((column) => column !== target)
      .map((column) => ({
        column: kept(column),
        kind: isNumeric(column) && !category.includes(column.name) ? 'number' : 'category',
      })),
    dropped: gaps.size,
  };
}

function rowsWithGaps(columns: readonly Column[]): Set<number> {
  return new Set(columns.flatMap(({ texts }) => texts.flatMap((text, row) => (isMissing(text) ? [row] : []))));
}

function withoutRows(column: Column, rows: ReadonlySet<number>): Column {
  if (rows.size === 0) return column;
  const kept = <T>(values: readonly T[]) => values.filter((_, row) => !rows.has(row));
  return { ...column, texts: kept(column.texts), lines: kept(column.lines) };
}

/**
 * Reads a data set, and tells how many rows were left out; throws `InvalidDataset` with every fault (the first
 * `datasetLimits.faults` of them).
 */
export function readCsv(text: string, options: CsvOptions): { dataset: Dataset; dropped: number } {
  const faults = new FaultList(datasetLimits.faults);
  const table = tableFromCsv(text, options, faults);
  faults.throwIfAny();
  const rows = table.target.texts.length;
  const features = featuresIn(table, options, faults);
  const target = targetOf(table.target, options.task, faults);
  faults.throwIfAny();
  const dataset = createDataset({
    name: options.name,
    ...target,
    featureNames: features.flatMap(({ names }) => names),
    targetName: table.target.name,
    x: interleave(
      features.flatMap(({ values }) => values),
      rows,
    ),
    attribution: options.attribution,
  });
  return { dataset, dropped: table.dropped };
}

/** The data set alone. */
export function datasetFromCsv(text: string, options: CsvOptions): Dataset {
  return readCsv(text, options).dataset;
}

/** The inputs that each feature becomes. */
export function featuresIn(
  { features, target }: CsvTable,
  { missing = 'refuse' }: CsvOptions,
  faults: FaultList,
): FeatureColumns[] {
  const inputs = features.map(({ column, kind }) => featuresOf(column, faults, kind, missing));
  const names = inputs.flatMap((feature) => feature.names);
  const cells = names.length * target.texts.length;
  if (cells > datasetLimits.cells) faults.add('', `has ${cells} numbers; at most ${datasetLimits.cells} are read`);
  if (new Set(names).size < names.length) {
    faults.add('line 1', 'a word of one column gives an input the name of another column');
  }
  return inputs;
}

function checkSize(text: string, faults: FaultList): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > datasetLimits.bytes) faults.add('', `has ${bytes} bytes; at most ${datasetLimits.bytes} are read`);
}

function shownOf(names: readonly string[]): string {
  return names.slice(0, 20).join(', ');
}

/** The header, and whether every row has its columns. */
function checkShape(
  names: readonly string[],
  records: readonly CsvRecord[],
  options: CsvOptions,
  faults: FaultList,
): void {
  const { columns, minRows, rows } = datasetLimits;
  if (names.length > columns) faults.add('line 1', `has ${names.length} columns; at most ${columns} are read`);
  names.forEach((name, k) => {
    if (name === '') faults.add('line 1', `column ${k + 1} has no name`);
    else if (names.indexOf(name) < k) faults.add('line 1', `two columns are named ${name}`);
  });
  if (options.target !== undefined && !names.includes(options.target)) {
    faults.add('target', `there is no column ${options.target}; there are ${shownOf(names)}`);
  }
  for (const [parameter, asked] of [
    ['ignore', options.ignore ?? []],
    ['category', options.category ?? []],
  ] as const) {
    const unknown = asked.filter((name) => !names.includes(name));
    if (unknown.length > 0) faults.add(parameter, `there is no column ${unknown[0]}; there are ${shownOf(names)}`);
  }
  if (options.target !== undefined && options.ignore?.includes(options.target)) {
    faults.add('ignore', `${options.target} is what is to be predicted`);
  }
  if (records.length < minRows) faults.add('', `has ${records.length} rows; at least ${minRows} are needed`);
  if (records.length > rows) faults.add('', `has ${records.length} rows; at most ${rows} are read`);
  for (const { line, fields } of records) {
    if (faults.full) return;
    if (fields.length !== names.length)
      faults.add(`line ${line}`, `has ${fields.length} fields, the header ${names.length}`);
  }
}

export interface Target {
  readonly task: Task;
  readonly classes: readonly string[];
  readonly y: ArrayLike<number>;
}

export function targetOf(column: Column, wanted: Task | undefined, faults: FaultList): Target {
  isComplete(column, faults);
  const task = wanted ?? guessTask(column);
  if (task === 'regression') {
    const y = numbersOf(column, faults);
    if (!faults.full && y.every((value) => value === y[0])) {
      faults.add(`column ${column.name}`, 'the target is the same in every row; there is nothing to learn');
    }
    return { task, classes: [], y };
  }
  const classes = distinctOf(column.texts);
  if (classes.length < 2) faults.add(`column ${column.name}`, `there is a single class, ${classes[0]}; two are needed`);
  if (classes.length > datasetLimits.classes) {
    faults.add(`column ${column.name}`, `has ${classes.length} classes; at most ${datasetLimits.classes} are read`);
  }
  const indexOf = new Map(classes.map((label, index) => [label, index]));
  return { task, classes, y: Int32Array.from(column.texts, (text) => indexOf.get(text)!) };
}

/** From columns to row-major rows. */
function interleave(columns: readonly Float64Array[], rows: number): Float32Array {
  const x = new Float32Array(rows * columns.length);
  columns.forEach((column, k) => {
    for (let row = 0; row < rows; row++) x[row * columns.length + k] = column[row]!;
  });
  return x;
}
