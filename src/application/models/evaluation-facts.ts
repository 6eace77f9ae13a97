/** What is known of a model that was just made: how good it is on test rows or validation rows, and how important its columns are. */
import type { Explained } from '../../compute/explain-model.ts';
import { finite } from '../../compute/fold-run.ts';
import type { PredictedRows } from '../../compute/out-of-fold.ts';
import type { TrainedModel } from '../../compute/train-model.ts';
import { scoredMetrics } from '../../compute/trial-options.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { ModelFacts, ModelImportance } from '../../domain/model-record.ts';
import { type Specification, trainedObjective } from '../../domain/specification/specification.ts';
import type { Model } from '../../models/model.ts';
import type { TrueValues } from '../../models/scores.ts';
import { evaluateOnTestRows, metricsOf, type TestEvaluation } from '../../models/test-evaluation.ts';
import { predictionsOf } from '../../nn/training/predictions.ts';
import { createGiveWay } from '../in-turns.ts';

export function trueValues({ task, y }: Dataset, rows: Uint32Array): TrueValues {
  const values = Array.from(rows, (row) => y[row]!);
  return task === 'classification' ? Int32Array.from(values) : Float64Array.from(values);
}

interface Part {
  readonly made: Pick<TrainedModel, 'model' | 'test'>;
  /** In the mean that the model predicts; the weights sum to 1. */
  readonly weight: number;
}

/** null if the search has no test rows. */
export async function testFacts(
  { objective, sampler }: Pick<Specification, 'objective' | 'sampler'>,
  dataset: Dataset,
  parts: readonly Part[],
): Promise<ModelFacts['test']> {
  const rows = parts[0]!.made.test?.rows;
  if (rows === undefined) return null;
  const evaluation = evaluateOnTestRows(meanPredictions(parts), trueValues(dataset, rows), {
    metric: scoredMetrics[trainedObjective({ objective }).metric],
    squaredScale: meanOf(
      parts.flatMap(({ made: { model }, weight }) =>
        model.members.map((member) => ({ weight: weight * member.weight, value: member.target.scale ** 2 })),
      ),
    ),
    seed: sampler.seed,
  });
  return factsOf(await endOf(evaluation));
}

function meanPredictions(parts: readonly Part[]): Float64Array {
  const mean = new Float64Array(parts[0]!.made.test!.predictions.length);
  for (const { made, weight } of parts) {
    made.test!.predictions.forEach((value, i) => {
      mean[i]! += parts.length === 1 ? value : weight * value;
    });
  }
  return mean;
}

function meanOf(values: readonly { readonly value: number; readonly weight: number }[]): number {
  return values.reduce((sum, { value, weight }) => sum + weight * value, 0);
}

/** The event loop renews leases meanwhile. */
async function endOf<T>(work: Generator<void, T>): Promise<T> {
  const giveWay = createGiveWay();
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
    await giveWay();
  }
}

/** On validation rows; null without predictions for them. */
export function validationFacts(
  dataset: Dataset,
  outOfFold: PredictedRows | undefined,
  { members }: Model,
): ModelFacts['validation'] {
  if (outOfFold === undefined) return null;
  const { rows, predictions } = outOfFold;
  const truth = trueValues(dataset, rows);
  const squaredScale = meanOf(members.map(({ weight, target }) => ({ weight, value: target.scale ** 2 })));
  const metrics = metricsOf(predictions, truth, squaredScale);
  return evaluated({ rows: rows.length, metrics, predictions: predictionsOf({ outputs: predictions, y: truth }) });
}

export function importanceFacts(importance: Explained['importance']): ModelImportance {
  if ('unavailable' in importance) return importance;
  const { columns, ...how } = importance;
  const facts = columns.map(({ column, drops: { value, loss, accuracy } }) => ({
    column,
    value: value ?? null,
    loss: loss ?? null,
    accuracy: accuracy ?? null,
  }));
  return { ...how, columns: facts };
}

function factsOf({ value, interval, ...rest }: TestEvaluation): NonNullable<ModelFacts['test']> {
  return { ...evaluated(rest), value: finite(value), interval: interval ?? null };
}

function evaluated({
  rows,
  metrics,
  predictions,
}: Pick<TestEvaluation, 'rows' | 'metrics' | 'predictions'>): NonNullable<ModelFacts['validation']> {
  const finiteMetrics = Object.fromEntries(Object.entries(metrics).map(([name, own]) => [name, finite(own)]));
  return {
    rows,
    metrics: finiteMetrics as NonNullable<ModelFacts['test']>['metrics'],
    ...(predictions !== undefined &&
      ('confusion' in predictions
        ? predictions
        : {
            predictions: {
              target: predictions.target.map(finite),
              predicted: predictions.predicted.map(finite),
            },
          })),
  };
}
