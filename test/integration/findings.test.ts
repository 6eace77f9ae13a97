/** Injected faults through the whole service: found and located, with evidence and advice; and nothing in a healthy network. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SearchFindings } from '../../src/contract/analysis.ts';
import type { Trial, TrialSummary } from '../../src/domain/trial.ts';
import { allTrials, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

const sound = {
  optimizer: 'momentum',
  learningRate: 0.01,
  batchSize: 32,
  hiddenLayers: 2,
  hiddenUnits: 48,
  epochs: 12,
};

/** A search of one trial a setting, in their order. */
async function found(settings: readonly object[]): Promise<{ id: string; trials: Trial[] }> {
  const { id } = await service.client.create({
    dataset: 'digits',
    hyperparameters: {
      ...sound,
      learningRate: { distribution: 'float', low: 1e-9, high: 1e5, scale: 'log' },
      initializer: { distribution: 'categorical', choices: ['he', 'xavier', 'zeros', 'smallNormal'] },
      activation: { distribution: 'categorical', choices: ['relu', 'tanh', 'sigmoid'] },
      hiddenLayers: { distribution: 'int', low: 1, high: 12 },
      preprocessing: { distribution: 'categorical', choices: ['standardize', 'none'] },
    },
    enqueue: settings.map((more) => ({
      learningRate: 0.01,
      initializer: 'he',
      activation: 'relu',
      hiddenLayers: 2,
      preprocessing: 'standardize',
      ...more,
    })),
    budget: { trials: settings.length },
  });
  await ended(service.client, id);
  const trials = await Promise.all(settings.map((_, number) => service.client.trial(id, number)));
  return { id, trials };
}

const injected = [
  [{}, []],
  [{ initializer: 'zeros' }, ['symmetricWeights']],
  [{ learningRate: 1e-7 }, ['rateTooLow']],
  [{ learningRate: 1000 }, ['diverged']],
  [{ activation: 'sigmoid', initializer: 'xavier', hiddenLayers: 9 }, ['vanishingGradients']],
  [{ activation: 'tanh', initializer: 'smallNormal', hiddenLayers: 10 }, ['initializationTooSmall']],
  [{ preprocessing: 'none' }, ['inputsOffCentre']],
] as const;

describe('findings', () => {
  let id: string;
  let trials: Trial[];
  beforeAll(async () => {
    ({ id, trials } = await found(injected.map(([settings]) => settings)));
  });

  it.each(injected.map(([settings, codes], number) => ({ settings, codes, number })))(
    '$settings: $codes',
    ({ codes, number }) => {
      const { findings, found: listed } = trials[number]!;
      expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining([...codes]));
      expect(listed).toEqual(findings.map(({ code }) => code));
      if (codes.length === 0) expect(findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
      for (const { text, advice, evidence, folds } of findings) {
        expect(text).toMatch(/[.]$/);
        expect(advice).toMatch(/[.]$/);
        expect(Object.keys(evidence).length).toBeGreaterThan(0);
        expect(folds).toEqual([0]);
      }
    },
  );

  it('are kept with what the layers did', () => {
    const [{ signals, gradientNorm }] = trials[0]!.folds as [Trial['folds'][number]];
    expect(signals.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(signals.at(-1)!.layers).toHaveLength(3);
    expect(gradientNorm).toHaveLength(12);
    const collapsed = trials[5]!.folds[0]!.signals[0]!.layers;
    expect(collapsed[9]!.deviation!).toBeLessThan(1e-3 * collapsed[0]!.deviation!);
  });

  it('filter the list, add up over the search, and stand in the export', async () => {
    const url = `${service.url}/v1/searches/${id}`;
    const page = (await (await fetch(`${url}/trials?finding=symmetricWeights`)).json()) as { items: TrialSummary[] };
    expect(page.items.map(({ number }) => number)).toEqual([1]);
    const sum = (await (await fetch(`${url}/findings`)).json()) as SearchFindings;
    expect(sum.trials).toBe(injected.length);
    const symmetric = sum.items.find(({ code }) => code === 'symmetricWeights')!;
    expect(symmetric).toMatchObject({
      severity: 'fault',
      trials: 1,
      numbers: [1],
      example: { cause: 'initialization' },
    });
    expect(symmetric.share).toBeCloseTo(1 / injected.length, 10);
    for (const { code, trials: count } of sum.items) {
      expect(trials.filter((trial) => trial.found.includes(code))).toHaveLength(count);
    }
    expect((await allTrials(service.client, id))[1]!.found).toEqual(trials[1]!.found);
    expect((await fetch(`${url}/trials?finding=boredom`)).status).toBe(400);
  });

  it('are streamed live, in the epoch in which they are first seen, each once', async () => {
    const { id: live } = await service.client.create({
      dataset: 'digits',
      hyperparameters: {
        ...sound,
        learningRate: { distribution: 'float', low: 0.001, high: 0.01 },
        initializer: 'zeros',
      },
      budget: { trials: 90 },
    });
    const streamed: [trial: number, epoch: number][] = [];
    for await (const message of service.client.stream(live)) {
      for (const { number, epoch, found } of message.type === 'epochs' ? message.epochs : []) {
        if (found?.includes('symmetricWeights')) streamed.push([number, epoch]);
      }
      if (message.type === 'search.complete') break;
    }
    // The first trials may have begun before anybody listened, and nobody listens to what follows the end: on a fast
    // machine these are many.
    const between = streamed.filter(([trial]) => trial >= 30 && trial < 45).sort(([a], [b]) => a - b);
    expect(between).toEqual(Array.from({ length: 15 }, (_, i) => [30 + i, 1]));
  });

  it('say nothing that their evidence denies: no rise of 0 %, none from a value to itself', async () => {
    const { id } = await service.client.create({
      dataset: 'iris',
      hyperparameters: {
        learningRate: { distribution: 'float', low: 1e-3, high: 100, scale: 'log' },
        hiddenUnits: { distribution: 'int', low: 8, high: 128, scale: 'log' },
        activation: { distribution: 'categorical', choices: ['relu', 'sigmoid'] },
        optimizer: 'sgd',
        epochs: 10,
      },
      budget: { trials: 40 },
    });
    await ended(service.client, id);
    const trials = await Promise.all(
      (await allTrials(service.client, id)).map(({ number }) => service.client.trial(id, number)),
    );
    const findings = trials.flatMap((trial) => trial.findings);
    const smooth = findings.filter(({ code, evidence }) => code === 'rateTooHigh' && evidence['epochsThatRose'] === 0);
    expect(smooth.length).toBeGreaterThan(0);
    for (const { text } of smooth) expect(text).not.toContain('rose in');
    const overfitting = findings.filter(({ code }) => code === 'overfitting');
    const level = overfitting.filter(({ evidence }) => evidence['validationLoss'] === evidence['bestValidationLoss']);
    expect(level.length).toBeGreaterThan(0);
    for (const { text } of level)
      expect(text).toMatch(/^The metric is .* on the training rows and .* on the validation/);
  });

  it('of folds are reported where at least half of them show it', async () => {
    const search = await service.client.create({
      dataset: 'digits',
      hyperparameters: { ...sound, initializer: 'zeros', epochs: 4 },
      validation: { type: 'kFold', folds: 3 },
      budget: { trials: 1 },
    });
    await ended(service.client, search.id);
    const { findings } = await service.client.trial(search.id, 0);
    expect(findings.find(({ code }) => code === 'symmetricWeights')).toMatchObject({ folds: [0, 1, 2] });
  });
});
