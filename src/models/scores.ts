/** The metrics of predictions, as a model gives them: probabilities, or values in the units of the target. */
import { log } from '../exact-math.ts';
import {
  determination,
  type Metric,
  macroF1,
  meanAbsoluteError,
  predictedClass,
  rocAuc,
} from '../nn/training/metrics.ts';

export type ScoredMetric = Metric | 'loss';

/** Class indices, or targets in their own units. */
export type TrueValues = Int32Array | Float64Array;

/** `predictions` are rows × classes for class indices, else one a row. The loss of values is their RMSE. NaN if undefined. */
export function scoreOf(metric: ScoredMetric, predictions: Float64Array, truth: TrueValues): number {
  return truth instanceof Int32Array ? classScore(metric, predictions, truth) : valueScore(metric, predictions, truth);
}

function classScore(metric: ScoredMetric, probabilities: Float64Array, labels: Int32Array): number {
  const C = probabilities.length / labels.length;
  switch (metric) {
    case 'accuracy':
      return (
        labels.reduce((sum, label, i) => sum + Number(predictedClass(probabilities, i, C) === label), 0) / labels.length
      );
    case 'loss':
      return (
        labels.reduce((sum, label, i) => sum - log(Math.max(probabilities[i * C + label]!, LEAST)), 0) / labels.length
      );
    case 'macroF1':
      return macroF1(probabilities, labels);
    case 'rocAuc':
      return rocAuc(probabilities, labels);
    default:
      return Number.NaN;
  }
}

/** A probability of 0 would make the loss infinite. */
const LEAST = 1e-15;

function valueScore(metric: ScoredMetric, values: Float64Array, targets: Float64Array): number {
  switch (metric) {
    case 'loss':
    case 'rmse': {
      const squares = values.reduce((sum, value, i) => sum + (value - targets[i]!) ** 2, 0);
      return Math.sqrt(squares / targets.length);
    }
    case 'mae':
      return meanAbsoluteError(values, targets);
    case 'r2':
      return determination(values, targets);
    default:
      return Number.NaN;
  }
}
