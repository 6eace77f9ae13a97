/** Downsampled learning curves of many trials: the mean over the folds at some epochs. */
import type { FoldCurves } from '../compute/trial.ts';
import { perSeries, type SeriesName } from '../nn/training/series.ts';
import type { TrialState } from './trial.ts';

export type FoldSeries = Pick<FoldCurves, 'fold' | SeriesName>;

/** A trial's curves as read from the store: every epoch of a running trial, only the shown epochs of others. */
export interface StoredCurves {
  readonly number: number;
  readonly attempt: number;
  readonly state: TrialState;
  /** Completed. */
  readonly epochs: number;
  /** Entry i of every series belongs to epoch `at[i]`. */
  readonly at: readonly number[];
  readonly folds: readonly FoldSeries[];
}

/** At most `points` of the positions 0 … length − 1, evenly spaced, including the first and the last. */
function evenly(length: number, points: number): number[] {
  if (length <= points) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: points }, (_, i) => Math.floor((i * (length - 1)) / (points - 1)));
}

/** The mean over the folds that have a number at this position. */
function meanOf(folds: readonly FoldSeries[], name: SeriesName, position: number): number | null {
  const values = folds.map((fold) => fold[name][position] ?? null).filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
}

/** Curves for the page: each series is the mean over the folds, with at most `points` epochs. */
export function meanCurves({ number, state, at, folds }: StoredCurves, points: number) {
  const shown = evenly(at.length, points);
  return {
    number,
    state,
    epochs: shown.map((position) => at[position]!),
    ...perSeries((name) => shown.map((position) => meanOf(folds, name, position))),
  };
}
