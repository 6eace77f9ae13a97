/** Test rows through the service: they teach nothing, and every model is evaluated on them. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wilson } from '../../src/algorithms/evidence.ts';
import type { DryRun } from '../../src/contract/searches.ts';
import { readCsv } from '../../src/data/csv-dataset.ts';
import { testRowsOf } from '../../src/data/folds.ts';
import { firstReading } from '../../src/data/reading.ts';
import type { ModelRecord } from '../../src/domain/model-record.ts';
import type { Search } from '../../src/domain/search.ts';
import { randomAt } from '../../src/random.ts';
import { csvOf } from '../support/models.ts';
import { eventually } from '../support/processes.ts';
import { allTrials, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

const SEED = 11;
const TEST = 0.25;
type Task = 'classification' | 'regression';

/** Two columns that say something of the target, and a hint that says nothing. */
function rowsOf(task: Task): Record<string, string | number>[] {
  const random = randomAt({ seed: 3, purpose: 'probe' });
  return Array.from({ length: 240 }, () => {
    const [a, b] = [random.normal(), random.normal()];
    const score = a - b + 0.8 * random.normal();
    const target = task === 'regression' ? 10 * score : score < -0.6 ? 'low' : score < 0.6 ? 'mid' : 'high';
    return { a, b, hint: random.normal(), target };
  });
}

function datasetOf(task: Task) {
  return readCsv(csvOf(rowsOf(task)), { ...firstReading, rules: 2, name: 'leak', task }).dataset;
}

const testRows = (task: Task) => testRowsOf(datasetOf(task), { test: TEST }, SEED);

/** The hint equals the label on test rows alone, and in a regression their targets are others. */
function leaking(task: Task): Record<string, string | number>[] {
  const rows = rowsOf(task);
  for (const row of testRows(task)) {
    const own = rows[row]!;
    own['hint'] = task === 'regression' ? own['target']! : 100 * ['low', 'mid', 'high'].indexOf(String(own['target']));
    if (task === 'regression') own['target'] = 1000 + Number(own['target']);
  }
  return rows;
}

async function upload(name: string, rows: readonly Record<string, string | number>[], task: Task): Promise<void> {
  const response = await fetch(`${service.url}/v1/datasets?name=${name}&target=target&task=${task}`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: csvOf(rows),
  });
  expect(response.status).toBe(201);
}

const hyperparameters = {
  learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' },
  hiddenUnits: { distribution: 'int', low: 4, high: 16 },
  preprocessing: { distribution: 'categorical', choices: ['center', 'standardize'] },
  epochs: 9,
};

async function finished(specification: object): Promise<string> {
  const { id } = await service.client.create({ hyperparameters, ...specification });
  expect((await ended(service.client, id)).state).toBe('complete');
  return id;
}

async function made(search: string, request: Parameters<typeof service.client.createModel>[1]): Promise<ModelRecord> {
  const { id } = await service.client.createModel(search, request);
  const model = await eventually(async () => {
    const now = await service.client.model(id);
    return now.state === 'waiting' || now.state === 'running' ? undefined : now;
  });
  expect(model).toMatchObject({ state: 'ready', failure: null });
  return model;
}

const parametersOf = async (search: string, request: Parameters<typeof service.client.createModel>[1]) => {
  const { id } = await made(search, request);
  return JSON.parse(String(await service.client.modelFile(id, 'model.json'))).members;
};

