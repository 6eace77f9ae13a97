/** How good a model is on test rows, with an interval that says how far the number of rows allows to tell. */
import { wilson } from '../algorithms/evidence.ts';
import type { Metrics } from '../nn/training/metrics.ts';
import { type Predictions, predictionsOf } from '../nn/training/predictions.ts';
import { randomAt } from '../random.ts';
import { type ScoredMetric, scoreOf, type TrueValues } from './scores.ts';

export interface TestOptions {
  /** That of the search. */
  readonly metric: ScoredMetric;
  /** One unit of the standardized target in its own units, squared: validation losses are of standardized targets. 1 for classes. */
  readonly squaredScale: number;
  /** The seed of the search, for the resamples. */
  readonly seed: number;
}

export interface TestEvaluation {
  readonly rows: number;
  /** NaN if the metric is undefined on these rows. */
  readonly value: number;
  /** Of 95 %; undefined if the metric is undefined on these rows. */
  readonly interval: readonly [low: number, high: number] | undefined;
  readonly metrics: Metrics;
  /** For display; undefined for many classes. */
  readonly predictions: Predictions | undefined;
}

export const RESAMPLES = 1000;
const TAIL = 0.025;

/**
 * `predictions` are rows × classes, or one a row in the units of the target. The interval of the accuracy is Wilson's, that of other metrics
 * the percentile bootstrap over rows. Yields after every resample.
 */
export function* evaluateOnTestRows(
  predictions: Float64Array,
  truth: TrueValues,
  { metric, squaredScale, seed }: TestOptions,
): Generator<void, TestEvaluation> {
  const score = (of: ScoredMetric, some = predictions, true_ = truth) => testScore(of, some, true_, squaredScale);
  const rows = truth.length;
  const value = score(metric);
  return {
    rows,
    value,
    interval: !Number.isFinite(value)
      ? undefined
      : metric === 'accuracy'
        ? wilson(Math.round(value * rows), rows)
        : yield* bootstrap(predictions, truth, seed, (some, true_) => score(metric, some, true_)),
    metrics: metricsOf(predictions, truth, squaredScale),
    predictions: predictionsOf({ outputs: predictions, y: truth }),
  };
}

export function metricsOf(predictions: Float64Array, truth: TrueValues, squaredScale: number): Metrics {
  const score = (of: ScoredMetric) => testScore(of, predictions, truth, squaredScale);
  return truth instanceof Int32Array
    ? { loss: score('loss'), accuracy: score('accuracy'), macroF1: score('macroF1'), rocAuc: score('rocAuc') }
    : { loss: score('loss'), rmse: score('rmse'), mae: score('mae'), r2: score('r2') };
}

/** As in training, the loss of values is the mean squared error of the standardized target. */
export function testScore(
  metric: ScoredMetric,
  predictions: Float64Array,
  truth: TrueValues,
  squaredScale: number,
): number {
  if (metric !== 'loss' || truth instanceof Int32Array) return scoreOf(metric, predictions, truth);
  return scoreOf('rmse', predictions, truth) ** 2 / squaredScale;
}

/** The percentile bootstrap (Efron 1979): quantiles of the score over rows drawn with replacement, of the resamples that define it. */
function* bootstrap(
  predictions: Float64Array,
  truth: TrueValues,
  seed: number,
  score: (predictions: Float64Array, truth: TrueValues) => number,
): Generator<void, readonly [number, number] | undefined> {
  const rows = truth.length;
  const width = predictions.length / rows;
  // Fold 0 of this purpose chooses the test rows.
  const random = randomAt({ seed, purpose: 'test', fold: 1 });
  const drawn = new Float64Array(predictions.length);
  const drawnTruth = truth.slice();
  const scores: number[] = [];
  for (let resample = 0; resample < RESAMPLES; resample++) {
    for (let i = 0; i < rows; i++) {
      const row = random.integer(rows);
      drawnTruth[i] = truth[row]!;
      for (let j = 0; j < width; j++) drawn[i * width + j] = predictions[row * width + j]!;
    }
    const own = score(drawn, drawnTruth);
    if (Number.isFinite(own)) scores.push(own);
    yield;
  }
  if (scores.length === 0) return undefined;
  scores.sort((a, b) => a - b);
  return [quantile(scores, TAIL), quantile(scores, 1 - TAIL)];
}

/** Linear between the two nearest of the sorted numbers. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}
