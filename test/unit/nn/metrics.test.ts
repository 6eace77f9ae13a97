import { describe, expect, it } from 'vitest';
import {
  allMetrics,
  determination,
  macroF1,
  meanAbsoluteError,
  measure,
  rocAuc,
} from '../../../src/nn/training/metrics.ts';

const nan = Number.NaN;

describe('macro F1', () => {
  it('is the mean over the classes, however many rows they have', () => {
    // predicted 0 1 1 1 2 0 2
    const outputs = Float64Array.of(9, 0, 0, 0, 9, 0, 0, 9, 0, 1, 9, 1, 1, 2, 9, 3, 2, 1, 0, 0, 1);
    const f1 = macroF1(outputs, Int32Array.of(0, 0, 1, 1, 2, 2, 2));
    expect(f1).toBeCloseTo((2 / 4 + 4 / 5 + 4 / 5) / 3, 14);
  });

  it('leaves out a class that neither occurs nor is predicted', () => {
    expect(macroF1(Float64Array.of(1, 0, 0, 0, 1, 0), Int32Array.of(0, 1))).toBe(1);
  });

  it('decides by the sign of a single output, and counts a row of NaN as missed', () => {
    expect(macroF1(Float64Array.of(-2, 3, 0, 0.1), Int32Array.of(0, 1, 0, 1))).toBe(1);
    expect(macroF1(Float64Array.of(nan, 3, nan, 4), Int32Array.of(0, 1, 0, 1))).toBe(0.5);
  });
});

describe('ROC AUC', () => {
  const labels = Int32Array.of(0, 1, 1, 0, 1, 0);
  const scores = Float64Array.of(0.1, 0.4, 0.35, 0.35, 0.8, 0.4);
  it('is the share of pairs in the right order, ties counting half', () => {
    expect(rocAuc(scores, labels)).toBeCloseTo(7 / 9, 14);
    expect(
      rocAuc(
        scores.map((score) => -score),
        labels,
      ),
    ).toBeCloseTo(2 / 9, 14);
    expect(rocAuc(new Float64Array(6), labels)).toBe(0.5);
  });

  it('takes the difference of two outputs for the score', () => {
    const pairs = Float64Array.from({ length: 12 }, (_, i) => 3 + (i % 2) * scores[i >> 1]!);
    expect(rocAuc(pairs, labels)).toBeCloseTo(7 / 9, 14);
  });

  it('is not defined with one class, with three, or with a score that is no number', () => {
    expect(rocAuc(scores, new Int32Array(6))).toBeNaN();
    expect(rocAuc(scores, new Int32Array(6).fill(1))).toBeNaN();
    expect(rocAuc(new Float64Array(6), Int32Array.of(0, 1))).toBeNaN();
    expect(rocAuc(scores.with(2, nan), labels)).toBeNaN();
  });
});

describe('regression', () => {
  const outputs = Float64Array.of(2.5, 0, 2, 8);
  const targets = Float64Array.of(3, -0.5, 2, 7);
  it('has mean absolute error and R²', () => {
    expect(meanAbsoluteError(outputs, targets)).toBe(0.5);
    expect(determination(outputs, targets)).toBeCloseTo(1 - 1.5 / 29.1875, 14);
    expect(determination(targets, targets)).toBe(1);
    expect(determination(outputs, targets.fill(2))).toBeNaN();
  });
});

it('measures what fits the kind of target, in its own units', () => {
  const totals = { rows: 2, loss: 8, correct: 1 };
  const quantities = { totals, outputs: Float64Array.of(1, 2), y: Float64Array.of(3, 4), targetScale: 10 };
  expect(allMetrics(quantities)).toEqual({ loss: 4, rmse: 20, mae: 20, r2: -15 });
  expect(measure('accuracy', quantities)).toBeNaN();
  const classes = { totals, outputs: Float64Array.of(1, 2, 3, 4), y: Int32Array.of(0, 1), targetScale: 1 };
  expect(allMetrics(classes)).toEqual({ loss: 4, accuracy: 0.5, macroF1: 1 / 3, rocAuc: 0.5 });
  expect(measure('rmse', classes)).toBeNaN();
});