describe('a leak that is injected into the test rows', () => {
  const searches = {
    'random, holdout': { sampler: { type: 'random' }, validation: { test: TEST }, budget: { trials: 6 } },
    'tpe and Hyperband, k folds that are repeated': {
      sampler: { type: 'tpe' },
      pruner: { type: 'hyperband' },
      validation: { type: 'kFold', folds: 3, repeats: 2, stratified: false, test: TEST },
      budget: { trials: 17 },
    },
    'stages with folds of their own': {
      sampler: { type: 'random' },
      validation: { test: TEST },
      stages: [
        { epochs: 3, trials: 5, validation: { type: 'kFold', folds: 2 } },
        { epochs: 6, trials: 3 },
      ],
    },
    'reshuffled splits, confirmed': {
      sampler: { type: 'random' },
      validation: { test: TEST, reshuffle: true },
      budget: { trials: 5 },
      confirm: { trials: 3, repeats: 2 },
    },
  };
  const specificationOf = (name: string, what: keyof typeof searches) => {
    const { sampler, ...others } = searches[what];
    const { epochs, ...withoutEpochs } = hyperparameters;
    return {
      dataset: name,
      ...others,
      sampler: { ...sampler, seed: SEED },
      hyperparameters: 'stages' in others ? withoutEpochs : { ...withoutEpochs, epochs },
    };
  };
  const hashesOf = async (search: string) =>
    (await allTrials(service.client, search)).map(({ state, hyperparameters: point, resultHash }) => ({
      state,
      point,
      resultHash,
    }));

  const runsOf = async (search: string) =>
    (await service.client.confirmation(search)).finalists.flatMap(({ trials }) =>
      trials.map(({ confirms, resultHash }) => ({ confirms, resultHash })),
    );

  it.each(['classification', 'regression'] as const)(
    'changes no trial, no refit and no ensemble of a %s, and every trial if it is in other rows',
    async (task) => {
      const name = `leak-${task}`;
      const searched = async () => {
        const ids: string[] = [];
        for (const what of Object.keys(searches) as (keyof typeof searches)[])
          ids.push(await finished(specificationOf(name, what)));
        return ids;
      };
      const control = { ...specificationOf(name, 'random, holdout'), validation: {} };
      await upload(name, rowsOf(task), task);
      const [clean, cleanControl] = [await searched(), await finished(control)];
      await upload(name, leaking(task), task);
      const [leaked, leakedControl] = [await searched(), await finished(control)];
      // Nor a run of a confirmation.
      const [runs, runsAfter] = await Promise.all([clean, leaked].map((ids) => runsOf(ids.at(-1)!)));
      expect(runs!.length).toBeGreaterThan(3);
      expect(runsAfter).toEqual(runs);
      const versions = await Promise.all([clean[0]!, leaked[0]!].map((id) => service.client.search(id)));
      expect(versions[0]!.dataset.hash).not.toBe(versions[1]!.dataset.hash);
      for (const [i, id] of clean.entries()) {
        const hashes = await hashesOf(id);
        expect(hashes.some(({ resultHash }) => resultHash !== null)).toBe(true);
        expect(await hashesOf(leaked[i]!)).toEqual(hashes);
      }
      // Without test rows the same rows teach.
      const before = await hashesOf(cleanControl);
      for (const [i, { resultHash }] of (await hashesOf(leakedControl)).entries())
        expect(resultHash).not.toBe(before[i]!.resultHash);
      for (const request of [{ trial: 'best' }, { trial: 'best', refit: true }, { ensemble: 4 }] as const)
        expect(await parametersOf(leaked[0]!, request)).toEqual(await parametersOf(clean[0]!, request));
    },
  );
});

