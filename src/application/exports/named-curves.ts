/** The learning curves of a trial under the names that they have in other tools: means over the folds, by epoch. */
import { scoredMetrics } from '../../compute/trial-options.ts';
import type { FoldSeries } from '../../domain/curves.ts';
import { meansByEpoch, type ValueSeries } from '../../domain/intermediate-values.ts';
import type { Search } from '../../domain/search.ts';
import { OBSERVED_METRIC } from '../../domain/specification/observed.ts';
import type { TrialSummary } from '../../domain/trial.ts';
import { type SeriesName, seriesNames } from '../../nn/training/series.ts';

/** The name under which a trial's value stands: the curves end with the last epoch, which may not be the one that counts. */
export const VALUE_NAME = 'value';

/** What a trial's value is worth: of a complete one it is the result, of a stopped one the latest. */
export function finiteValue({ value }: TrialSummary): number | undefined {
  return value !== null && Number.isFinite(value) ? value : undefined;
}

/** Other tools show all digits of a number. */
export function wholeMilliseconds({ durationMs }: Pick<TrialSummary, 'durationMs'>): number | null {
  return durationMs === null ? null : Math.round(durationMs);
}

/** The objective as the file of an imported search calls it. */
export function objectiveOf({ specification: { objective, observed } }: Search): string {
  return `${objective.direction} ${observed?.metric ?? objective.metric}`;
}

/** What a search is for; imported trials may have been run on a data set that is not here. */
export function aimOf(search: Search): string {
  return search.dataset.name === '' ? objectiveOf(search) : `${objectiveOf(search)} of ${search.dataset.name}`;
}

export interface NamedCurve {
  readonly name: string;
  /** Entry i belongs to epoch i + 1. */
  readonly means: ValueSeries;
}

/** `loss/train`, `accuracy/validation`, …: tools show what stands before the slash together. */
export function curveNames(search: Search): Readonly<Record<SeriesName, string>> {
  const measured = measuredName(search);
  return {
    trainLoss: 'loss/train',
    validationLoss: 'loss/validation',
    trainMetric: `${measured}/train`,
    validationMetric: `${measured}/validation`,
  };
}

/** `folds`: the JSON text of the trial's series; undefined where it has none. What is not finite is null. */
export function namedCurves(names: Readonly<Record<SeriesName, string>>, folds = '[]'): NamedCurve[] {
  const parsed = JSON.parse(folds) as readonly FoldSeries[];
  return seriesNames.map((series) => ({
    name: names[series],
    means: finite(meansByEpoch(parsed.map((fold) => fold[series]))),
  }));
}

/** The sum of finite values may not be. */
function finite(means: ValueSeries): ValueSeries {
  const isKnown = (value: number | null) => value === null || Number.isFinite(value);
  return means.every(isKnown) ? means : means.map((value) => (isKnown(value) ? value : null));
}

/** Beside an objective that is the loss, accuracy or RMSE is measured: the baseline tells which; old searches have none. */
function measuredName({ specification, baselines }: Search): string {
  const { objective, observed } = specification;
  if (objective.metric === OBSERVED_METRIC) return observed?.metric ?? objective.metric;
  const scored = scoredMetrics[objective.metric];
  if (scored !== 'loss') return scored;
  const measure = baselines[0]?.measure;
  return measure === 'logLoss' ? 'accuracy' : measure === 'squaredError' ? 'rmse' : 'metric';
}
