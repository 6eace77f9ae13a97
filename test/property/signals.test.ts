/** The layers of the lecture: collapse, saturation, health, symmetry and death, as the signals of training show them. */
import { describe, expect, it } from 'vitest';
import { optimizerOf } from '../../src/nn/training/optimizers.ts';
import { isObserved, probeRows } from '../../src/nn/training/signals.ts';
import type { LayerSignals, TrainOptions } from '../../src/nn/training/train.ts';
import { randomAt } from '../../src/random.ts';
import { everyKernels } from '../support/kernels.ts';
import { trainToEnd } from '../support/training.ts';

const ROWS = 128;
const INPUTS = 50;
const random = randomAt({ seed: 1, purpose: 'dataset' });
const x = Float32Array.from({ length: ROWS * INPUTS }, () => random.normal());
const data = {
  trainX: x,
  trainY: Int32Array.from({ length: ROWS }, (_, i) => (x[i * INPUTS]! + x[i * INPUTS + 1]! > 0 ? 1 : 0)),
  validationX: x.slice(0, 64 * INPUTS),
  validationY: Int32Array.from({ length: 64 }, () => 0),
  trainRows: ROWS,
  validationRows: 64,
  inputs: INPUTS,
  outputs: 2,
  targetScale: 1,
};

describe.each(everyKernels)('signals on %s kernels', (_, kernels) => {
  const run = (
    network: Partial<TrainOptions['network']>,
    changes: Partial<TrainOptions> = {},
    { learningRate = 0.01, optimizer = 'sgd' as const } = {},
  ) => {
    const sizes = [INPUTS, ...Array(10).fill(64), 2];
    const { reports } = trainToEnd({
      kernels,
      network: { sizes, activation: 'tanh', batchNorm: false, loss: 'softmaxCrossEntropy', ...network },
      initializer: 'xavier',
      optimizer: optimizerOf({ optimizer, learningRate, momentum: 0.9, weightDecay: 0 }),
      schedule: { type: 'constant' },
      l2: 0,
      batchSize: 64,
      epochs: 1,
      data,
      address: { seed: 1, trial: 0, fold: 0 },
      ...changes,
    });
    return reports.flatMap(({ signals }) => signals);
  };
  const hidden = (layers: readonly LayerSignals[]) => layers.slice(0, -1);

  it('ten tanh layers collapse with small weights, saturate with large ones, and are healthy with xavier', () => {
    const at = (deviation: number) =>
      hidden(run({}, { initializer: 'smallNormal', smallNormalDeviation: deviation })[0]!.layers);
    const small = at(0.01);
    expect(small[0]!.deviation).toBeGreaterThan(0.05);
    expect(small.at(-1)!.deviation).toBeLessThan(1e-8);
    const large = at(1);
    for (const { saturated, deviation } of large) {
      expect(saturated).toBeGreaterThan(0.6);
      expect(deviation).toBeGreaterThan(0.9);
    }
    const healthy = hidden(run({})[0]!.layers);
    for (const { saturated, deviation } of healthy) {
      expect(saturated).toBeLessThan(0.05);
      expect(deviation).toBeGreaterThan(0.15);
    }
  });

  it('sees dead units, and when all units do the same', () => {
    const zero = run({ activation: 'relu' }, { initializer: 'zeros' })[1]!.layers;
    for (const { dead, unitDeviation } of hidden(zero))
      expect({ dead, unitDeviation }).toEqual({ dead: 1, unitDeviation: 0 });
    const alive = run({ activation: 'relu' }, { initializer: 'he' })[0]!.layers;
    for (const { dead, unitDeviation } of hidden(alive)) {
      expect(dead).toBeLessThan(0.5);
      expect(unitDeviation).toBeGreaterThan(0.1);
    }
    const symmetric = run({ activation: 'sigmoid', sizes: [INPUTS, 16, 2] }, { initializer: 'zeros' })[1]!.layers;
    expect(symmetric[0]!.unitDeviation).toBeLessThan(1e-6);
    expect(symmetric[0]!.mean).toBeGreaterThan(0.3);
  });

  it('measures how far a step moves the weights: in proportion to the learning rate of sgd', () => {
    const ratio = (learningRate: number) =>
      run({}, { batchSize: ROWS }, { learningRate })[1]!.layers.map((l) => l.updateRatio);
    const [one, ten] = [ratio(0.001), ratio(0.01)];
    one.forEach((value, l) => {
      expect(value).toBeGreaterThan(0);
      expect(ten[l]! / value).toBeGreaterThan(9.5);
      expect(ten[l]! / value).toBeLessThan(10.5);
    });
  });

  it('tells the gradient of each layer: in all, that of the network', () => {
    const [, { layers } = { layers: [] }] = run({}, { batchSize: ROWS });
    const { reports } = trainToEnd({
      kernels,
      network: { sizes: [INPUTS, 8, 2], activation: 'tanh', batchNorm: false, loss: 'softmaxCrossEntropy' },
      initializer: 'xavier',
      optimizer: optimizerOf({ optimizer: 'sgd', learningRate: 0.01, momentum: 0, weightDecay: 0 }),
      schedule: { type: 'constant' },
      l2: 0,
      batchSize: ROWS,
      epochs: 1,
      data,
      address: { seed: 1, trial: 0, fold: 0 },
    });
    const sum = reports[0]!.signals[1]!.layers.reduce((total, { gradientNorm }) => total + gradientNorm ** 2, 0);
    // The biases' part is not among them.
    expect(Math.sqrt(sum)).toBeLessThanOrEqual(reports[0]!.gradientNorm * (1 + 1e-6));
    expect(Math.sqrt(sum)).toBeGreaterThan(reports[0]!.gradientNorm * 0.7);
    expect(layers).toHaveLength(11);
  });

  it('observes before the first step, and changes nothing that is learned', () => {
    const signals = run({}, { epochs: 3 });
    expect(signals.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3]);
    expect(signals[0]!.layers.every(({ updateRatio }) => Number.isNaN(updateRatio))).toBe(true);
    expect(run({}, { signals: false })).toEqual([]);
  });
});

it('looks at every epoch at first, then at eight an octave, and at the last', () => {
  const looked = Array.from({ length: 1000 }, (_, i) => i + 1).filter((epoch) => isObserved(epoch, 1000));
  expect(looked.slice(0, 20)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24]);
  expect(looked.at(-1)).toBe(1000);
  expect(looked.length).toBeLessThan(70);
});

it('keeps the probe a small part of an epoch', () => {
  expect([5, 120, 1437, 10_000].map(probeRows)).toEqual([5, 16, 59, 128]);
});
