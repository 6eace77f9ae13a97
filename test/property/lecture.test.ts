/** What the lecture says of networks, seen in numbers, on all kernels. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDataset } from '../../src/data/dataset.ts';
import { holdout } from '../../src/data/folds.ts';
import { prepare } from '../../src/data/preprocess.ts';
import { maskWords } from '../../src/nn/model/address.ts';
import { keepThreshold } from '../../src/nn/model/dropout.ts';
import { type InitialWeights, initialize } from '../../src/nn/model/initializers.ts';
import { matrix, readDense } from '../../src/nn/model/layout.ts';
import { bytesFor } from '../../src/nn/model/memory.ts';
import { drawMasks, forward, type NetworkSpec, readOutputs } from '../../src/nn/model/network.ts';
import type { TrainOptions } from '../../src/nn/training/train.ts';
import { computeGradient, step } from '../../src/nn/training/trainer.ts';
import { type Random, randomAt } from '../../src/random.ts';
import { everyKernels } from '../support/kernels.ts';
import { activationsOf, moments, parametersOf, readyNetwork, setWeights } from '../support/networks.ts';
import { trainToEnd } from '../support/training.ts';

const label = (classes: number) => (random: Random) => random.integer(classes);

describe.each(everyKernels)('%s: batch normalization', (_name, kernels) => {
  it('gives every unit mean 0 and variance 1 over the batch, before γ and β have learned otherwise', () => {
    const spec: NetworkSpec = { sizes: [7, 13, 3], activation: 'linear', batchNorm: true, loss: 'softmaxCrossEntropy' };
    const rows = 90;
    const ready = readyNetwork(kernels, spec, rows, label(3));
    const { network } = ready.trainer;
    initialize(network, { initializer: 'smallNormal', smallNormalDeviation: 3 }, { seed: 1, trial: 0, fold: 0 });
    forward(network, ready.rows.x, rows, 'train');
    const all = activationsOf(kernels, network.layers[0]!, rows);
    for (let j = 0; j < 13; j++) {
      const { mean, variance } = moments(all.filter((_value, i) => i % 13 === j));
      expect(Math.abs(mean)).toBeLessThan(1e-6);
      expect(Math.abs(variance - 1)).toBeLessThan(1e-4);
    }
  });
});

describe.each(everyKernels)('%s: first weights', (_name, kernels) => {
  /** The mean square of each hidden layer's outputs over that of the layer before, through relu layers of 128 units. */
  function meanRatio(weights: InitialWeights): number {
    const [rows, width] = [128, 128];
    const spec: NetworkSpec = {
      sizes: Array(7).fill(width),
      activation: 'relu',
      batchNorm: false,
      loss: 'meanSquaredError',
    };
    const ratios = [1, 2, 3].flatMap((seed) => {
      const ready = readyNetwork(kernels, spec, rows, () => 0);
      initialize(ready.trainer.network, weights, { seed, trial: 0, fold: 0 });
      forward(ready.trainer.network, ready.rows.x, rows, 'evaluate');
      const hidden = ready.trainer.network.layers.slice(0, -1);
      const squares = hidden.map((layer) => moments(activationsOf(kernels, layer, rows)).meanSquare);
      return squares.slice(1).map((square, l) => square / squares[l]!);
    });
    return ratios.reduce((a, b) => a + b, 0) / ratios.length;
  }

  it.each(['normal', 'uniform'] as const)('%s: he keeps the variance of relu layers, xavier halves it', (drawn) => {
    expect(Math.abs(meanRatio({ initializer: 'he', weightDistribution: drawn }) - 1)).toBeLessThan(0.1);
    expect(Math.abs(meanRatio({ initializer: 'xavier', weightDistribution: drawn }) - 0.5)).toBeLessThan(0.05);
    expect(meanRatio({ initializer: 'smallNormal', weightDistribution: drawn })).toBeLessThan(0.02);
  });

  it('that are equal stay equal: units that begin alike learn alike', () => {
    const spec: NetworkSpec = { sizes: [5, 11, 3], activation: 'tanh', batchNorm: false, loss: 'softmaxCrossEntropy' };
    const differences = (start: (i: number) => number) => {
      const { trainer, rows, order } = readyNetwork(kernels, spec, 40, label(3), 0.5);
      for (const layer of trainer.network.layers) setWeights(kernels, layer, start);
      for (let s = 0; s < 60; s++) step(trainer, rows, order, 0, 40);
      const { weight } = parametersOf(kernels, trainer.network.layers[0]!);
      const spread = weight.map((value, i) => Math.abs(value - weight[i - (i % 11)]!));
      const learned = weight.map((value) => Math.abs(value - start(0)));
      return { between: Math.max(...spread), learned: Math.max(...learned) };
    };
    const equal = differences(() => 0.3);
    expect(equal.learned).toBeGreaterThan(0.1);
    expect(equal.between).toBeLessThan(1e-4 * equal.learned);
    const random = randomAt({ seed: 2, purpose: 'probe' });
    const unequal = Float64Array.from({ length: 100 }, () => 0.3 + 0.1 * random.normal());
    expect(differences((i) => unequal[i]!).between).toBeGreaterThan(0.3);
  });
});

