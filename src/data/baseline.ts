/**
 * What a model gets that uses no feature: the best constant prediction for the metric, fitted on training rows and measured on validation rows.
 * docs/best.md says which one it is.
 */
import { log } from '../exact-math.ts';
import type { ClassificationDataset, Dataset, RegressionDataset } from './dataset.ts';
import { learningRowsOf, type Validation, validationRowsOf } from './folds.ts';

export type BaselineMetric = 'accuracy' | 'macroF1' | 'rocAuc' | 'loss' | 'rmse' | 'mae' | 'r2';

export interface ConstantBaseline {
  /** The mean over the folds. */
  readonly value: number;
  /** Distinct validation rows of a trial; with a repeated holdout the expected number. */
  readonly rows: number;
  /** The rows of the rarest class among them; `rows` for regression. */
  readonly rarest: number;
}

/** Undefined if it is undefined on these rows. Uses the folds of the first repetition of the split that trials share. */
export function constantBaseline(
  dataset: Dataset,
  validation: Validation,
  seed: number,
  metric: BaselineMetric,
): ConstantBaseline | undefined {
  const learning = learningRowsOf(dataset, validation, seed);
  const folds = [...validationRowsOf(dataset, { ...validation, repeats: 1 }, seed)];
  const scores = folds.map((rows) =>
    dataset.task === 'classification'
      ? classScore(metric, classCounts(dataset, learning), classCounts(dataset, rows))
      : targetScore(metric, dataset, learning, rows),
  );
  const value = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  if (!Number.isFinite(value)) return undefined;
  const held = folds.flat();
  const rows = distinctRows(held.length, learning.length, validation);
  const rarest =
    dataset.task === 'classification' ? Math.min(...classCounts(dataset, held).filter((count) => count > 0)) : rows;
  return { value, rows, rarest: Math.max(1, Math.round((rarest * rows) / Math.max(held.length, 1))) };
}

function distinctRows(held: number, learning: number, { type, repeats = 1 }: Validation): number {
  return type === 'kFold' ? held : Math.round(learning * (1 - (1 - held / learning) ** repeats));
}

function classCounts({ classes, y }: ClassificationDataset, rows: Iterable<number>): number[] {
  const counts = classes.map(() => 0);
  for (const row of rows) counts[y[row]!]!++;
  return counts;
}

/** `all`: rows of each class that are not test rows, `held`: of these the validation rows. */
function classScore(metric: BaselineMetric, all: readonly number[], held: readonly number[]): number {
  const train = all.map((count, c) => count - held[c]!);
  const trainRows = sumOf(train);
  const heldRows = sumOf(held);
  switch (metric) {
    case 'accuracy':
      return held[train.indexOf(Math.max(...train))]! / heldRows;
    case 'loss': {
      // Laplace's rule of succession: a class without training rows must not make the loss infinite.
      const chances = train.map((count) => (count + 1) / (trainRows + train.length));
      return sumOf(held.map((count, c) => -count * log(chances[c]!))) / heldRows;
    }
    case 'macroF1':
      return constantF1(held.map((count) => count / heldRows).filter((share) => share > 0));
    case 'rocAuc':
      return held.filter((count) => count > 0).length === 2 ? 0.5 : Number.NaN;
    default:
      return Number.NaN;
  }
}

/** The larger of what predicting the most frequent class and predicting every class equally often at random give. */
function constantF1(shares: readonly number[]): number {
  const most = Math.max(...shares);
  const even = 1 / shares.length;
  const random = sumOf(shares.map((share) => (2 * share * even) / (share + even)));
  return Math.max((2 * most) / (1 + most), random) / shares.length;
}

function targetScore(
  metric: BaselineMetric,
  { y }: RegressionDataset,
  learning: Uint32Array,
  held: readonly number[],
): number {
  const isHeld = new Set(held);
  const train = Array.from(
    learning.filter((row) => !isHeld.has(row)),
    (row) => y[row]!,
  );
  const truth = held.map((row) => y[row]!);
  if (metric === 'mae') {
    const middle = medianOf(train);
    return meanOf(truth.map((target) => Math.abs(target - middle)));
  }
  const mean = meanOf(train);
  const squares = meanOf(truth.map((target) => (target - mean) ** 2));
  switch (metric) {
    case 'rmse':
      return Math.sqrt(squares);
    case 'loss':
      // The loss is that of the target standardized by the training rows.
      return squares / meanOf(train.map((target) => (target - mean) ** 2));
    case 'r2': {
      const own = meanOf(truth);
      return 1 - squares / meanOf(truth.map((target) => (target - own) ** 2));
    }
    default:
      return Number.NaN;
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}

function meanOf(numbers: readonly number[]): number {
  return sumOf(numbers) / numbers.length;
}

function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}
