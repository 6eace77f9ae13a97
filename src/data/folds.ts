/**
 * Splits rows into training and validation rows. The split only depends on the data set and the search's seed, so all trials of a search are
 * compared on the same rows.
 */
import { randomAt } from '../random.ts';
import type { Dataset } from './dataset.ts';

/** Both ascending and disjoint; together they are all rows. */
export interface Fold {
  readonly trainRows: Uint32Array;
  readonly validationRows: Uint32Array;
}

/** `repeats`: number of repetitions with different shuffles; 1 by default. */
export type Validation =
  | {
      readonly type: 'holdout';
      /** Share of the rows held out, above 0 and below 1. */
      readonly fraction: number;
      readonly repeats?: number | undefined;
    }
  | {
      readonly type: 'kFold';
      /** From 2 to the number of rows. */
      readonly folds: number;
      /** Whether every fold has the same share of every class; true by default, ignored for regression. */
      readonly stratified?: boolean | undefined;
      readonly repeats?: number | undefined;
    };

/** How many folds a trial has. */
export function countFolds(validation: Validation): number {
  return (validation.repeats ?? 1) * (validation.type === 'holdout' ? 1 : validation.folds);
}

/** The largest numbers of training and validation rows of a fold. */
export function foldRows(validation: Validation, rows: number): { trainRows: number; validationRows: number } {
  const validationRows =
    validation.type === 'holdout'
      ? Math.min(Math.max(Math.round(rows * validation.fraction), 1), rows - 1)
      : Math.ceil(rows / validation.folds);
  const trainRows = validation.type === 'holdout' ? rows - validationRows : rows - Math.floor(rows / validation.folds);
  return { trainRows, validationRows };
}

/** The rows of every class, classes in order and rows shuffled; regression counts as one class. */
function shuffledStrata(dataset: Dataset, seed: number, repeat: number, stratified = true): number[][] {
  const byClass = stratified && dataset.task === 'classification';
  const strata: number[][] = Array.from({ length: byClass ? dataset.classes.length : 1 }, () => []);
  for (const row of randomAt({ seed, purpose: 'split', fold: repeat }).permutation(dataset.rows)) {
    strata[byClass ? dataset.y[row]! : 0]!.push(row);
  }
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
  const target = Math.min(Math.max(Math.round(rows * fraction), 1), rows - 1);
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

function foldOf(rows: number, validation: Iterable<number>): Fold {
  const held = new Uint8Array(rows);
  for (const row of validation) held[row] = 1;
  const all = Uint32Array.from({ length: rows }, (_, row) => row);
  return { trainRows: all.filter((row) => held[row] === 0), validationRows: all.filter((row) => held[row] === 1) };
}

/** The validation rows of a holdout with about `fraction` of the rows, stratified for classification. */
function heldOut(dataset: Dataset, fraction: number, seed: number, repeat: number): number[] {
  if (!(fraction > 0 && fraction < 1)) throw new RangeError(`fraction must be above 0 and below 1, got ${fraction}`);
  const strata = shuffledStrata(dataset, seed, repeat);
  const counts = heldOutCounts(
    strata.map((stratum) => stratum.length),
    fraction,
  );
  return strata.flatMap((stratum, s) => stratum.slice(0, counts[s]!));
}

/** The validation rows of `folds` folds: every row is in exactly one. Strata are distributed round-robin. */
function dealt(dataset: Dataset, folds: number, seed: number, stratified: boolean, repeat: number): number[][] {
  if (!(Number.isInteger(folds) && folds >= 2 && folds <= dataset.rows)) {
    throw new RangeError(`folds must be a whole number from 2 to ${dataset.rows}, got ${folds}`);
  }
  const hands = Array.from({ length: folds }, (): number[] => []);
  for (const [i, row] of shuffledStrata(dataset, seed, repeat, stratified).flat().entries())
    hands[i % folds]!.push(row);
  return hands;
}

export function holdout(dataset: Dataset, fraction: number, seed: number, repeat = 0): Fold {
  return foldOf(dataset.rows, heldOut(dataset, fraction, seed, repeat));
}

/** The validation rows of every fold of every repetition. */
export function* validationRowsOf(
  dataset: Dataset,
  validation: Validation,
  seed: number,
): Generator<readonly number[], void> {
  for (let repeat = 0; repeat < (validation.repeats ?? 1); repeat++) {
    if (validation.type === 'holdout') yield heldOut(dataset, validation.fraction, seed, repeat);
    else yield* dealt(dataset, validation.folds, seed, validation.stratified ?? true, repeat);
  }
}

/** The folds of all repetitions. */
export function foldsOf(dataset: Dataset, validation: Validation, seed: number): Fold[] {
  return Array.from(validationRowsOf(dataset, validation, seed), (rows) => foldOf(dataset.rows, rows));
}