describe('a model is evaluated on the test rows', () => {
  const predicted = async (model: ModelRecord, task: Task) => {
    const rows = rowsOf(task);
    const own = [...testRows(task)].map((row) => rows[row]!);
    const { predictions } = await service.client.predict(
      model.id,
      own.map(({ target: _, ...row }) => row),
    );
    return { predictions, targets: own.map(({ target }) => target!) };
  };

  it('of a classification: a trial, a refit and an ensemble', async () => {
    await upload('classes', rowsOf('classification'), 'classification');
    const search = await finished({
      dataset: 'classes',
      sampler: { type: 'random', seed: SEED },
      validation: { test: TEST },
      budget: { trials: 5 },
    });
    for (const request of [{ trial: 'best' }, { trial: 'best', refit: true }, { ensemble: 4 }] as const) {
      const model = await made(search, request);
      const { predictions, targets } = await predicted(model, 'classification');
      const labels = predictions.map((one) => (one !== null && 'label' in one ? one.label : null));
      const right = labels.filter((label, i) => label === targets[i]).length;
      const { test, classes } = model.facts!;
      expect(test).toMatchObject({ rows: 60, value: right / 60, metrics: { accuracy: right / 60 } });
      expect(test!.interval![0]).toBeCloseTo(wilson(right, 60)[0], 12);
      expect(test!.interval![1]).toBeCloseTo(wilson(right, 60)[1], 12);
      expect(test!.confusion).toEqual(
        classes.map((of) => classes.map((as) => labels.filter((label, i) => targets[i] === of && label === as).length)),
      );
    }
  });

  it('of a regression, in the units of the target, and the loss in those of validation', async () => {
    await upload('values', rowsOf('regression'), 'regression');
    const specification = {
      dataset: 'values',
      sampler: { type: 'random', seed: SEED },
      validation: { type: 'kFold', folds: 3, test: TEST },
      budget: { trials: 2 },
    };
    const model = await made(await finished(specification), { trial: 'best' });
    const { predictions, targets } = await predicted(model, 'regression');
    const values = predictions.map((one) => (one !== null && 'value' in one ? one.value : Number.NaN));
    const squares = values.map((value, i) => (value - Number(targets[i])) ** 2);
    const rmse = Math.sqrt(squares.reduce((a, b) => a + b, 0) / 60);
    const { test } = model.facts!;
    expect(test!.rows).toBe(60);
    expect(test!.value).toBeCloseTo(rmse, 10);
    expect(test!.interval![0]).toBeLessThan(rmse);
    expect(test!.interval![1]).toBeGreaterThan(rmse);
    expect(test!.predictions!.predicted).toEqual(values);
    expect(test!.predictions!.target).toEqual(targets);
    const twin = await made(model.origin.searchId, { trial: 'best' });
    expect(twin.facts!.test).toEqual(test);
    const byLoss = await made(await finished({ ...specification, objective: { metric: 'validationLoss' } }), {
      trial: 'best',
    });
    const { members } = JSON.parse(String(await service.client.modelFile(byLoss.id, 'model.json')));
    const squaredScale = members.reduce(
      (sum: number, member: { weight: number; target: { scale: number } }) =>
        sum + member.weight * member.target.scale ** 2,
      0,
    );
    const { value, metrics } = byLoss.facts!.test!;
    expect(value).toBeCloseTo((metrics as { rmse: number }).rmse ** 2 / squaredScale, 10);
    expect(metrics.loss).toBe(value);
  });

  it('if the search has some', async () => {
    const search = await finished({ dataset: 'iris', budget: { trials: 1 } });
    expect((await made(search, { trial: 0 })).facts!.test).toBeNull();
  });

  it('but not if it was made before there were test rows', async () => {
    const { id } = await made(await finished({ dataset: 'iris', validation: { test: 0.2 }, budget: { trials: 1 } }), {
      trial: 0,
    });
    const database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    await database.query(`UPDATE models SET facts = facts - 'test' WHERE id = $1`, [id]);
    await database.end();
    expect((await service.client.model(id)).facts!.test).toBeNull();
  });
});

async function post(path: string, body: object): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

describe('a share of test rows', () => {
  it('is stored, counted in the dry run, and kept by a refinement', async () => {
    const body = { dataset: 'iris', hyperparameters, validation: { test: 0.5 }, budget: { trials: 3 } };
    const [half, all] = await Promise.all(
      [body, { ...body, validation: {} }].map(async (one) => (await post('/v1/searches/dry-run', one)).body as DryRun),
    );
    expect(half!.estimate.seconds).toBeLessThan(all!.estimate.seconds);
    const search = await finished(body);
    const { specification } = await service.client.search(search);
    expect(specification.validation).toEqual({ type: 'holdout', fraction: 0.2, repeats: 1, test: 0.5 });
    const refine = async (refinement: object) => {
      const { status, body: refined } = await post(`/v1/searches/${search}/refine`, refinement);
      expect(status).toBe(201);
      return (refined as Search).specification.validation;
    };
    expect(await refine({})).toMatchObject({ type: 'holdout', test: 0.5 });
    expect(await refine({ validation: { type: 'kFold', folds: 3 } })).toMatchObject({ type: 'kFold', test: 0.5 });
    expect(await refine({ validation: { test: 0.1 } })).toMatchObject({ type: 'holdout', test: 0.1 });
  });

  it.each([
    [{ test: 0.6 }, 'validation.test'],
    [{ test: '20 %' }, 'validation.test'],
    [{ type: 'kFold', folds: 90, test: 0.5 }, 'validation.folds'],
  ])('is refused where it does not fit: %o', async (validation, path) => {
    const { status, body } = await post('/v1/searches', { dataset: 'iris', validation });
    expect(status).toBe(400);
    expect((body as { faults: { path: string }[] }).faults.map((fault) => fault.path)).toEqual([path]);
  });
});
