/** Baselines without any feature, against numbers worked out by hand. */
import { describe, expect, it } from 'vitest';
import { constantBaseline } from '../../../src/data/baseline.ts';
import { createDataset } from '../../../src/data/dataset.ts';

const frame = { name: 'few', featureNames: ['x'], targetName: 'y' };

function classesOf(counts: readonly number[]) {
  const y = counts.flatMap((count, c) => Array.from({ length: count }, () => c));
  const classes = counts.map((_, c) => `class ${c}`);
  return createDataset({ ...frame, task: 'classification', classes, x: y.map(() => 0), y });
}

describe('of classes', () => {
  const dataset = classesOf([60, 30, 10]);
  const half = { type: 'holdout', fraction: 0.5 } as const;

  it.each([
    ['accuracy', 0.6],
    ['loss', -(0.6 * Math.log(31 / 53) + 0.3 * Math.log(16 / 53) + 0.1 * Math.log(6 / 53))],
    // Predicting at random: the F1 of a class with share s is 2s/3 / (s + 1/3).
    ['macroF1', [0.6, 0.3, 0.1].reduce((sum, s) => sum + (2 * s) / 3 / (s + 1 / 3), 0) / 3],
  ] as const)('%s', (metric, value) => {
    const baseline = constantBaseline(dataset, half, 1, metric)!;
    expect(baseline.value).toBeCloseTo(value, 12);
    expect(baseline).toMatchObject({ rows: 50, rarest: 5 });
  });

  it('counts rows once: all of them in folds, fewer in a holdout that is repeated', () => {
    expect(constantBaseline(dataset, { type: 'kFold', folds: 5 }, 1, 'accuracy')).toMatchObject({ rows: 100 });
    expect(constantBaseline(dataset, { ...half, repeats: 2 }, 1, 'accuracy')).toMatchObject({ rows: 75 });
    expect(constantBaseline(dataset, { ...half, test: 0.2 }, 1, 'accuracy')).toMatchObject({ rows: 40 });
  });

  it('is 0.5 for the area under the ROC curve of two classes', () => {
    expect(constantBaseline(classesOf([6, 14]), half, 1, 'rocAuc')).toEqual({ value: 0.5, rows: 10, rarest: 3 });
    expect(constantBaseline(dataset, half, 1, 'rocAuc')).toBeUndefined();
  });
});

describe('of numbers', () => {
  const y = [0, 0, 0, 100, 0, 0, 0, 100];
  const dataset = createDataset({ ...frame, task: 'regression', classes: [], x: y, y });
  const folds = { type: 'kFold', folds: 8 } as const;

  it.each([
    ['mae', 25],
    ['rmse', (6 * (200 / 7) + 2 * (100 - 100 / 7)) / 8],
  ] as const)('%s', (metric, value) => {
    expect(constantBaseline(dataset, folds, 1, metric)!.value).toBeCloseTo(value, 10);
  });
});
