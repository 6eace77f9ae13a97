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
    expect([...prepare(classes, fold, 'none').trainX]).toEqual([...classes.x.subarray(0, 9)]);
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
});
