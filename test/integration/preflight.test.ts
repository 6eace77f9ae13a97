/** What is said of networks before they are trained, through REST. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Preflight } from '../../src/contract/analysis.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

const failed = ({ checks }: Preflight['families'][number]) =>
  checks.filter(({ passed }) => !passed).map(({ check }) => check);

async function only(hyperparameters: object, dataset = 'digits') {
  const { families } = await service.client.preflight({ specification: { dataset, hyperparameters } });
  expect(families).toHaveLength(1);
  return families[0]!;
}

describe('pre-flight', () => {
  it.each([
    ['digits', 10],
    ['iris', 3],
    ['moons', 2],
  ])('of a sound network on %s: every check is passed', async (dataset, classes) => {
    const family = await only({ hiddenLayers: 2, hiddenUnits: 48, learningRate: 0.01 }, dataset);
    expect(failed(family)).toEqual([]);
    expect(family.findings.filter(({ severity }) => severity === 'fault')).toEqual([]);
    const [loss, regularization, , overfit] = family.checks;
    expect(loss!.evidence['expectedLoss']).toBeCloseTo(Math.log(classes), 6);
    expect(regularization!.evidence['with']!).toBeGreaterThan(regularization!.evidence['without']!);
    expect(overfit!.evidence['trainLoss']!).toBeLessThan(0.05 * Math.log(classes));
  });

  it('of a quantity: the target’s variance is what is expected', async () => {
    const family = await only({ hiddenLayers: 1, hiddenUnits: 32 }, 'diabetes');
    expect(failed(family)).toEqual([]);
    expect(family.checks[0]!.evidence['expectedLoss']).toBe(1);
  });

  it('of zeros: units do the same, regularization raises nothing, and nothing is learned by heart', async () => {
    const family = await only({ initializer: 'zeros', hiddenLayers: 2 });
    expect(failed(family)).toEqual(['regularization', 'spread', 'overfit']);
    const codes = family.findings.map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining(['regularizationAbsent', 'cannotOverfit']));
    for (const { text, advice, evidence } of family.findings) {
      expect([text, advice].every((sentence) => sentence.endsWith('.'))).toBe(true);
      expect(Object.keys(evidence).length).toBeGreaterThan(0);
    }
  });

  it('of weights that are too small or too large: the spread says so', async () => {
    const deep = { activation: 'tanh', hiddenLayers: 10, initializer: 'smallNormal' };
    const small = await only({ ...deep, smallNormalDeviation: 0.01 });
    expect(failed(small)).toEqual(expect.arrayContaining(['spread', 'overfit']));
    expect(small.deviations).toHaveLength(10);
    expect(small.deviations[9]!).toBeLessThan(1e-3 * small.deviations[0]!);
    const large = await only({ ...deep, smallNormalDeviation: 1 });
    expect(failed(large)).toEqual(expect.arrayContaining(['spread']));
  });

  it('is of families, each once, by the numbers of the trials, the same whoever asks', async () => {
    const specification = {
      dataset: 'iris',
      hyperparameters: {
        learningRate: { distribution: 'float', low: 1e-4, high: 1, scale: 'log' },
        activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
        hiddenLayers: { distribution: 'int', low: 1, high: 2 },
        hiddenUnits: 16,
        epochs: 1,
      },
      budget: { trials: 40 },
    };
    const search = await service.client.create(specification);
    const answer = await service.client.preflight({ id: search.id });
    expect(
      answer.families.map(({ settings: { activation, hiddenUnits } }) => `${activation} ${hiddenUnits.length}`).sort(),
    ).toEqual(['relu 1', 'relu 2', 'tanh 1', 'tanh 2']);
    expect(answer.families.reduce((sum, { points }) => sum + points, 0)).toBe(40);
    expect(answer).toEqual(await service.client.preflight({ specification }));
    const { example, settings } = answer.families[0]!;
    const { settings: trained } = await service.client.trial(search.id, example);
    expect(trained).toMatchObject(settings);
  });

  it('of a search in stages: with the rows and the epochs of its first one, whichever trials that has', async () => {
    const units = { hiddenUnits: { distribution: 'categorical', choices: [4, 64] } };
    const validation = { type: 'holdout', fraction: 0.6 };
    const whole = { dataset: 'iris', validation, hyperparameters: { ...units, epochs: 2 }, budget: { trials: 6 } };
    const stages = [
      { epochs: 2, trials: 6, validation },
      { epochs: 5, trials: 8 },
    ];
    const answer = await service.client.preflight({
      specification: { dataset: 'iris', hyperparameters: units, stages },
    });
    expect(answer).toEqual(await service.client.preflight({ specification: whole }));
    const grid = { dataset: 'iris', hyperparameters: units, sampler: { type: 'grid' }, stages };
    const { families } = await service.client.preflight({ specification: grid });
    expect(families.map(({ points }) => points)).toEqual([1, 1]);
  });

  it('refuses what is no specification', async () => {
    await expect(only({ hiddenLayers: -1 })).rejects.toThrow(/hiddenLayers/);
  });
});
