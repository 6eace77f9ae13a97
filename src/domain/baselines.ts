/** The baselines of a search, one per stage, computed from its data when it is created. */
import type { Baseline, Measure } from '../algorithms/evidence.ts';
import { type BaselineMetric, type ConstantBaseline, constantBaseline } from '../data/baseline.ts';
import type { Dataset, Task } from '../data/dataset.ts';
import { type Metric, type Specification, trainedObjective } from './specification/specification.ts';

const scored: Readonly<Record<Metric, BaselineMetric>> = {
  validationAccuracy: 'accuracy',
  validationLoss: 'loss',
  validationMacroF1: 'macroF1',
  validationRocAuc: 'rocAuc',
  validationRmse: 'rmse',
  validationMae: 'mae',
  validationR2: 'r2',
};

/** Null for a stage whose baseline is undefined on its rows. */
export function baselinesOf(specification: Specification, dataset: Dataset): (Baseline | null)[] {
  const { validation, stages, sampler } = specification;
  const metric = scored[trainedObjective(specification).metric];
  const validations = stages.length === 0 ? [validation] : stages.map((stage) => stage.validation ?? validation);
  return validations.map((own) => {
    const constant = constantBaseline(dataset, own, sampler.seed, metric);
    if (constant === undefined) return null;
    const { value, rows } = constant;
    const measure = measureOf(metric, dataset.task);
    return { measure, value, rows, effectiveRows: effectiveRowsOf(metric, constant, dataset.classes.length) };
  });
}

function measureOf(metric: BaselineMetric, task: Task): Measure {
  switch (metric) {
    case 'loss':
      return task === 'classification' ? 'logLoss' : 'squaredError';
    case 'rmse':
      return 'rootSquaredError';
    case 'mae':
      return 'absoluteError';
    case 'r2':
      return 'r2';
    default:
      return 'share';
  }
}

/**
 * The rows that the variance depends on. The area under the ROC curve A has a variance of at most A(1 − A) / the rows of the rarer class
 * (Birnbaum & Klose 1957). Macro F1 is treated as a mean over classes of which each has as many rows as the rarest.
 */
function effectiveRowsOf(metric: BaselineMetric, { rows, rarest }: ConstantBaseline, classes: number): number {
  if (metric === 'rocAuc') return rarest;
  return metric === 'macroF1' ? Math.min(rows, rarest * classes) : rows;
}
