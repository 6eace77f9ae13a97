/** Evaluates a model that was just made on the test rows of its search. */
import { setImmediate } from 'node:timers/promises';
import { finite } from '../../compute/fold-run.ts';
import type { TrainedModel } from '../../compute/train-model.ts';
import { scoredMetrics } from '../../compute/trial-options.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { ModelFacts } from '../../domain/model-record.ts';
import type { Specification } from '../../domain/specification/specification.ts';
import type { TrueValues } from '../../models/scores.ts';
import { evaluateOnTestRows, type TestEvaluation } from '../../models/test-evaluation.ts';

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
    metric: scoredMetrics[objective.metric],
    squaredScale: meanOf(
      parts.flatMap(({ made: { model }, weight }) =>
        model.members.map((member) => ({ weight: weight * member.weight, value: member.target.scale ** 2 })),
      ),
    ),
    seed: sampler.seed,
  });
  return factsOf(await inTurns(evaluation));
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

/** How long it keeps the event loop, which renews leases. */
const TURN_MS = 20;

async function inTurns<T>(work: Generator<void, T>): Promise<T> {
  let began = performance.now();
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
    if (performance.now() - began < TURN_MS) continue;
    await setImmediate();
    began = performance.now();
  }
}

function factsOf({ rows, value, interval, metrics, predictions }: TestEvaluation): NonNullable<ModelFacts['test']> {
  const finiteMetrics = Object.fromEntries(Object.entries(metrics).map(([name, own]) => [name, finite(own)]));
  return {
    rows,
    value: finite(value),
    interval: interval ?? null,
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
