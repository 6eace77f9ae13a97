/**
 * Permutation importance of raw columns (Breiman, "Random forests", Machine Learning 45, 2001; of any model: Fisher, Rudin & Dominici, JMLR 20, 2019):
 * how much worse predictions are when the values of a column are shuffled between rows, so that they say nothing any more.
 */
import { type Direction, signOf } from '../algorithms/objective.ts';
import { randomAt } from '../random.ts';
import { inputsOf } from './cells.ts';
import type { Model, ModelColumn } from './model.ts';
import type { TrueValues } from './scores.ts';

/** Rows that some members of the model were not trained on, and what these predict for them. */
export interface ScoredRows {
  /** Inputs before preprocessing, rows × inputs. */
  readonly x: Float64Array;
  readonly truth: TrueValues;
  /**
   * What predicts the mean of the members, rows × classes or a value a row. Only the one that was opened last may be used: all may share the memory
   * of the same kernels.
   */
  open(): (x: Float64Array) => Float64Array;
}

export interface MeasuredBy {
  readonly direction: Direction;
  score(predictions: Float64Array, truth: TrueValues): number;
}

export interface Drop {
  readonly mean: number;
  /** The standard deviation between repetitions. */
  readonly deviation: number;
}

export interface ColumnImportance<Measure extends string> {
  readonly column: string;
  /** How much worse each measure is without the column, in its own units; undefined where it is never defined. */
  readonly drops: Readonly<Record<Measure, Drop | undefined>>;
}

export const IMPORTANCE_REPEATS = 5;

/**
 * For every column of the model the mean over `parts`, for example folds, and over repetitions. Random numbers are addressed by column, part and
 * repetition. Yields after every column of every part.
 */
export function* permutationImportance<Measure extends string>(
  { columns }: Pick<Model, 'columns'>,
  parts: readonly ScoredRows[],
  measures: Readonly<Record<Measure, MeasuredBy>>,
  seed: number,
): Generator<void, ColumnImportance<Measure>[]> {
  const names = Object.keys(measures) as Measure[];
  const inputs = columns.reduce((sum, column) => sum + inputsOf(column), 0);
  /** By column, measure and repetition: the drops of the parts in which they are defined. */
  const drops = columns.map(() => names.map(() => Array.from({ length: IMPORTANCE_REPEATS }, (): number[] => [])));
  for (const [p, { x, truth, open }] of parts.entries()) {
    const predict = open();
    const scoresOf = (of: Float64Array) => names.map((name) => measures[name].score(of, truth));
    const intact = scoresOf(predict(x));
    let first = 0;
    for (const [c, column] of columns.entries()) {
      for (let repeat = 0; repeat < IMPORTANCE_REPEATS; repeat++) {
        const address = { seed, purpose: 'importance', trial: c, fold: p, epoch: repeat } as const;
        const order = randomAt(address).permutation(truth.length);
        scoresOf(predict(shuffled(x, inputs, first, column, order))).forEach((score, m) => {
          const worse = signOf(measures[names[m]!].direction) * (intact[m]! - score);
          if (Number.isFinite(worse)) drops[c]![m]![repeat]!.push(worse);
        });
      }
      first += inputsOf(column);
      yield;
    }
  }
  return columns.map(({ name: column }, c) => ({
    column,
    drops: Object.fromEntries(names.map((name, m) => [name, dropOf(drops[c]![m]!)])) as Record<
      Measure,
      Drop | undefined
    >,
  }));
}

/** x with the inputs of one column taken from other rows. */
function shuffled(
  x: Float64Array,
  inputs: number,
  first: number,
  column: ModelColumn,
  order: Uint32Array,
): Float64Array {
  const copy = x.slice();
  const width = inputsOf(column);
  for (let row = 0; row < order.length; row++) {
    const from = order[row]! * inputs + first;
    copy.set(x.subarray(from, from + width), row * inputs + first);
  }
  return copy;
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0) / numbers.length;
}

/** Over the repetitions, each the mean of its parts. */
function dropOf(byRepeat: readonly (readonly number[])[]): Drop | undefined {
  const drops = byRepeat.filter(({ length }) => length > 0).map(meanOf);
  if (drops.length === 0) return undefined;
  const sum = meanOf(drops);
  // Drops that cancel each other leave the rounding error of their sum.
  const mean = Math.abs(sum) < 1e-12 * Math.max(...drops.map(Math.abs)) ? 0 : sum;
  return { mean, deviation: Math.sqrt(meanOf(drops.map((drop) => (drop - mean) ** 2))) };
}
