/** Pruners through the whole service: who is stopped, when, and why. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Search, TrialSummary } from '../../src/searches/records.ts';
import { allTrials, ended, expectSound } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ threads: 2 });
});
afterAll(() => service?.close());

const space = {
  learningRate: { distribution: 'float', low: 1e-4, high: 1, scale: 'log' },
  hiddenUnits: { distribution: 'int', low: 2, high: 16, scale: 'log' },
  batchSize: 16,
} as const;

async function search(more: object): Promise<{ search: Search; trials: TrialSummary[] }> {
  const { id } = await service.client.create({ dataset: 'iris', hyperparameters: { ...space, epochs: 9 }, ...more });
  const done = await ended(service.client, id);
  await expectSound(service.databaseUrl, id);
  return { search: done, trials: await allTrials(service.client, id) };
}

describe('hyperband', () => {
  it('runs one round of brackets unless told, and at every rung the best go on', async () => {
    const { search: done, trials } = await search({ pruner: { type: 'hyperband' }, sampler: { seed: 3 } });
    // 9, 5 and 3 trials begin; 3 and 1 of the first, 1 of the second go on.
    expect(done.trials).toMatchObject({ total: 17, complete: 5, pruned: 12 });
    const first = trials.slice(0, 9);
    expect(first.map(({ rung }) => rung).sort()).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 2]);
    const stoppedFirst = first.filter(({ rung }) => rung === 0);
    const others = first.filter(({ rung }) => rung > 0);
    for (const { epochs, state, verdict, reason } of stoppedFirst) {
      expect({ epochs, state }).toEqual({ epochs: 1, state: 'pruned' });
      expect(verdict).toMatchObject({ rule: 'hyperband', rung: 0, epochs: 1, of: 9, threshold: expect.any(Number) });
      expect(reason).toBe(verdict!.text);
    }
    expect(others.every(({ epochs }) => epochs === 3 || epochs === 9)).toBe(true);
    // 9 trials of 1 epoch, 3 go on for 2 more, 1 for 6 more; then 5 of 3, 1 for 6 more; then 3 of 9.
    expect(done.epochs).toBe(9 + 3 * 2 + 6 + 5 * 3 + 6 + 3 * 9);
  });
});
