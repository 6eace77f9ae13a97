/** Hyperparameter importance of a search with hyperband: from values after as many epochs. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from '../../src/adapters/postgres/connection.ts';
import { createSearchQueries } from '../../src/adapters/postgres/search-queries.ts';
import type { Importance } from '../../src/contract/analysis.ts';
import { allTrials, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ threads: 2 });
});
afterAll(() => service?.close());

it('compares trials after as many epochs, and never has none while trials have ended', async () => {
  const { id } = await service.client.create({
    dataset: 'iris',
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-5, high: 1, scale: 'log' },
      hiddenUnits: { distribution: 'int', low: 2, high: 32, scale: 'log' },
      epochs: 9,
    },
    sampler: { type: 'tpe', seed: 3 },
    pruner: { type: 'hyperband' },
    budget: { trials: 44 },
  });
  const { trials } = await ended(service.client, id);
  const complete = trials.complete - trials.diverged;
  const all = await allTrials(service.client, id);
  const prunedAt = (epochs: number) =>
    all.filter((trial) => trial.state === 'pruned' && trial.epochs === epochs).length;
  // Too few to be shown alone.
  expect(complete).toBeGreaterThan(2);
  const ask = async (query: string) => {
    const response = await fetch(`${service.url}/v1/searches/${id}/importance${query}`);
    return { status: response.status, body: await response.json() };
  };
  const byDefault = (await ask('')).body as Importance;
  expect(byDefault.groups.map(({ epochs }) => epochs)).toEqual([null, 3, 1]);
  expect(byDefault.groups[0]!.trials).toBe(complete);
  for (const { epochs, trials: reached } of byDefault.groups.slice(1)) {
    expect(reached).toBeGreaterThanOrEqual(prunedAt(epochs!));
    const { body } = await ask(`?epochs=${epochs}`);
    expect(body).toMatchObject({ epochs, trials: reached });
  }
  const most = byDefault.groups.toSorted((a, b) => b.trials - a.trials)[0]!;
  expect(byDefault).toMatchObject({ epochs: most.epochs, trials: most.trials });
  expect(byDefault.shares.map(({ name }) => name)[0]).toBe('learningRate');
  expect((await ask('?epochs=complete')).body).toMatchObject({ epochs: null, trials: complete });
  const refused = await ask('?epochs=7');
  expect(refused.status).toBe(400);
  expect(refused.body).toMatchObject({
    code: 'invalidRequest',
    detail: 'epochs: must be what trials of this search have values for (complete, 3, 1), got 7',
  });
});

it('of many complete trials takes every second, third, … by number', async () => {
  const { id } = await service.client.create({
    dataset: 'iris',
    hyperparameters: { learningRate: { distribution: 'float', low: 1e-5, high: 1, scale: 'log' }, epochs: 1 },
    budget: { trials: 25 },
  });
  const search = await ended(service.client, id);
  const complete = (await allTrials(service.client, id)).filter(({ value }) => value !== null);
  const database = connect(service.databaseUrl, 1);
  try {
    const queries = createSearchQueries(database);
    for (const [from, limit] of [
      [0, 1000],
      [0, 25],
      [0, 24],
      [0, 7],
      [10, 4],
      [100, 4],
    ] as const) {
      const all = complete.filter(({ number }) => number >= from);
      const every = Math.ceil(all.length / limit);
      const sample = all
        .filter((_, i) => i % every === 0)
        .map(({ hyperparameters: point, value }) => ({ point, value }));
      expect(await queries.completeSample(search, from, limit)).toEqual({ trials: all.length, sample });
    }
  } finally {
    await database.$disconnect();
  }
});