/** Ten layers of tanh, as deep as the lecture's. */
describe.each(everyKernels)('%s: a deep tanh network', (_name, kernels) => {
  const [rows, width, depth] = [100, 150, 10];
  function seen(weights: InitialWeights) {
    const sizes = [...Array(depth + 1).fill(width), 5];
    const spec: NetworkSpec = { sizes, activation: 'tanh', batchNorm: false, loss: 'softmaxCrossEntropy' };
    const ready = readyNetwork(kernels, spec, rows, label(5));
    const { network } = ready.trainer;
    initialize(network, weights, { seed: 3, trial: 0, fold: 0 });
    computeGradient(ready.trainer, ready.rows, ready.order, 0, rows);
    const layers = network.layers.slice(0, -1).map((layer) => {
      const values = activationsOf(kernels, layer, rows);
      const gradient = readDense(kernels, layer.gradients.weight, [matrix(layer.inputs, layer.columns)]);
      return {
        deviation: Math.sqrt(moments(values).variance),
        saturated: values.filter((value) => Math.abs(value) > 0.99).length / values.length,
        gradient: Math.sqrt(moments(gradient).meanSquare),
      };
    });
    return { first: layers[0]!, last: layers.at(-1)!, layers };
  }

  it('collapses where the weights are small: nothing arrives at the end, and no gradient at the beginning', () => {
    const { layers, first, last } = seen({ initializer: 'smallNormal', smallNormalDeviation: 0.01 });
    for (const [l, { deviation }] of layers.slice(1).entries())
      expect(deviation).toBeLessThan(0.2 * layers[l]!.deviation);
    expect(last.deviation).toBeLessThan(1e-8);
    expect(first.gradient).toBeLessThan(1e-6);
  });

  it('saturates where they are large: units answer −1 or 1 and hardly anything else', () => {
    const { layers } = seen({ initializer: 'smallNormal', smallNormalDeviation: 1 });
    for (const { saturated } of layers) expect(saturated).toBeGreaterThan(0.75);
  });

  it('is healthy with xavier: what goes in comes out, and so do gradients', () => {
    const { layers, first, last } = seen({ initializer: 'xavier' });
    for (const { saturated, deviation } of layers) {
      expect(saturated).toBeLessThan(0.02);
      expect(deviation).toBeGreaterThan(0.2);
    }
    expect(first.gradient / last.gradient).toBeGreaterThan(0.2);
    expect(first.gradient / last.gradient).toBeLessThan(5);
  });
});

