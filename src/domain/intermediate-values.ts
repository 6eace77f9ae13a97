/** What trials report to pruners before they end. */
import type { Specification } from './specification/specification.ts';

/** The series of a metric, by epoch. */
export type ValueSeries = readonly (number | null)[];

/** The name of the series that has the objective. */
export function seriesOf(metric: Specification['objective']['metric']): 'validationLoss' | 'validationMetric' {
  return metric === 'validationLoss' ? 'validationLoss' : 'validationMetric';
}

/** The mean over the folds, one per epoch of the first; null where a fold has no value. */
export function meansByEpoch(folds: readonly ValueSeries[]): ValueSeries {
  const [first = [], ...others] = folds;
  if (others.length === 0) return first;
  return first.map((value, epoch) => {
    let sum = value;
    for (const fold of others) {
      const more = fold[epoch] ?? null;
      sum = sum === null || more === null ? null : sum + more;
    }
    return sum === null ? null : sum / folds.length;
  });
}

/** Null if any is. */
export function meanOf(values: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return sum / values.length;
}
