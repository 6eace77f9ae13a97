/**
 * Splits rows into training, validation and test rows. A split depends on the data set, the search's seed and the number of the split: trials
 * with the same number are compared on the same rows. Test rows are in no fold, whatever the number (invariant 11 in docs/invariants.md).
 */
import { randomAt } from '../random.ts';
import type { Dataset } from './dataset.ts';

/** Both ascending and disjoint; together they are all rows that are not test rows. */
export interface Fold {
  readonly trainRows: Uint32Array;
  readonly validationRows: Uint32Array;
}

interface AnyValidation {
  /** Number of repetitions with different shuffles; 1 by default. */
  readonly repeats?: number | undefined;
  /** Share of all rows that are test rows, above 0 and below 1; none by default. */
  readonly test?: number | undefined;
}

export type Validation =
  | (AnyValidation & {
      readonly type: 'holdout';
      /** Share of the rows that are not test rows held out, above 0 and below 1. */
      readonly fraction: number;
      /** Whether every trial has a split of its own; not by default. `splitOf` in domain/trial-task.ts numbers them. */
      readonly reshuffle?: boolean | undefined;
    })
  | (AnyValidation & {
      readonly type: 'kFold';
      /** From 2 to the number of rows that are not test rows. */
      readonly folds: number;
      /** Whether every fold has the same share of every class; true by default, ignored for regression. */
      readonly stratified?: boolean | undefined;
    });

/** How many folds a trial has. */
export function countFolds(validation: Validation): number {
  return (validation.repeats ?? 1) * (validation.type === 'holdout' ? 1 : validation.folds);
}

/** `fraction` of `rows`, at least one and not all of them. */
function shareOf(rows: number, fraction: number): number {
  return Math.min(Math.max(Math.round(rows * fraction), 1), rows - 1);
}

/**
 * How strongly the values of repetitions are correlated because they share rows: the ratio of validation to training rows of a fold, times the
 * folds whose mean a value is (Nadeau & Bengio, "Inference for the Generalization Error", Machine Learning 52, 2003).
 */
export function overlapOf(validation: Validation): number {
  const held = validation.type === 'holdout' ? validation.fraction : 1 / validation.folds;
  return (countFolds(validation) * held) / (1 - held);
}

/** The largest numbers of training and validation rows of a fold, and that of test rows. */
export function foldRows(
  validation: Validation,
  allRows: number,
): { trainRows: number; validationRows: number; testRows: number } {
  const testRows = validation.test === undefined ? 0 : shareOf(allRows, validation.test);
  const rows = allRows - testRows;
  if (validation.type === 'holdout') {
    const validationRows = shareOf(rows, validation.fraction);
    return { trainRows: rows - validationRows, validationRows, testRows };
  }
  const { folds } = validation;
  return { trainRows: rows - Math.floor(rows / folds), validationRows: Math.ceil(rows / folds), testRows };
}

/** The rows of every class, classes in order and rows in the given order; regression counts as one class. */
function strataOf(dataset: Dataset, order: Iterable<number>, stratified: boolean): number[][] {
  const byClass = stratified && dataset.task === 'classification';
  const strata: number[][] = Array.from({ length: byClass ? dataset.classes.length : 1 }, () => []);
  for (const row of order) strata[byClass ? dataset.y[row]! : 0]!.push(row);
  return strata;
}

/**
 * How many rows of each stratum are held out: its share, rounded by largest remainder (ties by lower class) so that the total is as close to
 * `fraction` as possible. The last row of a stratum always stays in the training set, without compensation by others. At least one row is
 * held out.
 */
function heldOutCounts(sizes: readonly number[], fraction: number): number[] {
  const rows = sizes.reduce((a, b) => a + b, 0);
  const most = sizes.map((size) => Math.max(size - 1, 0));
  const target = shareOf(rows, fraction);
  const counts = sizes.map((size, s) => Math.min(Math.floor(size * fraction), most[s]!));
  const byRemainder = sizes
    .map((size, s) => ({ s, remainder: size * fraction - counts[s]! }))
    .sort((a, b) => b.remainder - a.remainder || a.s - b.s);
  let missing = target - counts.reduce((a, b) => a + b, 0);
  for (const { s } of byRemainder) {
    if (missing <= 0) break;
    if (counts[s]! >= most[s]!) continue;
    counts[s]!++;
    missing--;
  }
  if (Math.max(...counts) === 0) counts[sizes.indexOf(Math.max(...sizes))] = 1;
  return counts;
}

