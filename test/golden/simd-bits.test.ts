/**
 * WebAssembly fixes the bits of its arithmetic, so a whole training run on the SIMD kernels has one hash on every machine and every
 * version of Node. Whoever changes these changes every stored result: say so in the change log.
 */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { compileKernels, instantiateKernels } from '../../src/compute/kernels.ts';
import { loadBuiltin } from '../../src/data/builtin.ts';
import { holdout } from '../../src/data/folds.ts';
import { prepare } from '../../src/data/preprocess.ts';
import type { NetworkSpec } from '../../src/nn/model/network.ts';
import { type OptimizerType, optimizerOf } from '../../src/nn/training/optimizers.ts';
import { trainToEnd } from '../support/training.ts';

const digits = loadBuiltin('digits', 'datasets')!;
const data = prepare(digits, holdout(digits, 0.2, 1), 'standardize');

function hashOf(network: Partial<NetworkSpec>, optimizer: OptimizerType): string {
  const { result, reports } = trainToEnd({
    kernels: instantiateKernels(compileKernels('simd')),
    network: { sizes: [64, 37, 18, 10], activation: 'relu', batchNorm: false, loss: 'softmaxCrossEntropy', ...network },
    initializer: 'he',
    optimizer: optimizerOf({ optimizer, learningRate: 0.01, momentum: 0.9, weightDecay: 0.01 }),
    schedule: { type: 'cosine', floor: 0.1 },
    l2: 1e-4,
    batchSize: 50,
    epochs: 3,
    data,
    address: { seed: 7, trial: 3, fold: 0 },
  });
  expect(reports.at(-1)!.validationMetric).toBeGreaterThan(0.2);
  const hash = createHash('sha256');
  for (const { trainLoss, validationLoss } of reports) hash.update(`${trainLoss} ${validationLoss}\n`);
  for (const { weight } of result.parameters) hash.update(new Uint8Array(Float32Array.from(weight).buffer));
  return hash.digest('hex').slice(0, 32);
}

const runs: [Partial<NetworkSpec>, OptimizerType, string][] = [
  [{ activation: 'relu' }, 'adam', '650dc58f56e8ab3290c773ece8e2de1a'],
  [{ activation: 'tanh', batchNorm: true }, 'momentum', 'a26b2ccaf2594d1d3bd9edd14f7064e6'],
  [{ activation: 'sigmoid' }, 'rmsprop', '196cc14fad3d0891a3d1bab5281c4764'],
  [{ activation: 'elu', batchNorm: true }, 'adagrad', '977aff6e277f2314759a5e0be569cd40'],
  [{ activation: 'gelu' }, 'adamw', '43534b28c15383730a58a6f4004e7df2'],
  [{ activation: 'silu', dropout: 0.2 }, 'nesterov', 'f9bcbbece23c366cc3f188aeb3b802e1'],
  [{ activation: 'maxout', batchNorm: true }, 'sgd', 'bed409196b57bcc4403cdcf1194e42c0'],
];

it.each(runs)('%j with %s', (network, optimizer, wanted) => {
  expect(hashOf(network, optimizer)).toBe(wanted);
});
