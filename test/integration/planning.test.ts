/** Trials are planned where results are written: no search waits for somebody to look whether it has enough of them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ended, expectSound } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  // Longer than any test takes: what only the reconciler plans does not come.
  service = await startTestService({ reconcileSeconds: 600 });
});
afterAll(() => service?.close());

const hyperparameters = {
  learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
  hiddenUnits: 2,
  batchSize: 512,
};
const epochs = (count: number) => ({ hyperparameters: { ...hyperparameters, epochs: count } });

it.each<[string, object]>([
  ['more trials than are planned at once', { ...epochs(1), budget: { trials: 1200 } }],
  ['tpe', { ...epochs(1), sampler: { type: 'tpe', startupTrials: 4 }, budget: { trials: 40 } }],
  ['cmaes', { ...epochs(1), sampler: { type: 'cmaes', generation: 4 }, budget: { trials: 40 } }],
  ['hyperband', { ...epochs(9), pruner: { type: 'hyperband' }, budget: { trials: 51 } }],
  [
    'tpe under hyperband',
    { ...epochs(9), sampler: { type: 'tpe', startupTrials: 4 }, pruner: { type: 'hyperband' }, budget: { trials: 34 } },
  ],
  [
    'stages',
    {
      hyperparameters,
      stages: [
        { epochs: 1, trials: 8 },
        { epochs: 2, trials: 6 },
        { epochs: 3, trials: 4 },
      ],
    },
  ],
])('comes to its end by itself: %s', async (_, more) => {
  const { id } = await service.client.create({ dataset: 'iris', ...more });
  expect((await ended(service.client, id, 60_000)).state).toBe('complete');
  await expectSound(service.databaseUrl, id);
});

// A worker that is given a delivery within the process may find that another one, to whom the queue gave a different delivery, has claimed it.
it.each([1, 2, 3, 4])('comes to its end by itself: hyperband with many jobs at each rung (%i)', async () => {
  const { id } = await service.client.create({
    dataset: 'digits',
    hyperparameters: { ...hyperparameters, batchSize: 32, hiddenUnits: 32, epochs: 27 },
    pruner: { type: 'hyperband' },
    budget: { trials: 120 },
  });
  expect((await ended(service.client, id, 30_000)).state).toBe('complete');
  await expectSound(service.databaseUrl, id);
});
