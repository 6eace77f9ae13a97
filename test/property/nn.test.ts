import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDataset } from '../../src/data/dataset.ts';
import { holdout } from '../../src/data/folds.ts';
import { prepare } from '../../src/data/preprocess.ts';
import { type Initializer, initialize, weightDeviation } from '../../src/nn/initializers.ts';
import { createPlainKernels, plainKernels } from '../../src/nn/kernels-plain.ts';
import { createNetwork, forward } from '../../src/nn/network.ts';
import type { TrainOptions } from '../../src/nn/train.ts';
import { randomAt } from '../../src/random.ts';
import { trainToEnd } from '../support/training.ts';

const kernels = createPlainKernels('float64');

function moments(values: ArrayLike<number>): { mean: number; variance: number; meanSquare: number } {
  const all = Array.from(values);
  const mean = all.reduce((a, b) => a + b, 0) / all.length;
  const meanSquare = all.reduce((a, b) => a + b * b, 0) / all.length;
  return { mean, variance: all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length, meanSquare };
}

describe('batch norm', () => {
  it('gives every unit mean β and variance γ² over the batch, and zero sums of the gradient by z', () => {
    const sizes = fc.tuple(fc.integer({ min: 3, max: 40 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(sizes, fc.nat(), ([N, H], seed) => {
        const random = randomAt({ seed, purpose: 'probe' });
        const z = Float64Array.from({ length: N * H }, () => 50 + 10 * random.normal());
        const norm = {
          gamma: Float64Array.from({ length: H }, random.normal),
          beta: Float64Array.from({ length: H }, random.normal),
          runningMean: kernels.allocate(H),
          runningVar: kernels.allocate(H),
        };
        const cache = { normalized: kernels.allocate(N * H), inverseDeviation: kernels.allocate(H) };
        const y = kernels.allocate(N * H);
        kernels.batchNormForward(z, norm, cache, y, N, H);
        const dz = Float64Array.from({ length: N * H }, random.normal);
        kernels.batchNormBackward(dz, norm.gamma, cache, kernels.allocate(H), kernels.allocate(H), dz, N, H);
        for (let j = 0; j < H; j++) {
          const column = (values: ArrayLike<number>) => Array.from({ length: N }, (_, i) => values[i * H + j]!);
          expect(moments(column(y)).mean).toBeCloseTo(norm.beta[j]!, 9);
          const { variance } = moments(column(z));
          expect(moments(column(y)).variance).toBeCloseTo((norm.gamma[j]! ** 2 * variance) / (variance + 1e-5), 9);
          // Neither shifting nor stretching a unit's z changes its output, so the gradient has no part in either direction.
          expect(moments(column(dz)).mean).toBeCloseTo(0, 9);
          const along = column(dz).reduce((sum, d, i) => sum + d * cache.normalized[i * H + j]!, 0);
          expect(Math.abs(along)).toBeLessThan(1e-3);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('initializers', () => {
  /** The mean square of each hidden layer's z over that of the layer before, through relu layers of 128 units. */
  function ratios(initializer: Initializer, seed: number): number[] {
    const [rows, width] = [128, 128];
    const spec = {
      sizes: Array(7).fill(width),
      activation: 'relu',
      batchNorm: false,
      loss: 'meanSquaredError',
    } as const;
    const network = createNetwork(kernels, spec, rows);
    initialize(network, { initializer }, { seed, trial: 0, fold: 0 });
    const random = randomAt({ seed, purpose: 'probe' });
    forward(network, Float64Array.from({ length: rows * width }, random.normal), rows, 'evaluate');
    // What entered each activation: out of what the layer before gave, since activations may work in place.
    const squares = network.layers.slice(1).map(({ inputs, units, parameters }, l) => {
      const z = kernels.allocateMatrix(rows, units);
      kernels.denseForward(network.layers[l]!.output, parameters.weight, parameters.bias, z, rows, inputs, units);
      return moments(z).meanSquare;
    });
    return squares.slice(1).map((square, l) => square / squares[l]!);
  }
  const meanRatio = (initializer: Initializer) => {
    const all = [1, 2, 3].flatMap((seed) => ratios(initializer, seed));
    return all.reduce((a, b) => a + b, 0) / all.length;
  };

  it('he keeps the variance through relu layers', () => expect(Math.abs(meanRatio('he') - 1)).toBeLessThan(0.1));
  it('xavier halves it', () => expect(Math.abs(meanRatio('xavier') - 0.5)).toBeLessThan(0.05));
  it('small normal numbers lose it', () => expect(meanRatio('smallNormal')).toBeLessThan(0.02));

  it.each(['zeros', 'smallNormal', 'xavier', 'he'] as const)('%s draws weights of its deviation', (initializer) => {
    const spec = { sizes: [200, 100, 2], activation: 'relu', batchNorm: true, loss: 'softmaxCrossEntropy' } as const;
    const network = createNetwork(kernels, spec, 1);
    initialize(network, { initializer }, { seed: 9, trial: 0, fold: 0 });
    const { weight, norm } = network.layers[0]!.parameters;
    const { mean, variance } = moments(weight);
    const deviation = weightDeviation({ initializer }, 200);
    expect(Math.abs(Math.sqrt(variance) - deviation)).toBeLessThanOrEqual(0.02 * deviation);
    expect(Math.abs(mean)).toBeLessThanOrEqual(0.03 * deviation);
    expect([...norm!.gamma, ...norm!.runningVar].every((value) => value === 1)).toBe(true);
    expect([...norm!.beta, ...norm!.runningMean, ...network.layers[1]!.parameters.bias!].every((v) => v === 0)).toBe(
      true,
    );
  });

  it('gives a layer the same weights whatever the layers around it', () => {
    const weightsOf = (sizes: number[]) => {
      const spec = { sizes, activation: 'relu', batchNorm: false, loss: 'softmaxCrossEntropy' } as const;
      const network = createNetwork(kernels, spec, 1);
      initialize(network, { initializer: 'he' }, { seed: 1, trial: 2, fold: 3 });
      return network.layers.map(({ parameters }) => parameters.weight.join());
    };
    expect(weightsOf([5, 4, 3])[1]).toBe(weightsOf([9, 4, 3])[1]);
    expect(new Set(weightsOf([4, 4, 4, 4])).size).toBe(3);
  });
});

describe('training', () => {
  it('validation rows never teach: a huge value planted in one changes no training number', () => {
    const rows = 40;
    const random = randomAt({ seed: 4, purpose: 'probe' });
    const x = Array.from({ length: rows * 3 }, random.normal);
    const y = Array.from({ length: rows }, (_, i) => i % 2);
    const run = (values: number[], preprocessing: 'none' | 'standardize', batchNorm: boolean) => {
      const names = { name: 'test', featureNames: ['a', 'b', 'c'], targetName: 't', classes: ['n', 'y'] };
      const dataset = createDataset({ ...names, task: 'classification', x: values, y });
      const options: TrainOptions = {
        kernels: plainKernels,
        network: { sizes: [3, 8, 2], activation: 'tanh', batchNorm, loss: 'softmaxCrossEntropy' },
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
    };
    const names = { name: 'test', featureNames: ['a', 'b', 'c'], targetName: 't', classes: ['n', 'y'] };
    const { validationRows } = holdout(createDataset({ ...names, task: 'classification', x, y }), 0.2, 1);
    fc.assert(
      fc.property(
        fc.constantFrom(...validationRows),
        fc.constantFrom('none' as const, 'standardize' as const),
        fc.boolean(),
        (row, preprocessing, batchNorm) => {
          const clean = run(x, preprocessing, batchNorm);
          const planted = run(x.with(row * 3, 1e6), preprocessing, batchNorm);
          expect(planted.taught).toEqual(clean.taught);
          expect(planted.parameters).toEqual(clean.parameters);
          expect(planted.validation).not.toEqual(clean.validation);
        },
      ),
      { numRuns: 20 },
    );
  });
});
