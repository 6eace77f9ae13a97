/** Pruners through the whole service: who is stopped, when, and why. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promotedJobs } from '../../src/domain/jobs.ts';
import type { Search } from '../../src/domain/search.ts';
import type { TrialSummary } from '../../src/domain/trial.ts';
import { allTrials, ended, expectSound } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { allEvents } from '../support/visible-history.ts';

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
  it('runs brackets one after the other, and at every rung the best go on', async () => {
    const { search: done, trials } = await search({
      pruner: { type: 'hyperband' },
      sampler: { seed: 3 },
      budget: { trials: 17 },
    });
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

  it('delivers tiny trials that are promoted together', async () => {
    const { search: done, trials } = await search({
      pruner: { type: 'hyperband' },
      hyperparameters: { ...space, hiddenUnits: 4, batchSize: 128, epochs: 27 },
      budget: { trials: 27 },
    });
    const promoted = new Set(trials.filter(({ rung }) => rung > 0).map(({ number }) => number));
    expect(promoted.size).toBe(9);
    const events = await allEvents(service.client, done.id);
    const claims = events.filter(
      (event) => event.type === 'trial.started' && event.data.attempt === 2 && promoted.has(event.data.number),
    );
    expect(claims).toHaveLength(9);
    // How many go together follows from how long they took before. Trials of one job are claimed in one transaction, so their events have one time.
    const paused = events.flatMap(({ type, data }) =>
      type === 'trial.paused' && data.rung === 0 && promoted.has(data.number) ? [data] : [],
    );
    const jobs = promotedJobs(paused, 1, 3);
    expect(jobs.size).toBe(9);
    expect(new Set(claims.map(({ at }) => at)).size).toBeLessThanOrEqual(new Set(jobs.values()).size);
  });
});

describe('without a budget', () => {
  it.each([
    ['hyperband', 1, 50],
    ['hyperband', 2, 50],
    ['hyperband', 9, 51],
    ['successiveHalving', 9, 54],
  ])('%s of trials of %i epochs has whole rounds of brackets, %i trials', async (type, epochs, trials) => {
    const { search: done } = await search({ pruner: { type }, hyperparameters: { ...space, epochs } });
    expect(done.trials.total).toBe(trials);
    expect(done.trials.complete + done.trials.pruned).toBe(trials);
  });

  it('has a place in a round for all that is enqueued', async () => {
    const enqueue = Array.from({ length: 60 }, () => ({}));
    const { search: done } = await search({ pruner: { type: 'hyperband' }, enqueue });
    expect(done.trials.total).toBe(68);
  });
});

describe('diagnosis', () => {
  const settings = {
    dataset: 'digits',
    hyperparameters: {
      initializer: { distribution: 'categorical', choices: ['he', 'zeros', 'xavier'] },
      learningRate: { distribution: 'categorical', choices: [1e-7, 0.002] },
      hiddenUnits: 24,
      epochs: 12,
    },
    enqueue: [
      { initializer: 'he', learningRate: 0.002 },
      { initializer: 'zeros', learningRate: 0.002 },
      { initializer: 'he', learningRate: 1e-7 },
    ],
    sampler: { type: 'random', seed: 5 },
    pruner: { type: 'diagnosis', warmupEpochs: 2, patience: 3 },
    budget: { trials: 12 },
  };

  it('stops what does not heal, at the same epoch on any number of threads, and says for what', async () => {
    const { search: done, trials } = await search(settings);
    const [good, zeros, slow] = trials as [TrialSummary, TrialSummary, TrialSummary];
    expect(good).toMatchObject({ state: 'complete', epochs: 12 });
    expect(zeros).toMatchObject({
      state: 'pruned',
      epochs: 5,
      verdict: { rule: 'diagnosis', finding: 'symmetricWeights' },
    });
    expect(zeros.reason).toContain('symmetricWeights, found 3 epochs before, persists');
    expect(zeros.found).toContain('symmetricWeights');
    expect(slow).toMatchObject({ state: 'pruned', verdict: { finding: 'rateTooLow' } });
    expect(done.epochs).toBe(trials.reduce((sum, { epochs }) => sum + epochs, 0));
    const alone = await startTestService({ threads: 1 });
    try {
      const { id } = await alone.client.create(settings);
      await ended(alone.client, id);
      const decisionOf = ({ state, epochs, value, verdict, resultHash }: TrialSummary) => [
        state,
        epochs,
        value,
        verdict,
        resultHash,
      ];
      expect((await allTrials(alone.client, id)).map(decisionOf)).toEqual(trials.map(decisionOf));
    } finally {
      await alone.close();
    }
  });

  it('looks at a trial of several folds when all have come to the same epoch', async () => {
    const { trials } = await search({
      ...settings,
      validation: { type: 'kFold', folds: 3 },
      pruner: { type: 'diagnosis', warmupEpochs: 1, patience: 2 },
      budget: { trials: 3 },
    });
    expect(trials.map(({ state }) => state)).toEqual(['complete', 'pruned', 'pruned']);
    const { folds } = await service.client.trial((await service.client.list()).items[0]!.id, 1);
    expect(folds.map(({ trainLoss }) => trainLoss.length)).toEqual([3, 3, 3]);
  });

  it('leaves what it does not stop as it would be alone', async () => {
    const watched = await search({ ...settings, enqueue: settings.enqueue.slice(0, 1), budget: { trials: 1 } });
    const without = await search({ ...settings, pruner: { type: 'none' }, budget: { trials: 3 } });
    expect(watched.trials[0]!.resultHash).toBe(without.trials[0]!.resultHash);
  });
});
