/** Layer signals and curves of searches that ended long ago are removed; results stay, and every request is answered. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { replayed } from '../../src/cli/replay.ts';
import { endpoints } from '../../src/contract/http.ts';
import { exportFormats } from '../../src/contract/trials.ts';
import type { Search } from '../../src/domain/search.ts';
import { withPostgres } from '../support/postgres.ts';
import { eventually } from '../support/processes.ts';
import { allTrials, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

const specification = (more: object = {}) => ({
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 1e2, scale: 'log' },
    optimizer: 'sgd',
    hiddenUnits: 8,
    epochs: 9,
  },
  validation: { type: 'kFold', folds: 2 },
  sampler: { type: 'random', seed: 4 },
  pruner: { type: 'median' },
  budget: { trials: 12 },
  ...more,
});

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

/** As if so many days had passed since it ended. */
async function age(id: string, days: number): Promise<void> {
  await withPostgres(service.databaseUrl, (client) =>
    client.query("UPDATE searches SET finished_at = finished_at - $2 * interval '1 day' WHERE id = $1", [id, days]),
  );
}

async function create(more: object = {}): Promise<string> {
  const { id } = await service.client.create(specification(more));
  await ended(service.client, id);
  return id;
}

async function change(id: string, body: object): Promise<Search> {
  const response = await fetch(`${service.url}/v1/searches/${id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Search;
}

async function storedBytes(id: string): Promise<number> {
  return withPostgres(service.databaseUrl, async (client) => {
    const { rows } = await client.query('SELECT sum(length(curves::text))::int AS n FROM trials WHERE search_id = $1', [
      id,
    ]);
    return rows[0].n;
  });
}

it('removes signals, then curves, of what ended long enough ago and is not kept', async () => {
  const [old, older, recent, kept] = [await create(), await create(), await create(), await create()];
  await age(old, 10);
  for (const id of [older, kept]) await age(id, 40);
  const changed = await change(kept, { keepCurves: true });
  expect(changed.specification.keepCurves).toBe(true);
  const trialOf = (id: string) => service.client.trial(id, 0);
  const before = await trialOf(older);
  const bytes = await storedBytes(older);
  const table = await allTrials(service.client, older);
  expect(before.folds[0]!.trainLoss).toHaveLength(9);
  expect(before.folds[0]!.signals.length).toBeGreaterThan(1);

  service = await service.restart({ retention: { signals: 7, curves: 30 } });
  const removed = async (id: string) => (await service.client.search(id)).removed;
  await eventually(async () => (await removed(older)).curves !== null, 10_000, 'the removal');
  expect(await removed(old)).toEqual({ signals: expect.any(String), curves: null });
  for (const id of [recent, kept]) expect(await removed(id)).toEqual({ signals: null, curves: null });

  const { folds, ...rest } = await trialOf(older);
  const { folds: foldsBefore, ...restBefore } = before;
  expect(rest).toEqual(restBefore);
  for (const [i, fold] of folds.entries()) {
    const { value, metrics, confusion } = foldsBefore[i]!;
    expect(fold).toMatchObject({ value, metrics, confusion, trainLoss: [], validationLoss: [], signals: [] });
  }
  expect(await allTrials(service.client, older)).toEqual(table);
  expect(await storedBytes(older)).toBeLessThan(bytes / 2);
  const [thinned] = (await trialOf(old)).folds;
  expect([thinned!.trainLoss.length, thinned!.signals.length]).toEqual([9, 0]);
  expect((await trialOf(kept)).folds[0]!.signals.length).toBeGreaterThan(1);
  expect(await replayed(service.client, older, 0)).toMatchObject({ same: true });
});

it('a search without curves answers every request, and goes on', async () => {
  const id = await create();
  await age(id, 40);
  service = await service.restart({ retention: { signals: undefined, curves: 30 } });
  await eventually(async () => (await service.client.search(id)).removed.curves !== null, 10_000, 'the removal');
  const paths = Object.keys(endpoints)
    .filter(
      (name) =>
        name.startsWith('GET /v1/searches/:id') && !name.endsWith('/events') && !/models|confirmation/.test(name),
    )
    .map((name) => name.slice('GET '.length).replace(':id', id).replace(':number', '0'));
  expect(paths.length).toBeGreaterThan(8);
  for (const path of paths) {
    for (const query of path.endsWith('/export') ? exports : ['']) {
      const response = await fetch(`${service.url}${path}${query}`);
      const text = await response.text();
      expect([path, query, response.status, response.status === 200 ? '' : text]).toEqual([path, query, 200, '']);
    }
  }
  const whatIf = await service.client.whatIf(id);
  expect(whatIf.trials).toMatchObject({ replayed: 0, thinned: 0 });
  expect(whatIf.trials.removed).toBeGreaterThan(0);

  await change(id, { budget: { trials: 16 } });
  const search = await ended(service.client, id);
  expect(search.trials.complete + search.trials.pruned).toBe(16);
  expect((await service.client.trial(id, 15)).folds[0]!.trainLoss.length).toBeGreaterThan(0);
});

const exports = exportFormats.map((format) => `?format=${format}`);
