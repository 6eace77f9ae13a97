/** Reads a data set from CSV text or a typed table, or reports all issues. */
import { type Column, isWhole, presentNumbers } from './column.ts';
import {
  checkWords,
  distinctOf,
  type FeatureColumns,
  featuresOf,
  type InputColumn,
  isComplete,
  numbersOf,
  spelledTexts,
} from './columns.ts';
import { type CsvOptions, type CsvTable, datasetLimits, readingIn, tableFrom } from './csv-table.ts';
import { createDataset, type Dataset, type Task } from './dataset.ts';
import { IssueList } from './faults.ts';
import type { TableSource } from './typed-table.ts';

/** A numeric target with at most this many distinct integers is treated as classes by default. */
const MAX_GUESSED_CLASSES = 20;

/** Classification if the target is categorical, or has few distinct integers that occur at least twice on average; otherwise regression. */
function guessTask(target: Column): Task {
  if (target.kind === 'category') return 'classification';
  if (!isWhole(target)) return 'regression';
  const numbers = presentNumbers(target);
  const distinct = new Set(numbers);
  const few = distinct.size <= MAX_GUESSED_CLASSES && distinct.size * 2 <= numbers.length;
  return few ? 'classification' : 'regression';
}

export interface ReadDataset {
  readonly dataset: Dataset;
  /** How its inputs are read, in their order. */
  readonly inputColumns: readonly InputColumn[];
  readonly dropped: number;
  readonly table: CsvTable;
}

/**
 * Reads a data set and returns it with the number of dropped rows; throws `InvalidDataset` with the first `datasetLimits.issues` issues.
 */
export function readCsv(source: TableSource, options: CsvOptions): ReadDataset {
  const issues = new IssueList(datasetLimits.issues);
  const table = tableFrom(source, options, issues);
  issues.throwIfAny();
  const { rows } = table.target;
  const features = featuresIn(table, options, issues);
  const target = targetOf(table.target, options, issues);
  issues.throwIfAny();
  const rounds = readingIn(options).rules === 1;
  const x = interleave(features, rows, rounds);
  const dataset = createDataset({
    name: options.name,
    ...target,
    y: rounds ? Float32Array.from(target.y) : target.y,
    featureNames: features.flatMap(({ names }) => names),
    targetName: table.target.name,
    x,
    attribution: options.attribution,
  });
  return { dataset, inputColumns: features.map(({ input }) => input), dropped: table.dropped, table };
}

/** Reads only the data set. */
export function datasetFromCsv(text: string, options: CsvOptions): Dataset {
  return readCsv(text, options).dataset;
}

/** The network inputs of each feature column. */
export function featuresIn({ features, target }: CsvTable, options: CsvOptions, issues: IssueList): FeatureColumns[] {
  const reading = readingIn(options);
  const inputs = features.map(({ column, kind }) => featuresOf(column, issues, kind, reading));
  const names = inputs.flatMap((feature) => feature.names);
  const cells = names.length * target.rows;
  if (cells > datasetLimits.cells) issues.add('', `has ${cells} numbers; the limit is ${datasetLimits.cells}`);
  if (new Set(names).size < names.length) {
    issues.add('line 1', 'a category of one column gives an input the name of another column');
  }
  return inputs;
}

export interface Target {
  readonly task: Task;
  readonly classes: readonly string[];
  readonly y: ArrayLike<number>;
}

export function targetOf(column: Column, options: CsvOptions, issues: IssueList): Target {
  isComplete(column, issues);
  const task = options.task ?? guessTask(column);
  if (task === 'regression') {
    const y = numbersOf(column, issues);
    if (!issues.full && y.every((value) => value === y[0])) {
      issues.add(`column ${column.name}`, 'the target is the same in every row; there is nothing to learn');
    }
    return { task, classes: [], y };
  }
  const reading = readingIn(options);
  checkWords(column, reading, issues);
  const labels = spelledTexts(column, reading);
  const classes = distinctOf(labels);
  if (classes.length === 0) issues.add(`column ${column.name}`, 'there are no classes; two are needed');
  if (classes.length === 1)
    issues.add(`column ${column.name}`, `there is a single class, ${classes[0]}; two are needed`);
  if (classes.length > datasetLimits.classes) {
    issues.add(`column ${column.name}`, `has ${classes.length} classes; the limit is ${datasetLimits.classes}`);
  }
  const indexOf = new Map(classes.map((label, index) => [label, index]));
  return { task, classes, y: Int32Array.from(labels, (text) => indexOf.get(text)!) };
}

/** Row-major rows, rounded to float32 by the rules of version 1. */
function interleave(features: readonly FeatureColumns[], rows: number, rounds: boolean): Float32Array | Float64Array {
  const width = features.reduce((sum, { names }) => sum + names.length, 0);
  const x = rounds ? new Float32Array(rows * width) : new Float64Array(rows * width);
  let at = 0;
  for (const { names, write } of features) {
    write(x, width, at);
    at += names.length;
  }
  return x;
}
