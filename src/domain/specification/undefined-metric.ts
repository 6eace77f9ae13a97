/** Metrics that are undefined on some validation rows: searches for one of them are refused before they start. */
import type { Dataset } from '../../data/dataset.ts';
import { countFolds, SHARED_SPLIT, type Validation, validationRowsOf } from '../../data/folds.ts';
import type { ValidationIssue } from '../../errors.ts';
import { type Metric, type Specification, trainedObjective } from './specification.ts';

/** What a metric requires of the target in a fold's validation rows; other metrics are always defined. */
const needs: Partial<Record<Metric, string>> = {
  validationRocAuc: 'rows of both classes',
  validationR2: 'different values of the target',
};

export function needsRows(metric: Metric): boolean {
  return needs[metric] !== undefined;
}

/** Cached by data set, metric and folds, since every trial of a search asks the same. */
const known = new WeakMap<Dataset, Map<string, string | undefined>>();

/** Why the metric is undefined, for the first fold where it is; undefined if it is defined on all folds. */
export function undefinedOn(
  dataset: Dataset,
  validation: Validation,
  seed: number,
  metric: Metric,
  split = SHARED_SPLIT,
): string | undefined {
  if (!needsRows(metric)) return undefined;
  // Other splits are those of one trial.
  if (split !== SHARED_SPLIT) return check(dataset, validation, seed, metric, split);
  const answers = known.get(dataset) ?? new Map<string, string | undefined>();
  known.set(dataset, answers);
  const key = JSON.stringify([validation, seed, metric]);
  if (!answers.has(key)) answers.set(key, check(dataset, validation, seed, metric, split));
  return answers.get(key);
}

function check(
  dataset: Dataset,
  validation: Validation,
  seed: number,
  metric: Metric,
  split: number,
): string | undefined {
  let fold = 0;
  for (const rows of validationRowsOf(dataset, validation, seed, split)) {
    const first = dataset.y[rows[0]!]!;
    if (rows.every((row) => dataset.y[row] === first)) {
      const folds = countFolds(validation);
      const where = folds === 1 ? '' : ` on fold ${fold} (of folds 0 … ${folds - 1})`;
      const all =
        dataset.task === 'classification' ? `are of the class ${dataset.classes[first]}` : `have the value ${first}`;
      return `${metric} is not defined${where}: it needs ${needs[metric]}, but all ${rows.length} validation rows ${all}. Hold out more rows, use fewer or stratified folds, or choose another metric`;
    }
    fold++;
  }
  return undefined;
}

/** Checks every stage of a search. */
export function undefinedMetricIssues(specification: Specification, dataset: Dataset): ValidationIssue[] {
  const { stages, validation, sampler } = specification;
  const { metric } = trainedObjective(specification);
  const own = stages.map((stage) => stage.validation);
  const ways = [
    ...(own.length === 0 || own.includes(undefined) ? [{ path: 'objective.metric', validation }] : []),
    ...own.flatMap((one, i) => (one === undefined ? [] : [{ path: `stages[${i}].validation`, validation: one }])),
  ];
  return ways.flatMap(({ path, validation: way }) => {
    const message = undefinedOn(dataset, way, sampler.seed, metric);
    return message === undefined ? [] : [{ path, message }];
  });
}
