import { describe, expect, it } from 'vitest';
import { createPlainKernels } from '../../../src/nn/kernels/plain.ts';
import { createNetwork } from '../../../src/nn/model/network.ts';
import { createMemory, type Optimizer, optimizerOf, update } from '../../../src/nn/training/optimizers.ts';
import { type Schedule, scheduleFactor } from '../../../src/nn/training/schedules.ts';

const kernels = createPlainKernels('float64');

/** One weight and one bias, both 1, after each of `gradients` was applied to both. */
function run(optimizer: Optimizer, gradients: number[]): { weight: number; bias: number } {
  const spec = { sizes: [1, 1], activation: 'linear', batchNorm: false, loss: 'meanSquaredError' } as const;
  const network = createNetwork(kernels, spec, 1);
  const memory = createMemory(kernels, optimizer, network.parameters.length);
  network.parameters.fill(1);
  gradients.forEach((gradient, i) => {
    network.gradients.fill(gradient);
    update(network, optimizer, memory, optimizer.learningRate, i + 1);
  });
  return { weight: network.parameters[0]!, bias: network.parameters[1]! };
}

describe('two steps by hand, rate 0.1, gradients 2 and −1', () => {
  const root = Math.sqrt;
  const choice = { learningRate: 0.1, momentum: 0.5, weightDecay: 0.2 };
  const expected: [Optimizer['type'], number][] = [
    ['sgd', 1 - 0.2 + 0.1],
    ['momentum', 1 - 0.1 * 2 - 0.1 * (0.5 * 2 - 1)],
    ['nesterov', 1 - 0.1 * (2 + 0.5 * 2) - 0.1 * (-1 + 0.5 * 0)],
    ['adagrad', 1 - 0.1 + 0.1 / root(5)],
    ['rmsprop', 1 - 0.2 / root(0.04) + 0.1 / root(0.99 * 0.04 + 0.01)],
    // m₂ = 0.9·0.2 − 0.1 = 0.08, c₁ = 0.19; s₂ = 0.999·0.004 + 0.001 = 0.004996, c₂ = 0.001999
    ['adam', 1 - 0.1 - (0.1 * (0.08 / 0.19)) / root(0.004996 / 0.001999)],
  ];
  it.each(expected)('%s', (optimizer, weight) => {
    const got = run(optimizerOf({ optimizer, ...choice }), [2, -1]);
    expect(got.weight).toBeCloseTo(weight, 6);
    expect(got.bias).toBe(got.weight);
  });

  it('adamw decays weights before the step, and nothing else', () => {
    const got = run(optimizerOf({ optimizer: 'adamw', ...choice }), [2]);
    expect(got.weight).toBeCloseTo(1 * (1 - 0.1 * 0.2) - 0.1, 6);
    expect(got.bias).toBeCloseTo(1 - 0.1, 6);
  });

  it('adam with β of 0 steps by the sign', () => {
    const adam: Optimizer = { type: 'adam', learningRate: 0.1, beta1: 0, beta2: 0, epsilon: 0 };
    expect(run(adam, [7, -3, 7]).weight).toBeCloseTo(0.9, 12);
  });
});

describe('schedules', () => {
  const cases: [Schedule, number[]][] = [
    [{ type: 'constant' }, [1, 1, 1, 1, 1]],
    [{ type: 'step', gamma: 0.5, every: 2 }, [1, 1, 0.5, 0.5, 0.25]],
    [{ type: 'exponential', gamma: 0.25, every: 2 }, [1, 0.5, 0.25, 0.125, 0.0625]],
    [{ type: 'cosine', floor: 0.2 }, [1, 0.2 + 0.4 * (1 + Math.SQRT1_2), 0.6, 0.2 + 0.4 * (1 - Math.SQRT1_2), 0.2]],
    [{ type: 'step', gamma: 0, every: 2 }, [1, 1, 0, 0, 0]],
    [{ type: 'constant', warmup: 4 }, [0.25, 0.5, 0.75, 1, 1]],
    [{ type: 'step', gamma: 0.5, every: 2, warmup: 3 }, [1 / 3, 2 / 3, 0.5, 0.5, 0.25]],
    [{ type: 'constant', warmup: 1 }, [1, 1, 1, 1, 1]],
  ];
  it.each(cases)('%j', (schedule, factors) => {
    for (const [s, factor] of factors.entries()) expect(scheduleFactor(schedule, s, 4)).toBeCloseTo(factor, 14);
  });
});