describe('dropout', () => {
  /** The mask of every kind of kernels, dense. */
  function masksOf(threshold: number, address: ReturnType<typeof maskWords>, N: number, H: number): number[][] {
    return everyKernels.map(([_name, kernels]) => {
      kernels.reset(bytesFor(kernels, (counting) => counting.allocateMatrix(N, H)));
      const mask = kernels.allocateMatrix(N, H);
      kernels.dropoutMask(mask, threshold, address, N, H);
      return Array.from(readDense(kernels, mask, [matrix(N, H)]));
    });
  }

  it('keeps a share of threshold/65536, makes up for the rest, and has the same masks at every stride', () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 40 }));
    const place = fc.record({ seed: fc.maxSafeNat(), trial: fc.nat(2 ** 32 - 1), fold: fc.nat(2 ** 14 - 1) });
    const layers = fc.nat(63);
    fc.assert(
      fc.property(sizes, fc.integer({ min: 3277, max: 65_536 }), place, layers, ([N, H], threshold, address, layer) => {
        const [first, ...others] = masksOf(threshold, maskWords(address, layer), N, H);
        const p = threshold / 65_536;
        const kept = first!.filter((value) => value !== 0);
        for (const value of kept) expect(Math.fround(value)).toBe(Math.fround(1 / p));
        // Six standard deviations, and three units where those are less than a unit: no fair mask is ever that far off.
        expect(Math.abs(kept.length - p * N * H)).toBeLessThanOrEqual(6 * Math.sqrt(p * (1 - p) * N * H) + 3);
        for (const other of others) expect(other.map(Math.fround)).toEqual(first!.map(Math.fround));
      }),
      { numRuns: 60 },
    );
  });

  it('has a mask of its own for every trial, fold, layer and step, and another for every seed', () => {
    const seen = new Set<string>();
    const places = [0, 1, 2 ** 14 - 1];
    for (const seed of [1, 1 + 2 ** 32]) {
      for (const trial of [0, 1, 2 ** 20]) {
        for (const fold of places) {
          for (const layer of [0, 1, 63]) seen.add(Object.values(maskWords({ seed, trial, fold }, layer)).join());
        }
      }
    }
    expect(seen.size).toBe(2 * 3 * 3 * 3);
    expect(() => maskWords({ seed: 1, trial: 0, fold: 2 ** 14 }, 0)).toThrow(RangeError);
    expect(() => maskWords({ seed: 1, trial: 0, fold: 0 }, 64)).toThrow(RangeError);
  });

  it.each(everyKernels)('keeps the mean of what a layer says: %s', (_name, kernels) => {
    const spec: NetworkSpec = {
      sizes: [6, 40, 1],
      activation: 'relu',
      batchNorm: false,
      dropout: 0.3,
      loss: 'meanSquaredError',
    };
    const rows = 4;
    const { trainer, rows: data } = readyNetwork(kernels, spec, rows, () => 0);
    const { network } = trainer;
    initialize(network, { initializer: 'he' }, { seed: 4, trial: 0, fold: 0 });
    forward(network, data.x, rows, 'evaluate');
    const whole = readOutputs(network, rows);
    const steps = 3000;
    const mean = new Float64Array(rows);
    for (let s = 0; s < steps; s++) {
      drawMasks(network, s, rows);
      forward(network, data.x, rows, 'train');
      for (const [i, output] of readOutputs(network, rows).entries()) mean[i]! += output / steps;
    }
    for (const [i, output] of whole.entries()) expect(Math.abs(mean[i]! - output)).toBeLessThan(0.08);
    expect(Math.max(...whole.map(Math.abs))).toBeGreaterThan(0.5);
  });

  it('drops the given share, to the next 65536th', () => {
    expect([0, 0.5, 0.95, 1 / 3].map(keepThreshold)).toEqual([65_536, 32_768, 3277, 43_691]);
  });
});

describe.each(everyKernels)('%s: validation rows never teach', (_name, kernels) => {
  const count = 40;
  const random = randomAt({ seed: 4, purpose: 'probe' });
  const x = Array.from({ length: count * 3 }, () => random.normal());
  const y = Array.from({ length: count }, (_, i) => i % 2);
  const names = { name: 'test', featureNames: ['a', 'b', 'c'], targetName: 't', classes: ['n', 'y'] };
  const datasetOf = (values: number[]) => createDataset({ ...names, task: 'classification', x: values, y });
  const { validationRows } = holdout(datasetOf(x), 0.2, 1);

  function run(values: number[], preprocessing: 'none' | 'standardize', batchNorm: boolean) {
    const dataset = datasetOf(values);
    const options: TrainOptions = {
      kernels,
      network: { sizes: [3, 8, 2], activation: 'tanh', batchNorm, dropout: 0.2, loss: 'softmaxCrossEntropy' },
      initializer: 'xavier',
      optimizer: { type: 'momentum', learningRate: 0.1, momentum: 0.9 },
      schedule: { type: 'constant' },
      l2: 0.01,
      batchSize: 8,
      epochs: 4,
      data: prepare(dataset, holdout(dataset, 0.2, 1), preprocessing),
      address: { seed: 1, trial: 0, fold: 0 },
    };
    const { reports, result } = trainToEnd(options);
    const taught = reports.map(({ validationLoss: _loss, validationMetric: _metric, ...rest }) => rest);
    return { taught, parameters: result.parameters, validation: reports.map(({ validationLoss }) => validationLoss) };
  }

  it('a huge value injected in one changes no training number', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...validationRows),
        fc.constantFrom('none' as const, 'standardize' as const),
        fc.boolean(),
        (row, preprocessing, batchNorm) => {
          const clean = run(x, preprocessing, batchNorm);
          const injected = run(x.with(row * 3, 1e6), preprocessing, batchNorm);
          expect(injected.taught).toEqual(clean.taught);
          expect(injected.parameters).toEqual(clean.parameters);
          expect(injected.validation).not.toEqual(clean.validation);
        },
      ),
      { numRuns: 10 },
    );
  });
});
