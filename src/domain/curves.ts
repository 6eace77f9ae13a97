/** Learning curves of many trials, thinned: the mean over the folds, at some epochs. */
import type { FoldCurves } from '../compute/trial.ts';
import { perSeries, type SeriesName } from '../nn/training/series.ts';
import type { TrialState } from './trial.ts';

export type FoldSeries = Pick<FoldCurves, 'fold' | SeriesName>;

/** A trial's curves as they are stored: of one that runs at every epoch, of others at those that are shown. */
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

/** At most `points` of the positions 0 … length − 1, evenly, with the first and the last. */
function evenly(length: number, points: number): number[] {
  if (length <= points) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: points }, (_, i) => Math.floor((i * (length - 1)) / (points - 1)));
}

/** The mean over those folds that have a number there. */
function meanOf(folds: readonly FoldSeries[], name: SeriesName, position: number): number | null {
  const values = folds.map((fold) => fold[name][position] ?? null).filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
}

/** As the page draws them: each series the mean over the folds, at most `points` epochs of it. */
export function meanCurves({ number, state, at, folds }: StoredCurves, points: number) {
  const shown = evenly(at.length, points);
  return {
    number,
    state,
    epochs: shown.map((position) => at[position]!),
    ...perSeries((name) => shown.map((position) => meanOf(folds, name, position))),
  };
}
