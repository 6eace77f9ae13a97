/** Metrics that some validation rows do not define: a search for one of them is refused before it starts. */
import type { Dataset } from '../../data/dataset.ts';
import { countFolds, type Validation, validationRowsOf } from '../../data/folds.ts';
import type { Fault } from '../../errors.ts';
import type { Metric, Specification } from './specification.ts';

/** What the target must have among a fold's validation rows, in words; other metrics are defined on any. */
const needs: Partial<Record<Metric, string>> = {
  validationRocAuc: 'rows of both classes',
  validationR2: 'different values of the target',
};

export function needsRows(metric: Metric): boolean {
  return needs[metric] !== undefined;
}

/** By data set, metric and folds: every trial of a search asks the same. */
const known = new WeakMap<Dataset, Map<string, string | undefined>>();

/** Why the metric is not defined with these folds, by the first fold on which it is not; undefined where it is. */
export function undefinedOn(
  dataset: Dataset,
  validation: Validation,
  seed: number,
  metric: Metric,
): string | undefined {
  if (!needsRows(metric)) return undefined;
  const answers = known.get(dataset) ?? new Map<string, string | undefined>();
  known.set(dataset, answers);
  const key = JSON.stringify([validation, seed, metric]);
  if (!answers.has(key)) answers.set(key, judged(dataset, validation, seed, metric));
  return answers.get(key);
}

function judged(dataset: Dataset, validation: Validation, seed: number, metric: Metric): string | undefined {
  let fold = 0;
  for (const rows of validationRowsOf(dataset, validation, seed)) {
    const first = dataset.y[rows[0]!]!;
    if (rows.every((row) => dataset.y[row] === first)) {
      const folds = countFolds(validation);
      const where = folds === 1 ? '' : ` on fold ${fold} of the folds 0 … ${folds - 1}`;
      const all =
        dataset.task === 'classification' ? `are of the class ${dataset.classes[first]}` : `have the value ${first}`;
      return `${metric} is not defined${where}: it takes ${needs[metric]}, and all ${rows.length} validation rows ${all}. Hold out more rows, take fewer folds or stratify them, or choose another metric`;
    }
    fold++;
  }
  return undefined;
}

/** The same for every stage of a search. */
export function undefinedMetricFaults(specification: Specification, dataset: Dataset): Fault[] {
  const { stages, validation, sampler, objective } = specification;
  const own = stages.map((stage) => stage.validation);
  const ways = [
    ...(own.length === 0 || own.includes(undefined) ? [{ path: 'objective.metric', validation }] : []),
    ...own.flatMap((one, i) => (one === undefined ? [] : [{ path: `stages[${i}].validation`, validation: one }])),
  ];
  return ways.flatMap(({ path, validation: way }) => {
    const message = undefinedOn(dataset, way, sampler.seed, objective.metric);
    return message === undefined ? [] : [{ path, message }];
  });
}
