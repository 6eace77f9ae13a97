/** Metrics that some fold does not define: refused before a search starts, with the fold; a trial never diverges for it. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allTrials, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;

/** Forty rows: `rare` of them are of class b, or have another value than 0. */
async function upload(name: string, rare: number, task: string, target: (row: number) => string | number) {
  const rows = Array.from(
    { length: 40 },
    (_, row) =>
      `${row},${(row * 7) % 11},${row % (40 / rare) === 0 ? target(row) : task === 'classification' ? 'a' : 0}`,
  );
  const response = await fetch(`${service.url}/v1/datasets?name=${name}&task=${task}`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: `u,v,y\n${rows.join('\n')}\n`,
  });
  expect(response.status, await response.clone().text()).toBe(201);
}

beforeAll(async () => {
  service = await startTestService();
  await upload('rare-class', 2, 'classification', () => 'b');
  await upload('rare-value', 2, 'regression', (row) => row + 1);
});
afterAll(() => service?.close());

async function post(path: string, body: object) {
  const response = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { id: string; faults?: { path: string; message: string }[] };
  return { status: response.status, ...answer };
}

const small = { learningRate: 0.01, hiddenUnits: 2, epochs: 1 };
const rocAuc = {
  dataset: 'rare-class',
  hyperparameters: small,
  objective: { metric: 'validationRocAuc' },
  budget: { trials: 1 },
};
const r2 = { ...rocAuc, dataset: 'rare-value', objective: { metric: 'validationR2' } };

describe.each([
  ['ROC AUC', rocAuc, /rows of both classes, but all 8 validation rows are of the class a/],
  ['R²', r2, /different values of the target, but all 8 validation rows have the value 0/],
])('%s', (_, search, why) => {
  const folds = { type: 'kFold', folds: 5, stratified: false };

  it.each(['/v1/searches', '/v1/searches/dry-run', '/v1/searches/preflight'])(
    'is refused by POST %s where a fold does not define it',
    async (path) => {
      const refused = await post(path, { ...search, validation: folds });
      expect(refused.status).toBe(400);
      expect(refused.faults).toMatchObject([{ path: 'objective.metric', message: expect.stringMatching(why) }]);
      expect(refused.faults![0]!.message).toMatch(/on fold [0-4] \(of folds 0 … 4\)/);
    },
  );

  it('is refused for a stage by the path of its folds', async () => {
    const stages = [
      { epochs: 1, trials: 2, validation: { type: 'holdout', fraction: 0.9 } },
      { epochs: 2, trials: 2, validation: folds },
    ];
    const { epochs: __, ...hyperparameters } = small;
    const { budget: ___, ...staged } = { ...search, hyperparameters, stages };
    const refused = await post('/v1/searches', staged);
    expect(refused.faults).toMatchObject([{ path: 'stages[1].validation' }]);
  });

  it('is taken where every fold defines it', async () => {
    const { id } = await post('/v1/searches', { ...search, validation: { type: 'holdout', fraction: 0.9 } });
    const { trials, best } = await ended(service.client, id);
    expect(trials).toMatchObject({ complete: 1, diverged: 0 });
    expect(best).not.toBeNull();
  });
});

it('fails a trial of a search that was stored before: it did not diverge', async () => {
  const search = {
    dataset: 'rare-class',
    hyperparameters: { learningRate: 1e-4, hiddenUnits: 32, hiddenLayers: 2, epochs: 1000 },
    validation: { type: 'kFold', folds: 5 },
    budget: { trials: 4 },
  };
  const { id } = await service.client.create(search);
  await fetch(`${service.url}/v1/searches/${id}/pause`, { method: 'POST' });
  const client = new pg.Client({ connectionString: service.databaseUrl });
  await client.connect();
  await client.query(
    `UPDATE searches SET specification = jsonb_set(specification, '{objective,metric}', '"validationRocAuc"') WHERE id = $1`,
    [id],
  );
  await client.end();
  await fetch(`${service.url}/v1/searches/${id}/resume`, { method: 'POST' });
  const done = await ended(service.client, id);
  expect(done.trials.diverged).toBe(0);
  const last = (await allTrials(service.client, id)).at(-1)!;
  expect(last).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('validationRocAuc is not defined on fold'),
  });
});
