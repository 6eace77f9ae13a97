/** Trials of every kind of search are computed again, from what the API says of them, and come to the bits that are stored. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayed } from '../../src/cli/replay.ts';
import type { TrialSummary } from '../../src/domain/trial.ts';
import { allTrials, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ threads: 2 });
});
afterAll(() => service?.close());

const space = {
  learningRate: { distribution: 'float', low: 1e-4, high: 0.3, scale: 'log' },
  activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
  hiddenUnits: { distribution: 'int', low: 2, high: 12 },
  dropout: { distribution: 'float', low: 0, high: 0.3 },
  batchSize: 16,
};
const fixed = { ...space, epochs: 9 };
const kFold = { type: 'kFold', folds: 3, repeats: 2 };
const stages = [
  { epochs: 2, trials: 8 },
  { epochs: 5, trials: 6, quantile: 0.5, validation: { type: 'kFold', folds: 3 } },
  { epochs: 9, trials: 9, validation: { type: 'holdout', fraction: 0.4 } },
];

/** Replays every trial that has a result; gives those trials. */
async function everyTrialReplayed(specification: object): Promise<TrialSummary[]> {
  const { id } = await service.client.create({ dataset: 'iris', sampler: { seed: 5 }, ...specification });
  const search = await ended(service.client, id);
  expect(search.state).toBe('complete');
  const trials = (await allTrials(service.client, id)).filter(({ resultHash }) => resultHash !== null);
  expect(trials).toHaveLength(search.trials.complete);
  for (const { number, resultHash, value } of trials) {
    const { hash, result, same } = await replayed(service.client, id, number);
    expect({ number, hash, value: result.value, same }).toEqual({ number, hash: resultHash, value, same: true });
  }
  return trials;
}

describe('a replay gives the stored bits', () => {
  it.each(['random', 'tpe', 'grid'])('of trials of every stage: %s', async (type) => {
    const trials = await everyTrialReplayed({ hyperparameters: space, sampler: { type, seed: 5 }, stages });
    expect(new Set(trials.map(({ stage }) => stage))).toEqual(new Set([0, 1, 2]));
  });

  it.each([kFold, { type: 'holdout', fraction: 0.3, repeats: 3 }])(
    'of trials of many folds: %o',
    async (validation) => {
      const trials = await everyTrialReplayed({ hyperparameters: fixed, validation, budget: { trials: 6 } });
      expect(trials).toHaveLength(6);
    },
  );

  it.each(['hyperband', 'successiveHalving'])(
    'of trials that went on from their rungs, whole or in folds: %s',
    async (type) => {
      for (const validation of [{ type: 'holdout' }, kFold]) {
        const pruner = { type, minEpochs: 1 };
        const trials = await everyTrialReplayed({ hyperparameters: fixed, pruner, validation, budget: { trials: 17 } });
        expect(trials.some(({ rung }) => rung > 0)).toBe(true);
      }
    },
  );

  it('of the brackets of every stage', async () => {
    const trials = await everyTrialReplayed({ hyperparameters: space, pruner: { type: 'hyperband' }, stages });
    expect(trials.some(({ stage, rung }) => stage > 0 && rung > 0)).toBe(true);
  });

  it('of trials that a pruner looked at and let go on', async () => {
    await everyTrialReplayed({ hyperparameters: fixed, pruner: { type: 'median', startupTrials: 2 } });
  });

  it('of trials that were enqueued, or taken over from another search', async () => {
    const enqueue = [{ learningRate: 0.01, activation: 'tanh' }, { hiddenUnits: 3 }, {}];
    const first = await everyTrialReplayed({ hyperparameters: fixed, enqueue, budget: { trials: 5 } });
    expect(first.filter(({ source }) => source === 'enqueued')).toHaveLength(3);
    const [newest] = (await service.client.list()).items;
    const warm = { hyperparameters: space, enqueue, warmStart: { search: newest!.id, trials: 2 }, stages };
    const later = await everyTrialReplayed(warm);
    expect(later.filter(({ source }) => source === 'enqueued')).toHaveLength(5);
  });

  it('of trials that were added when the budget was raised', async () => {
    const { id } = await service.client.create({ dataset: 'iris', hyperparameters: space, stages });
    await ended(service.client, id);
    const response = await fetch(`${service.url}/v1/searches/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ budget: { trials: 25 } }),
    });
    expect(response.status).toBe(200);
    await ended(service.client, id);
    expect((await replayed(service.client, id, 24)).same).toBe(true);
  });
});
