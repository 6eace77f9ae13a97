/** The picture of each finding: what is drawn, and where it begins. */
import { describe, expect, it } from 'vitest';
import { findingCodes } from '../../src/diagnosis/finding.ts';
import type { FoldCurves, Trial } from '../../web/src/api.ts';
import { pictureOf } from '../../web/src/trial/finding-picture.ts';

type Layer = FoldCurves['signals'][number]['layers'][number];
const layer = (more: Partial<Layer>): Layer => ({
  ...{ mean: 0, deviation: 1, unitDeviation: 1, saturated: 0, dead: 0, gradientNorm: 1, updateRatio: 1e-3 },
  ...more,
});
const fold: FoldCurves = {
  fold: 0,
  value: 0.5,
  initialLoss: 9,
  trainLoss: [3, 2, 1],
  validationLoss: [3, 2.5, null],
  trainMetric: [0.3, 0.4, 0.5],
  validationMetric: [0.3, 0.4, 0.4],
  learningRate: [0.1, 0.1, 0.1],
  gradientNorm: [1, 2000, 3],
  peakLoss: [5, 4, 3],
  peakStep: [1, 1, 1],
  regularizationLoss: [8, 8, 8],
  signals: [0, 1, 3].map((epoch) => ({
    epoch,
    layers: [
      layer({ dead: 0.1 * epoch, deviation: 2, gradientNorm: epoch === 0 ? null : 1e-9 }),
      layer({ dead: 0.2 * epoch, deviation: 0.01, saturated: 0.3 * epoch }),
      layer({}),
    ],
  })),
};
const finding = (code: Trial['findings'][number]['code'], more: Partial<Trial['findings'][number]> = {}) => ({
  ...{ code, severity: 'fault' as const, layer: null, since: 2, cause: null, evidence: {}, text: '', advice: '' },
  folds: [0],
  ...more,
});

describe('the picture of a finding', () => {
  it('of one layer is the signal of that layer, from the epoch that shows it', () => {
    const picture = pictureOf(finding('deadRelu', { layer: 2, since: 1 }), fold)!;
    expect(picture).toMatchObject({ xs: [0, 1, 3], xLabel: 'epoch', mark: 1 });
    expect(picture.lines).toEqual([{ label: 'layer 2', values: [0, 0.2, 0.6000000000000001] }]);
    expect(pictureOf(finding('saturated', { layer: 2 }), fold)!.lines[0]!.values[2]).toBeCloseTo(0.9);
  });

  it('of vanishing gradients compares the hidden layers, without what a log scale cannot show', () => {
    const { lines, log } = pictureOf(finding('vanishingGradients'), fold)!;
    expect(log).toBe(true);
    expect(lines).toEqual([
      { label: 'layer 1', values: [null, 1e-9, 1e-9] },
      { label: 'layer 2', values: [1, 1, 1] },
    ]);
  });

  it('of the first weights goes through the layers', () => {
    expect(pictureOf(finding('initializationTooSmall', { since: 0 }), fold)).toMatchObject({
      xLabel: 'layer',
      xs: [1, 2],
      lines: [{ values: [2, 0.01] }],
    });
  });

  it('of the loss at the start begins before the first step, and others at the first epoch', () => {
    const start = pictureOf(finding('lossAtStart', { since: 0 }), fold)!;
    expect([start.xs, start.lines[0]!.values, start.mark]).toEqual([[0, 1, 2, 3], [9, 3, 2, 1], undefined]);
    const fitted = pictureOf(finding('overfitting'), fold)!;
    expect([fitted.xs, fitted.mark]).toEqual([[1, 2, 3], 2]);
    expect(fitted.lines.map(({ label, values }) => [label, values])).toEqual([
      ['training', [3, 2, 1]],
      ['validation', [3, 2.5, null]],
    ]);
    expect(pictureOf(finding('regularizationDominates'), fold)!.lines[1]).toEqual({
      label: 'penalty',
      values: [8, 8, 8],
    });
  });

  it('is there for every finding that a curve or a layer shows, as long as the fold has it', () => {
    const without = findingCodes.filter((code) => pictureOf(finding(code, { layer: 1 }), fold) === undefined);
    expect(without).toEqual(['inputsOffCentre', 'inputScales', 'batchTooSmall']);
    const bare = { ...fold, signals: [], trainLoss: [], validationLoss: [], trainMetric: [], validationMetric: [] };
    const nothing = { ...bare, gradientNorm: [], peakLoss: [], regularizationLoss: [], initialLoss: null };
    for (const code of findingCodes) expect(pictureOf(finding(code, { layer: 1 }), nothing)).toBeUndefined();
  });
});
