/** From CSV text to a data set, or to all the reasons why it is none. */
import {
  type Column,
  columnsOf,
  distinctOf,
  featuresOf,
  isComplete,
  isNumber,
  isNumeric,
  numbersOf,
} from './columns.ts';
import { type CsvRecord, parseCsv } from './csv.ts';
import { createDataset, type Dataset, type Task } from './dataset.ts';
import { FaultList } from './faults.ts';

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

export interface CsvOptions {
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

/** Reads a data set; throws `InvalidDataset` with every fault (the first `datasetLimits.faults` of them). */
export function datasetFromCsv(text: string, options: CsvOptions): Dataset {
  const faults = new FaultList(datasetLimits.faults);
  checkSize(text, faults);
  faults.throwIfAny();
  const [header, ...records] = parseCsv(text, faults);
  if (header === undefined) faults.add('', 'the file is empty; a header and rows are needed');
  faults.throwIfAny();
  const names = header!.fields.map((name) => name.trim());
  checkShape(names, records, options, faults);
  faults.throwIfAny();
  const columns = columnsOf(names, records);
  const targetIndex = options.target === undefined ? names.length - 1 : names.indexOf(options.target);
  const features = columns.filter((_, k) => k !== targetIndex).map((column) => featuresOf(column, faults));
  const target = targetOf(columns[targetIndex]!, options.task, faults);
  const featureNames = features.flatMap((feature) => feature.names);
  const cells = featureNames.length * records.length;
  if (cells > datasetLimits.cells) faults.add('', `has ${cells} numbers; at most ${datasetLimits.cells} are read`);
  if (new Set(featureNames).size < featureNames.length) {
    faults.add('line 1', 'a word of one column gives an input the name of another column');
  }
  faults.throwIfAny();
  return createDataset({
    name: options.name,
    ...target,
    featureNames,
    targetName: names[targetIndex]!,
    x: interleave(
      features.flatMap((feature) => feature.values),
      records.length,
    ),
    attribution: options.attribution,
  });
}

function checkSize(text: string, faults: FaultList): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > datasetLimits.bytes) faults.add('', `has ${bytes} bytes; at most ${datasetLimits.bytes} are read`);
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
  if (names.length < 2) faults.add('line 1', 'there is no feature: a target and at least one other column are needed');
  names.forEach((name, k) => {
    if (name === '') faults.add('line 1', `column ${k + 1} has no name`);
    else if (names.indexOf(name) < k) faults.add('line 1', `two columns are named ${name}`);
  });
  if (options.target !== undefined && !names.includes(options.target)) {
    faults.add('target', `there is no column ${options.target}; there are ${names.slice(0, 20).join(', ')}`);
  }
  if (records.length < minRows) faults.add('', `has ${records.length} rows; at least ${minRows} are needed`);
  if (records.length > rows) faults.add('', `has ${records.length} rows; at most ${rows} are read`);
  for (const { line, fields } of records) {
    if (faults.full) return;
    if (fields.length !== names.length)
      faults.add(`line ${line}`, `has ${fields.length} fields, the header ${names.length}`);
  }
}

interface Target {
  readonly task: Task;
  readonly classes: readonly string[];
  readonly y: ArrayLike<number>;
}

function targetOf(column: Column, wanted: Task | undefined, faults: FaultList): Target {
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
