/** Everything a network can be, through the whole service: what is asked for is trained, measured, shown and computed again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInlineCore } from '../../src/compute/inline-core.ts';
import { resultOf } from '../../src/compute/trial.ts';
import { loadBuiltin } from '../../src/data/builtin.ts';
import type { Search } from '../../src/domain/search.ts';
import { settingsOf } from '../../src/domain/specification/hyperparameters.ts';
import { trainedObjective } from '../../src/domain/specification/specification.ts';
import type { Trial } from '../../src/domain/trial.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ trialMemoryBytes: 64 * 2 ** 20 });
});
afterAll(() => service?.close());

const either = (...choices: unknown[]) => ({ distribution: 'categorical', choices });

async function searched(specification: object): Promise<{ search: Search; trials: Trial[] }> {
  const { id } = await service.client.create(specification);
  const search = await ended(service.client, id);
  const trials = await Promise.all(
    Array.from({ length: search.trials.total }, (_, number) => service.client.trial(id, number)),
  );
  return { search, trials };
}

describe('a search over kinds of networks', () => {
  const specification = {
    dataset: 'moons',
    hyperparameters: {
      learningRate: { distribution: 'float', low: 3e-3, high: 3e-2, scale: 'log' },
      hiddenUnits: [12, 8],
      activation: either('gelu', 'silu', 'maxout', 'leakyRelu', 'elu'),
      leakyReluSlope: { distribution: 'float', low: 0.01, high: 0.3, when: { activation: ['leakyRelu'] } },
      eluAlpha: { distribution: 'float', low: 0.5, high: 2, when: { activation: ['elu'] } },
      weightDistribution: either('normal', 'uniform'),
      dropout: { distribution: 'float', low: 0, high: 0.3 },
      loss: either('softmaxCrossEntropy', 'binaryCrossEntropy'),
      schedule: either('constant', 'step', 'exponential', 'cosine'),
      decayEvery: 5,
      warmupEpochs: 1.5,
      clipNorm: either(0, 1),
      patience: either(0, 2),
      epochs: 12,
    },
    objective: { metric: 'validationRocAuc' },
    sampler: { type: 'random', seed: 5 },
    budget: { trials: 16 },
  };

  it('ends with a value, an epoch that counts and all metrics for every trial, bit for bit again', async () => {
    const { search, trials } = await searched(specification);
    expect(search.trials).toMatchObject({ complete: 16, failed: 0 });
    expect(search.best!.value).toBeGreaterThan(0.9);
    const core = createInlineCore('simd');
    for (const { number, value, outcome, hyperparameters, folds, resultHash } of trials) {
      const [fold] = folds;
      expect(fold!.metrics).toMatchObject({ accuracy: expect.any(Number), macroF1: expect.any(Number) });
      if (outcome === 'ok') {
        expect(fold!.metrics).toHaveProperty('rocAuc', value);
        expect(fold!.validationMetric[fold!.bestEpoch! - 1]).toBe(value);
      }
      expect(fold!.stoppedEarly).toBe(fold!.trainLoss.length < 12 && outcome === 'ok');
      expect(fold!.learningRate[0]).not.toBe(fold!.learningRate[2]);
      const again = await core.run({
        settings: settingsOf(search.specification.hyperparameters, hyperparameters),
        dataset: loadBuiltin('moons', 'datasets')!,
        validation: search.specification.validation,
        ...trainedObjective(search.specification),
        divergence: true,
        seed: 5,
        trial: number,
      });
      expect(resultOf(again).resultHash).toBe(resultHash);
    }
    expect(trials.some(({ folds }) => folds[0]!.stoppedEarly)).toBe(true);
  });

  it('measures quantities in their own units', async () => {
    const { trials } = await searched({
      dataset: 'diabetes',
      hyperparameters: { loss: 'binaryCrossEntropy', epochs: 8, learningRate: 0.01 }, // a loss of classes: ignored
      objective: { metric: 'validationMae' },
      budget: { trials: 1 },
    });
    const { metrics } = trials[0]!.folds[0]!;
    expect(metrics).toMatchObject({ mae: trials[0]!.value, rmse: expect.any(Number), r2: expect.any(Number) });
    expect(trials[0]!.value).toBeGreaterThan(30);
    expect(trials[0]!.value).toBeLessThan(70);
  });
});

it('a search whose largest trial needs more memory than is allowed is refused, with the numbers', async () => {
  const hyperparameters = { hiddenUnits: [2000, 2000], optimizer: either('sgd', 'adam') };
  await expect(service.client.create({ dataset: 'moons', hyperparameters })).rejects.toThrow(
    /the largest trial \(2 hidden layers of 2000 units .* adam, .*\) needs \d\d MB of memory, but the limit is 64 MB/,
  );
  const small = await service.client.create({
    dataset: 'moons',
    hyperparameters: { epochs: 1 },
    budget: { trials: 1 },
  });
  expect((await ended(service.client, small.id)).state).toBe('complete');
});
