/** A trial with all that it reported, for replaying it under another pruner. */
import type { Direction } from '../../algorithms/objective.ts';
import { isBestEpoch, noBestEpoch } from '../../nn/training/early-stopping.ts';
import { meanOf, meansByEpoch, type ValueSeries } from '../intermediate-values.ts';

/** A trial that trained to its own end, and its curves as they are stored. */
export interface RecordedCurves {
  readonly number: number;
  /** Its final value; null if it diverged. */
  readonly value: number | null;
  /** Epochs that it trained; of its longest fold. */
  readonly epochs: number;
  /** Epochs that it was set to train. */
  readonly budget: number;
  /** Of its own early stopping; 0 without. */
  readonly patience: number;
  /** The objective by epoch, one series per fold. */
  readonly folds: readonly ValueSeries[];
}

export interface RecordedTrial extends RecordedCurves {
  /** What it would report after each epoch. */
  readonly values: ValueSeries;
  /** The best mean over the folds up to each epoch. */
  readonly bests: ValueSeries;
}

export function recordedTrial(curves: RecordedCurves, direction: Direction): RecordedTrial {
  const { folds, patience, epochs, value } = curves;
  const counting = folds.map((series) => (patience > 0 ? bestUpTo(series, direction) : series));
  // A fold that stopped early keeps its value; one that diverged ended the trial, which reports nothing after it.
  const isOver = (series: ValueSeries, i: number) => i >= series.length && value === null;
  const values = Array.from({ length: epochs }, (_, i) =>
    meanOf(counting.map((series) => (isOver(series, i) ? null : (series[Math.min(i, series.length - 1)] ?? null)))),
  );
  return { ...curves, values, bests: bestUpTo(meansByEpoch(folds), direction, epochs) };
}

/** The best value up to each epoch; null before the first. */
function bestUpTo(series: ValueSeries, direction: Direction, length = series.length): ValueSeries {
  let best = noBestEpoch;
  return Array.from({ length }, (_, i) => {
    const value = series[i] ?? Number.NaN;
    if (isBestEpoch(value, best, direction)) best = { epoch: i + 1, value };
    return best.epoch === 0 ? null : best.value;
  });
}