/** About `fraction` of the rows in `order`, stratified for classification. */
function heldOut(dataset: Dataset, fraction: number, order: Iterable<number>): number[] {
  if (!(fraction > 0 && fraction < 1)) throw new RangeError(`fraction must be above 0 and below 1, got ${fraction}`);
  const strata = strataOf(dataset, order, true);
  const counts = heldOutCounts(
    strata.map((stratum) => stratum.length),
    fraction,
  );
  return strata.flatMap((stratum, s) => stratum.slice(0, counts[s]!));
}

/** The validation rows of `folds` folds: every row of `order` is in exactly one. Strata are distributed round-robin. */
function dealt(dataset: Dataset, folds: number, order: readonly number[], stratified: boolean): number[][] {
  if (!(Number.isInteger(folds) && folds >= 2 && folds <= order.length)) {
    throw new RangeError(`folds must be a whole number from 2 to ${order.length}, got ${folds}`);
  }
  const hands = Array.from({ length: folds }, (): number[] => []);
  for (const [i, row] of strataOf(dataset, order, stratified).flat().entries()) hands[i % folds]!.push(row);
  return hands;
}

/** 1 for the rows that are among `rows`. */
function marked(count: number, rows: Iterable<number>): Uint8Array {
  const marks = new Uint8Array(count);
  for (const row of rows) marks[row] = 1;
  return marks;
}

function allRows(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, row) => row);
}

/**
 * The test rows, ascending; none without a share. They have a random address of their own, so they are the same rows whatever the folds are.
 * Which rows they are depends on the classes of all rows, since they are stratified, and on no feature and no target of a regression.
 */
export function testRowsOf(dataset: Dataset, { test }: Pick<Validation, 'test'>, seed: number): Uint32Array {
  if (test === undefined) return new Uint32Array();
  const order = randomAt({ seed, purpose: 'test' }).permutation(dataset.rows);
  return Uint32Array.from(heldOut(dataset, test, order)).sort();
}

/** The rows that are not test rows, ascending. */
export function learningRowsOf(dataset: Dataset, validation: Pick<Validation, 'test'>, seed: number): Uint32Array {
  const isTest = marked(dataset.rows, testRowsOf(dataset, validation, seed));
  return allRows(dataset.rows).filter((row) => isTest[row] === 0);
}

/** The split that trials share if they have none of their own. */
export const SHARED_SPLIT = 0;

/** The validation rows of every fold of every repetition. `split` is an integer from 0 to 2^32 − 1. */
export function* validationRowsOf(
  dataset: Dataset,
  validation: Validation,
  seed: number,
  split = SHARED_SPLIT,
): Generator<readonly number[], void> {
  const isTest = marked(dataset.rows, testRowsOf(dataset, validation, seed));
  for (let repeat = 0; repeat < (validation.repeats ?? 1); repeat++) {
    const shuffled = randomAt({ seed, purpose: 'split', trial: split, fold: repeat }).permutation(dataset.rows);
    const order = Array.from(shuffled).filter((row) => isTest[row] === 0);
    if (validation.type === 'holdout') yield heldOut(dataset, validation.fraction, order);
    else yield* dealt(dataset, validation.folds, order, validation.stratified ?? true);
  }
}

/** The folds of all repetitions. */
export function foldsOf(dataset: Dataset, validation: Validation, seed: number, split = SHARED_SPLIT): Fold[] {
  const learning = learningRowsOf(dataset, validation, seed);
  return Array.from(validationRowsOf(dataset, validation, seed, split), (rows) => {
    const held = marked(dataset.rows, rows);
    return {
      trainRows: learning.filter((row) => held[row] === 0),
      validationRows: learning.filter((row) => held[row] === 1),
    };
  });
}

/** The part of a row in a fold. */
export const foldParts = ['train', 'validation', 'test'] as const;

/** For every fold of all repetitions the part of every row, as its place in `foldParts`. */
export function partsOf(dataset: Dataset, validation: Validation, seed: number, split = SHARED_SPLIT): Uint8Array[] {
  const parts = marked(dataset.rows, testRowsOf(dataset, validation, seed)).map((isTest) => 2 * isTest);
  return Array.from(validationRowsOf(dataset, validation, seed, split), (rows) => {
    const own = parts.slice();
    for (const row of rows) own[row] = 1;
    return own;
  });
}

/** The first fold of a holdout without test rows. */
export function holdout(dataset: Dataset, fraction: number, seed: number, repeat = 0): Fold {
  return foldsOf(dataset, { type: 'holdout', fraction, repeats: repeat + 1 }, seed)[repeat]!;
}
