/** What must hold of layers and first weights, to many digits. What the lecture says of them is in lecture.test.ts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPlainKernels } from '../../src/nn/kernels/plain.ts';
import { initialize, weightDeviation } from '../../src/nn/model/initializers.ts';
import { createNetwork } from '../../src/nn/model/network.ts';
import { randomAt } from '../../src/random.ts';
import { moments } from '../support/networks.ts';

const kernels = createPlainKernels('float64');

describe('batch norm', () => {
  it('gives every unit mean β and variance γ² over the batch, and zero sums of the gradient by z', () => {
    const sizes = fc.tuple(fc.integer({ min: 3, max: 40 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(sizes, fc.nat(), ([N, H], seed) => {
        const random = randomAt({ seed, purpose: 'probe' });
        const z = Float64Array.from({ length: N * H }, () => 50 + 10 * random.normal());
        const norm = {
          gamma: Float64Array.from({ length: H }, () => random.normal()),
          beta: Float64Array.from({ length: H }, () => random.normal()),
          runningMean: kernels.allocate(H),
          runningVar: kernels.allocate(H),
        };
        const cache = { normalized: kernels.allocate(N * H), inverseDeviation: kernels.allocate(H) };
        const y = kernels.allocate(N * H);
        kernels.batchNormForward(z, norm, cache, y, N, H);
        const dy = Float64Array.from({ length: N * H }, () => random.normal());
        const dz = dy.slice();
        kernels.batchNormBackward(dz, norm.gamma, cache, kernels.allocate(H), kernels.allocate(H), dz, N, H);
        for (let j = 0; j < H; j++) {
          const column = (values: ArrayLike<number>) => Array.from({ length: N }, (_, i) => values[i * H + j]!);
          expect(moments(column(y)).mean).toBeCloseTo(norm.beta[j]!, 9);
          const { variance } = moments(column(z));
          expect(moments(column(y)).variance).toBeCloseTo((norm.gamma[j]! ** 2 * variance) / (variance + 1e-5), 9);
          // Shifting a unit's z does not change its output, so the gradient has no part in that direction. Stretching it does, but only as
          // far as ε counts beside the variance.
          expect(moments(column(dz)).mean).toBeCloseTo(0, 9);
          const dot = (d: Float64Array) => column(d).reduce((sum, x, i) => sum + x * cache.normalized[i * H + j]!, 0);
          const left = (norm.gamma[j]! * cache.inverseDeviation[j]! * dot(dy) * 1e-5) / (variance + 1e-5);
          expect(dot(dz) - left).toBeCloseTo(0, 9);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('initializers', () => {
  const drawn = (['zeros', 'smallNormal', 'xavier', 'he'] as const).flatMap((initializer) =>
    (['normal', 'uniform'] as const).map((weightDistribution) => ({ initializer, weightDistribution })),
  );
  it.each(drawn)('$initializer draws weights of its deviation: $weightDistribution', (weights) => {
    const spec = { sizes: [200, 100, 2], activation: 'relu', batchNorm: true, loss: 'softmaxCrossEntropy' } as const;
    const network = createNetwork(kernels, spec, 1);
    initialize(network, { ...weights, smallNormalDeviation: 0.2 }, { seed: 9, trial: 0, fold: 0 });
    const { weight, norm } = network.layers[0]!.parameters;
    const { mean, variance } = moments(weight);
    const deviation = weightDeviation({ ...weights, smallNormalDeviation: 0.2 }, 200);
    const most = Math.max(...weight.map(Math.abs));
    if (weights.weightDistribution === 'uniform') expect(most).toBeLessThanOrEqual(Math.sqrt(3) * deviation);
    else expect(most).toBeGreaterThanOrEqual(3 * deviation);
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
