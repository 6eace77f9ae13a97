/** The evaluation of a model on test rows, against numbers worked out elsewhere. */
import { describe, expect, it } from 'vitest';
import { wilson } from '../../../src/algorithms/evidence.ts';
import { predictTestRows } from '../../../src/compute/out-of-fold.ts';
import { testRowsOf } from '../../../src/data/folds.ts';
import { createModelPredictor } from '../../../src/models/predict.ts';
import { evaluateOnTestRows, RESAMPLES } from '../../../src/models/test-evaluation.ts';
import { randomAt } from '../../../src/random.ts';
import { mixedDataset, mixedRows, taskOf, trainedModel } from '../../support/models.ts';

/** Its result, and how often it yields. */
function evaluated(...args: Parameters<typeof evaluateOnTestRows>) {
  const run = evaluateOnTestRows(...args);
  let turns = 0;
  let next = run.next();
  for (; !next.done; next = run.next()) turns++;
  return { ...next.value, turns };
}

const options = { squaredScale: 1, seed: 1 };

describe('the interval of an accuracy', () => {
  // The score interval of statsmodels' proportion_confint(…, method="wilson").
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [29, 29, 0.883, 1],
  ])('%i of %i', (hits, rows, low, high) => {
    const interval = wilson(hits, rows);
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  });

  it('is that of the value', () => {
    const labels = Int32Array.from({ length: 50 }, (_, i) => i % 2);
    const right = (i: number) => i % 5 !== 0;
    const predictions = Float64Array.from(
      [...labels].flatMap((label, i) => (right(i) === (label === 1) ? [0.2, 0.8] : [0.8, 0.2])),
    );
    const {
      rows,
      value,
      interval,
      metrics,
      predictions: shown,
    } = evaluated(predictions, labels, { ...options, metric: 'accuracy' });
    expect({ rows, value }).toEqual({ rows: 50, value: 0.8 });
    expect(interval).toEqual(wilson(40, 50));
    expect(metrics).toMatchObject({
      accuracy: 0.8,
      loss: expect.closeTo(-0.8 * Math.log(0.8) - 0.2 * Math.log(0.2), 12),
    });
    expect(shown).toEqual({
      confusion: [
        [20, 5],
        [5, 20],
      ],
    });
  });
});

describe('the bootstrap', () => {
  const rows = 400;
  const random = randomAt({ seed: 4, purpose: 'probe' });
  const truth = Float64Array.from({ length: rows }, () => 10 * random.normal());
  const predictions = truth.map((value) => value + random.normal());

  it('agrees with the normal approximation of a mean of many rows', () => {
    const errors = predictions.map((value, i) => Math.abs(value - truth[i]!));
    const mean = errors.reduce((a, b) => a + b, 0) / rows;
    const error = Math.sqrt(errors.reduce((sum, one) => sum + (one - mean) ** 2, 0) / rows / rows);
    const { value, interval, turns } = evaluated(predictions, truth, { ...options, metric: 'mae' });
    expect(value).toBeCloseTo(mean, 12);
    expect(interval![0]).toBeCloseTo(mean - 1.96 * error, 1);
    expect(interval![1]).toBeCloseTo(mean + 1.96 * error, 1);
    expect(turns).toBe(RESAMPLES);
  });

  it('gives the same interval for the same seed, and another for another', () => {
    const of = (seed: number) => evaluated(predictions, truth, { ...options, seed, metric: 'rmse' }).interval;
    expect(of(3)).toEqual(of(3));
    expect(of(4)).not.toEqual(of(3));
  });

  it('measures the loss in units of the standardized target, as in validation', () => {
    const { metrics } = evaluated(predictions, truth, { ...options, squaredScale: 100, metric: 'loss' });
    const { loss, rmse } = metrics as { loss: number; rmse: number };
    expect(loss).toBeCloseTo(rmse ** 2 / 100, 12);
  });

  it('leaves out resamples without both classes, and there is no interval where the metric is undefined', () => {
    const labels = Int32Array.from([0, 0, 1, 0]);
    const scores = Float64Array.from([0.9, 0.1, 0.6, 0.4, 0.3, 0.7, 0.2, 0.8]);
    const both = evaluated(scores, labels, { ...options, metric: 'rocAuc' });
    expect(both.interval![0]).toBeLessThanOrEqual(both.value);
    expect(both.interval![1]).toBeGreaterThanOrEqual(both.value);
    const one = evaluated(scores, new Int32Array(4), { ...options, metric: 'rocAuc' });
    expect(one.value).toBeNaN();
    expect(one.interval).toBeUndefined();
  });
});

describe.each(['classification', 'regression'] as const)('the predictions for test rows: %s', (task) => {
  const rows = mixedRows(120, task);
  const read = mixedDataset(task, rows);
  it.each([
    ['holdout', { type: 'holdout', fraction: 0.25, test: 0.3 }, undefined],
    ['k folds', { type: 'kFold', folds: 3, test: 0.3 }, undefined],
    ['refit', { type: 'holdout', fraction: 0.25, test: 0.3 }, { epochs: 2 }],
  ] as const)('are those of its predictor: %s', (_what, validation, refit) => {
    const { model, test } = trainedModel(read, {}, { validation, refit });
    expect(test).toEqual(predictTestRows(taskOf(read, {}, { validation }), model));
    const own = testRowsOf(read.dataset, validation, 7);
    expect(test!.rows).toEqual(own);
    const { predictions } = createModelPredictor(model).rows([...own].map((row) => rows[row]!));
    const numbers = predictions.flatMap((one) =>
      'value' in one! ? [one.value] : model.classes.map((name) => one!.probabilities[name]!),
    );
    expect([...test!.predictions]).toEqual(numbers);
  });

  it('are not there without test rows', () => {
    expect(trainedModel(read, {}).test).toBeUndefined();
  });
});
