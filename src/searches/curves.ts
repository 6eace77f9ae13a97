/** Learning curves of many trials, thinned: the mean over the folds, at some epochs. */
import { z } from 'zod';
import type { FoldCurves } from '../compute/trial.ts';
import { type TrialState, trialStates } from './records.ts';

export const seriesNames = ['trainLoss', 'validationLoss', 'trainMetric', 'validationMetric'] as const;
export type SeriesName = (typeof seriesNames)[number];
export type FoldSeries = Pick<FoldCurves, 'fold' | SeriesName>;

const series = z.array(z.number().nullable()).readonly();

export const curvesSchema = z
  .object({
    seq: z.int().describe('Of the newest event that is in it'),
    items: z
      .array(
        z.object({
          number: z.int(),
          state: z.enum(trialStates),
          epochs: z.array(z.int()).readonly().describe('To which the entries of the series belong'),
          trainLoss: series,
          validationLoss: series,
          trainMetric: series,
          validationMetric: series,
        }),
      )
      .readonly()
      .describe('All that run, the best of the newest stage, and of the others every n-th; by number'),
  })
  .meta({ id: 'Curves' });
export type Curves = z.infer<typeof curvesSchema>;

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

export function meanCurves({ number, state, at, folds }: StoredCurves, points: number): Curves['items'][number] {
  const shown = evenly(at.length, points);
  const mean = (name: SeriesName) => shown.map((position) => meanOf(folds, name, position));
  return {
    number,
    state,
    epochs: shown.map((position) => at[position]!),
    trainLoss: mean('trainLoss'),
    validationLoss: mean('validationLoss'),
    trainMetric: mean('trainMetric'),
    validationMetric: mean('validationMetric'),
  };
}
