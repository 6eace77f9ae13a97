import { describe, expect, it } from 'vitest';
import { createDataset } from '../../../src/data/dataset.ts';
import { fitScaling, prepare } from '../../../src/data/preprocess.ts';

const x = [1, 5, 0.1, 3, 5, 0.1, 5, 5, 0.1, 100, 7, 3];
const fold = { trainRows: Uint32Array.of(0, 1, 2), validationRows: Uint32Array.of(3) };
const names = { name: 'test', featureNames: ['a', 'b', 'c'], targetName: 't' };
const classes = createDataset({ ...names, task: 'classification', classes: ['n', 'y'], x, y: [0, 1, 0, 1] });
const quantity = createDataset({ ...names, task: 'regression', classes: [], x, y: [10, 20, 30, 100] });

describe('prepare', () => {
  it('standardizes by the training rows alone, and leaves a constant column at 0', () => {
    const { trainX, validationX, trainY, validationY } = prepare(classes, fold, 'standardize');
    const deviation = Math.sqrt(8 / 3);
    expect([...trainX]).toEqual([-2 / deviation, 0, 0, 0, 0, 0, 2 / deviation, 0, 0].map(Math.fround));
    expect(validationX[0]).toBeCloseTo(97 / deviation, 4);
    expect(validationX[1]).toBe(2);
    expect([...trainY, ...validationY]).toEqual([0, 1, 0, 1]);
  });

  it('centers, or leaves the features as they are', () => {
    expect([...prepare(classes, fold, 'center').trainX]).toEqual([-2, 0, 0, 0, 0, 0, 2, 0, 0]);
    expect([...prepare(classes, fold, 'none').trainX]).toEqual([...classes.x.subarray(0, 9)].map(Math.fround));
  });

  it('standardizes regression targets whatever the features get, and says how to go back', () => {
    for (const preprocessing of ['none', 'standardize'] as const) {
      const data = prepare(quantity, fold, preprocessing);
      const deviation = Math.sqrt(200 / 3);
      expect(data).toMatchObject({ outputs: 1, targetScale: deviation, targetOffset: 20 });
      expect([...data.trainY]).toEqual([-10 / deviation, 0, 10 / deviation].map(Math.fround));
      expect(data.validationY[0]! * data.targetScale + data.targetOffset).toBeCloseTo(100, 4);
    }
    expect(prepare(classes, fold, 'standardize')).toMatchObject({ outputs: 2, targetScale: 1, targetOffset: 0 });
  });

  it('fits in float64: a float32 sum of these would be wrong in the third digit', () => {
    const many = Float32Array.from({ length: 200_000 }, (_, i) => 1000 + (i % 2));
    const { offset, scale } = fitScaling(
      many,
      1,
      Uint32Array.from(many, (_, i) => i),
      'standardize',
    );
    expect(offset[0]).toBeCloseTo(1000.5, 9);
    expect(scale[0]).toBeCloseTo(0.5, 9);
  });

  const rowsOf = (values: readonly number[], target: readonly number[] = values.map((_, i) => i % 2)) => ({
    dataset: createDataset({
      name: 'test',
      task: 'classification',
      featureNames: ['a'],
      targetName: 't',
      classes: ['n', 'y'],
      x: values,
      y: target,
    }),
    fold: { trainRows: Uint32Array.from(values.keys()), validationRows: Uint32Array.of() },
  });

  it.each([
    ['near 1e8 that differ by 1', (i: number) => 1e8 + (i % 5)],
    ['near 1e15 that differ by 1', (i: number) => 1e15 + (i % 5)],
    ['of 1e-50', (i: number) => (i % 5) * 1e-50],
    ['of 1e-200', (i: number) => (i % 5) * 1e-200],
    ['near 0.1 that differ by 1e-12', (i: number) => 0.1 + (i % 5) * 1e-12],
  ])('keeps apart numbers %s: scaled in float64, then stored as float32', (_what, value) => {
    const { dataset, fold: all } = rowsOf(Array.from({ length: 50_000 }, (_, i) => value(i)));
    const { trainX } = prepare(dataset, all, 'standardize');
    // 0, 1, 2, 3, 4 have mean 2 and deviation √2.
    trainX.slice(0, 5).forEach((got, i) => {
      expect(got).toBeCloseTo((i - 2) / Math.SQRT2, 3);
    });
  });

  it('leaves a constant column at 0 whose sum would round', () => {
    const { dataset, fold: all } = rowsOf(Array.from({ length: 1000 }, () => 0.1));
    expect(dataset.x).toBeInstanceOf(Float64Array);
    expect(new Set(prepare(dataset, all, 'standardize').trainX)).toEqual(new Set([0]));
  });

  it('does the same to numbers that float32 holds, however they are stored', () => {
    const singles = Array.from({ length: 40 }, (_, i) => Math.fround(Math.sin(i) * 10));
    const { dataset: narrow, fold: all } = rowsOf(singles);
    expect(narrow.x).toBeInstanceOf(Float32Array);
    const rows = all.trainRows;
    expect(fitScaling(Float64Array.from(singles), 1, rows, 'standardize')).toEqual(
      fitScaling(narrow.x, 1, rows, 'standardize'),
    );
  });

  it('keeps targets apart that float32 would not', () => {
    const { fold: all } = rowsOf([0, 0, 0, 0]);
    const far = createDataset({
      ...names,
      featureNames: ['a'],
      task: 'regression',
      classes: [],
      x: [1, 2, 3, 4],
      y: [1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3],
    });
    const { trainY } = prepare(far, all, 'none');
    expect([...trainY].map((y) => y.toFixed(3))).toEqual(['-1.342', '-0.447', '0.447', '1.342']);
  });
});
