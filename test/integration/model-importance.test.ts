/** How important the columns of a model are, and how good it is on validation rows, through REST. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PredictionsAnswer } from '../../src/contract/models.ts';
import type { ModelImportance, ModelRecord } from '../../src/domain/model-record.ts';
import { randomAt } from '../../src/random.ts';
import { csvOf } from '../support/models.ts';
import { eventually } from '../support/processes.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  for (const task of ['classification', 'regression'] as const) {
    const upload = await fetch(`${service.url}/v1/datasets?name=${task}&target=target`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: csvOf(plantedRows(task)),
    });
    expect(upload.status).toBe(201);
  }
});
afterAll(() => service?.close());

/** `answer` is the target; `noise` has nothing to do with it; `group` says a little. */
function plantedRows(task: 'classification' | 'regression') {
  const random = randomAt({ seed: 8, purpose: 'probe' });
  return Array.from({ length: 240 }, () => {
    const answer = random.uniform();
    const noise = random.normal();
    const group = answer > 0.5 === random.uniform() > 0.3 ? 'a' : 'b';
    return { noise, answer, group, target: task === 'regression' ? 100 * answer : answer > 0.5 ? 'yes' : 'no' };
  });
}

async function modelOf(
  dataset: 'classification' | 'regression',
  more: object = {},
  request: Parameters<typeof service.client.createModel>[1] = { trial: 'best' },
): Promise<ModelRecord> {
  const hyperparameters = {
    learningRate: { distribution: 'float', low: 0.01, high: 0.05, scale: 'log' },
    hiddenUnits: 8,
    epochs: 25,
    preprocessing: 'standardize',
  };
  const { id } = await service.client.create({ dataset, hyperparameters, budget: { trials: 3 }, ...more });
  await ended(service.client, id);
  const { id: model } = await service.client.createModel(id, request);
  const made = await eventually(async () => {
    const now = await service.client.model(model);
    return now.state === 'ready' || now.state === 'failed' ? now : undefined;
  });
  expect(made).toMatchObject({ state: 'ready', failure: null });
  return made;
}

type Known = Extract<ModelImportance, { readonly columns: unknown }>;

function known({ facts }: ModelRecord): Known {
  const { importance } = facts!;
  if (!('columns' in importance)) throw new Error(importance.unavailable);
  return importance;
}

const column = ({ columns }: Known, name: string) => columns.find((one) => one.column === name)!;

it.each([
  ['a holdout', {}, { trial: 'best' }, 'validation', 48],
  ['k folds', { validation: { type: 'kFold', folds: 4 } }, { trial: 'best' }, 'validation', 240],
  ['an ensemble', { validation: { type: 'kFold', folds: 3 } }, { ensemble: 3 }, 'validation', 240],
  ['a refit with test rows', { validation: { type: 'holdout', test: 0.25 } }, { trial: 0, refit: true }, 'test', 60],
] as const)('a column that is the label is important, noise is not: %s', async (_, more, request, on, rows) => {
  const importance = known(await modelOf('classification', more, request));
  expect(importance).toMatchObject({ on, rows, repeats: 5 });
  const [noise, answer] = [column(importance, 'noise'), column(importance, 'answer')];
  expect(answer.value!.mean).toBeGreaterThan(0.2);
  expect(answer.accuracy).toEqual(answer.value);
  expect(answer.loss!.mean).toBeGreaterThan(0.2);
  expect(answer.value!.deviation).toBeGreaterThan(0);
  expect(Math.abs(noise.value!.mean)).toBeLessThan(0.06);
  expect(Math.abs(noise.loss!.mean)).toBeLessThan(0.1);
});

it('of a regression it is in the units of its metric, larger for a larger error', async () => {
  const model = await modelOf('regression');
  const importance = known(model);
  const answer = column(importance, 'answer');
  // The deviation of the target is 29.
  expect(answer.value!.mean).toBeGreaterThan(10);
  expect(Math.abs(column(importance, 'noise').value!.mean)).toBeLessThan(3);
  expect(answer.accuracy).toBeNull();
});

it('is unknown for a refit without test rows, and says why', async () => {
  const { facts } = await modelOf('classification', {}, { trial: 0, refit: true });
  expect(facts).toMatchObject({ validation: null, importance: { unavailable: expect.stringContaining('all rows') } });
});

it('comes with predictions if it is asked for, and is the same for the same model made again', async () => {
  const model = await modelOf('classification');
  const row = { noise: 0, answer: 0.9, group: 'a' };
  const ask = async (query: string) => {
    const response = await fetch(`${service.url}/v1/models/${model.id}/predict${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rows: [row] }),
    });
    return { status: response.status, body: (await response.json()) as PredictionsAnswer };
  };
  const explained = await ask('?explain=true');
  const { importance, ...plain } = explained.body;
  expect(importance).toEqual(known(model));
  for (const query of ['', '?explain=false']) expect((await ask(query)).body).toEqual(plain);
  expect((await ask('?explain=perhaps')).status).toBe(400);
  const again = await service.client.createModel(model.origin.searchId, { trial: 'best' });
  const twin = await eventually(async () => {
    const now = await service.client.model(again.id);
    return now.state === 'ready' ? now : undefined;
  });
  expect(twin.facts).toEqual(model.facts);
});

it('without test rows, what it predicts for validation rows is known, as the trial had it', async () => {
  const model = await modelOf('classification', { validation: { type: 'kFold', folds: 4 } });
  const { validation, test } = model.facts!;
  expect(test).toBeNull();
  expect(validation).toMatchObject({ rows: 240 });
  const trial = await service.client.trial(model.origin.searchId, model.origin.trial);
  expect((validation!.metrics as { accuracy: number }).accuracy).toBeCloseTo(trial.value!, 10);
  const confusion = trial.folds.map((fold) => fold.confusion!);
  const sum = confusion[0]!.map((row, c) => row.map((_, k) => confusion.reduce((all, one) => all + one[c]![k]!, 0)));
  expect(validation!.confusion).toEqual(sum);
  const withTest = await modelOf('classification', { validation: { type: 'holdout', test: 0.25 } });
  expect(withTest.facts).toMatchObject({ validation: null, test: { rows: 60 } });
});

it('of a trial with a split of its own is measured on that split', async () => {
  const validation = { type: 'holdout', fraction: 0.3, reshuffle: true };
  for (const number of [1, 2]) {
    const model = await modelOf('classification', { validation }, { trial: number });
    const trial = await service.client.trial(model.origin.searchId, number);
    expect((model.facts!.validation!.metrics as { accuracy: number }).accuracy).toBeCloseTo(trial.value!, 10);
    expect(model.facts!.validation!.confusion).toEqual(trial.folds[0]!.confusion);
  }
});
