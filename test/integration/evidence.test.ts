/** What the service says of the best of many trials: luck is not called a result, through REST and in the terminal. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bestLines, searchLines } from '../../src/cli/format.ts';
import { bestSchema } from '../../src/contract/trials.ts';
import { coinFlips, luckySearch, uploadCsv } from '../support/coin-flips.ts';
import { eventually } from '../support/processes.ts';
import { allTrials, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await uploadCsv(service.url, 'flips', coinFlips());
  await uploadCsv(service.url, 'noise', coinFlips('regression'));
});
afterAll(() => service?.close());

async function withBest(specification: object) {
  const { id } = await service.client.create(specification);
  const search = await ended(service.client, id);
  const response = await fetch(`${service.url}/v1/searches/${id}/best`);
  return { search, best: bestSchema.parse(await response.json()) };
}

describe('two hundred trials on coin flips', () => {
  it('are not distinguishable from the most frequent class, however good the best looks', async () => {
    const { search, best } = await withBest(luckySearch('flips', 200));
    const { evidence } = best;
    expect(search.best!.value).toBeGreaterThan(0.6);
    expect(evidence).toMatchObject({ comparisons: 200, aboveBaseline: false, p: 1 });
    expect(evidence!.baseline).toMatchObject({ rows: 20, name: 'most frequent class' });
    expect(Math.abs(evidence!.baseline.value - 0.5)).toBeLessThan(0.1);
    const [low, high] = evidence!.interval!;
    expect(low).toBeLessThan(evidence!.baseline.value);
    expect(high).toBeGreaterThan(search.best!.value);
    // All of them know the same: nothing.
    expect(evidence!.alike).toBeGreaterThan(195);
    expect(evidence!.text).toMatch(
      /^Not distinguishable from the baseline 0\.\d+ \(most frequent class\): p = 1 for the best of 200 values/,
    );
    expect(bestLines(best).join('\n')).toContain('Not distinguishable from the baseline');
    expect(bestLines(best).join('\n')).toContain('other trials cannot be distinguished from the best');
    expect(searchLines(search)).toContain('Not distinguishable from the baseline');
  });

  it.each([
    ['flips', 'validationLoss', 'class frequencies'],
    ['flips', 'validationMacroF1', 'constant or random classes'],
    ['flips', 'validationRocAuc', 'chance'],
    ['noise', 'validationRmse', 'mean of the target'],
    ['noise', 'validationR2', 'mean of the target'],
    ['noise', 'validationMae', 'median of the target'],
    ['noise', 'validationLoss', 'mean of the target'],
  ])('on %s, by %s', async (dataset, metric, name) => {
    const { best } = await withBest(luckySearch(dataset, 60, { objective: { metric } }));
    expect(best.evidence).toMatchObject({ aboveBaseline: false, baseline: { name } });
  });
});

describe('trials that learn', () => {
  const objective = { metric: 'validationLoss' };
  const kFold = { type: 'kFold', folds: 5 };

  it('are better than the baseline, and those like the best are counted', async () => {
    const { search, best } = await withBest(luckySearch('digits', 20));
    const { evidence } = best;
    expect(evidence).toMatchObject({ aboveBaseline: true, comparisons: 20 });
    expect(evidence!.p).toBeLessThan(0.001);
    expect(evidence!.text).toMatch(/^Better than the baseline 0\.1\d* \(most frequent class\): p < 0.001/);
    const values = (await allTrials(service.client, search.id)).map(({ value }) => value!);
    const worse = values.filter((value) => value < evidence!.interval![0] - 0.1).length;
    expect(evidence!.alike).toBeGreaterThan(0);
    expect(evidence!.alike).toBeLessThanOrEqual(19 - worse);
  });

  it('have an interval of the loss only if there are folds', async () => {
    const alone = await withBest(luckySearch('digits', 5, { objective }));
    expect(alone.best.evidence).toMatchObject({ aboveBaseline: true, interval: null, alike: null });
    const folds = await withBest(luckySearch('digits', 5, { objective, validation: kFold }));
    const { interval, baseline, alike } = folds.best.evidence!;
    expect(interval![0]).toBeLessThan(folds.search.best!.value);
    expect(interval![1]).toBeGreaterThan(folds.search.best!.value);
    expect(baseline).toMatchObject({ rows: 1797 });
    expect(baseline.value).toBeCloseTo(Math.log(10), 2);
    expect(alike).not.toBeNull();
  });

  it('are compared by their confirmed value, and have that of the test rows', async () => {
    const { search, best } = await withBest(
      luckySearch('digits', 8, { confirm: { trials: 3, repeats: 2 }, validation: { fraction: 0.2, test: 0.2 } }),
    );
    const { confirmed } = search.best!;
    const { evidence } = best;
    expect(evidence!.comparisons).toBe(1);
    expect(evidence!.interval![0]).toBeCloseTo(confirmed!.value - 1.96 * confirmed!.standardError, 4);
    expect(evidence!.text).toContain('as confirmed');
    expect(best.test).toBeNull();
    const model = await fetch(`${service.url}/v1/searches/${search.id}/models`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ trial: 'best' }),
    });
    expect(model.status).toBe(202);
    const test = await eventually(async () => (await service.client.best(search.id, 1)).test ?? undefined);
    expect(test).toMatchObject({ trial: search.best!.number, rows: 359 });
    expect(test.value).toBeGreaterThan(0.3);
    expect(bestLines(await service.client.best(search.id, 1)).join('\n')).toMatch(/Test rows: .* test 0\.\d+ \[/);
  });

  it('are compared with all epochs of early stopping', async () => {
    const patient = luckySearch('digits', 5);
    const { search, best } = await withBest({
      ...patient,
      hyperparameters: { ...patient.hyperparameters, patience: 2, epochs: 6 },
    });
    expect(best.evidence!.comparisons).toBe(search.epochs);
    expect(search.epochs).toBeGreaterThan(5);
  });
});
