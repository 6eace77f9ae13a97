/** From CSV text to a data set, or to all the reasons why it is none. */
import {
  type Column,
  checkWords,
  distinctOf,
  type FeatureColumns,
  featuresOf,
  isComplete,
  numbersOf,
  presentTexts,
  sameSpelling,
} from './columns.ts';
import { type CsvOptions, type CsvTable, datasetLimits, readingIn, tableFromCsv } from './csv-table.ts';
import { createDataset, type Dataset, type Task } from './dataset.ts';
import { FaultList } from './faults.ts';
import { isNumber } from './number-format.ts';

/** A numeric target with at most this many different whole numbers is taken for classes, unless the caller says otherwise. */
const MAX_GUESSED_CLASSES = 20;

/** Classes are words, or few whole numbers of which each comes twice or more on the average; all else is a quantity. */
function guessTask(target: Column): Task {
  if (target.kind === 'category') return 'classification';
  const texts = presentTexts(target);
  const distinct = new Set(texts.map(Number));
  const whole = texts.every((text) => isNumber(text) && Number.isInteger(Number(text)));
  const few = distinct.size <= MAX_GUESSED_CLASSES && distinct.size * 2 <= texts.length;
  return whole && few ? 'classification' : 'regression';
}

/**
 * Reads a data set, and says how many rows were left out; throws `InvalidDataset` with every fault (the first
 * `datasetLimits.faults` of them).
 */
export function readCsv(
  text: string,
  options: CsvOptions,
): { readonly dataset: Dataset; readonly dropped: number; readonly table: CsvTable } {
  const faults = new FaultList(datasetLimits.faults);
  const table = tableFromCsv(text, options, faults);
  faults.throwIfAny();
  const rows = table.target.texts.length;
  const features = featuresIn(table, options, faults);
  const target = targetOf(table.target, options, faults);
  faults.throwIfAny();
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
  return { dataset, dropped: table.dropped, table };
}

/** The data set alone. */
export function datasetFromCsv(text: string, options: CsvOptions): Dataset {
  return readCsv(text, options).dataset;
}

/** The inputs that each feature becomes. */
export function featuresIn({ features, target }: CsvTable, options: CsvOptions, faults: FaultList): FeatureColumns[] {
  const reading = readingIn(options);
  const inputs = features.map(({ column, kind }) => featuresOf(column, faults, kind, reading));
  const names = inputs.flatMap((feature) => feature.names);
  const cells = names.length * target.texts.length;
  if (cells > datasetLimits.cells) faults.add('', `has ${cells} numbers; at most ${datasetLimits.cells} are read`);
  if (new Set(names).size < names.length) {
    faults.add('line 1', 'a word of one column gives an input the name of another column');
  }
  return inputs;
}

export interface Target {
  readonly task: Task;
  readonly classes: readonly string[];
  readonly y: ArrayLike<number>;
}

export function targetOf(column: Column, options: CsvOptions, faults: FaultList): Target {
  isComplete(column, faults);
  const task = options.task ?? guessTask(column);
  if (task === 'regression') {
    const y = numbersOf(column, faults);
    if (!faults.full && y.every((value) => value === y[0])) {
      faults.add(`column ${column.name}`, 'the target is the same in every row; there is nothing to learn');
    }
    return { task, classes: [], y };
  }
  const reading = readingIn(options);
  checkWords(column, reading, faults);
  const labels = reading.rules > 1 ? column.texts.map(sameSpelling) : column.texts;
  const classes = distinctOf(labels);
  if (classes.length < 2) faults.add(`column ${column.name}`, `there is a single class, ${classes[0]}; two are needed`);
  if (classes.length > datasetLimits.classes) {
    faults.add(`column ${column.name}`, `has ${classes.length} classes; at most ${datasetLimits.classes} are read`);
  }
  const indexOf = new Map(classes.map((label, index) => [label, index]));
  return { task, classes, y: Int32Array.from(labels, (text) => indexOf.get(text)!) };
}

/** Row-major rows, rounded to float32 where they always were. */
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
