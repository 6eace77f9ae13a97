/** Models through the service: made from trials, downloaded, asked for predictions, and made all the same when a worker dies. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { PredictionsAnswer } from '../../src/contract/models.ts';
import type { ModelMessage } from '../../src/contract/stream.ts';
import type { ModelRecord } from '../../src/domain/model-record.ts';
import { parseModel } from '../../src/models/parse-model.ts';
import { createModelPredictor } from '../../src/models/predict.ts';
import { csvOf, mixedRows, withoutTarget } from '../support/models.ts';
import { eventually } from '../support/processes.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

const specification = {
  dataset: 'people',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' },
    activation: { distribution: 'categorical', choices: ['relu', 'maxout', 'gelu'] },
    batchNorm: true,
    hiddenUnits: 12,
    epochs: 12,
  },
  sampler: { type: 'random', seed: 5 },
  budget: { trials: 6 },
};

let service: TestService;
let searchId: string;
const unseen = withoutTarget(mixedRows(200, 'classification', 9));

beforeAll(async () => {
  service = await startTestService();
  const file = csvOf(mixedRows(300, 'classification'));
  const options = 'name=people&target=target&missing=fill&category=size';
  const upload = await fetch(`${service.url}/v1/datasets?${options}`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: file,
  });
  expect(upload.status).toBe(201);
  searchId = (await service.client.create(specification)).id;
  await ended(service.client, searchId);
});
afterAll(() => service?.close());

function ready(id: string): Promise<ModelRecord> {
  return eventually(async () => {
    const model = await service.client.model(id);
    return model.state === 'waiting' || model.state === 'running' ? undefined : model;
  });
}

async function made(request: Parameters<typeof service.client.createModel>[1], of = searchId): Promise<ModelRecord> {
  const { id } = await service.client.createModel(of, request);
  const model = await ready(id);
  expect(model).toMatchObject({ state: 'ready', failure: null });
  return model;
}

async function call(method: string, path: string, body?: unknown, type = 'application/json') {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const sent = body === undefined ? {} : { body: raw ? Buffer.from(body) : JSON.stringify(body) };
  const response = await fetch(`${service.url}${path}`, {
    method,
    ...sent,
    headers: body === undefined ? {} : { 'content-type': type },
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

describe('a model of the best trial', () => {
  let model: ModelRecord;
  beforeAll(async () => {
    model = await made({ trial: 'best' });
  });

  it('says what it was made from, and how to ask it', async () => {
    const { best } = await service.client.search(searchId);
    const trial = await service.client.trial(searchId, best!.number);
    expect(model.origin).toMatchObject({
      searchId,
      trial: best!.number,
      refit: null,
      value: trial.value,
      resultHash: trial.resultHash,
      kernels: trial.kernels,
      dataset: { name: 'people' },
    });
    expect(model.facts).toMatchObject({
      task: 'classification',
      target: 'target',
      classes: ['high', 'low', 'mid'],
      members: 1,
    });
    expect(model.facts!.columns.map(({ name, type }) => [name, type])).toEqual([
      ['age', 'number'],
      ['height', 'number'],
      ['color', 'category'],
      ['size', 'category'],
    ]);
  });

  it('predicts the validation rows as the trial did', async () => {
    const { folds } = await service.client.trial(searchId, model.origin.trial);
    const rows = mixedRows(300, 'classification');
    const { predictions } = await service.client.predict(model.id, withoutTarget(rows));
    const labels = predictions.map((one) => (one !== null && 'label' in one ? one.label : null));
    // Training and validation rows together: the trial's own accuracy lies within what they allow.
    const right = rows.filter(({ target }, i) => labels[i] === target).length;
    const { accuracy } = folds[0]!.metrics as { accuracy: number };
    expect(right).toBeGreaterThanOrEqual(Math.round(accuracy * 60));
    expect(right / rows.length).toBeGreaterThan(0.6);
  });

  it('gives the same predictions for objects, for CSV, from model.json, and from predict.mjs', async () => {
    const answer = await service.client.predict(model.id, unseen);
    expect(answer).toMatchObject({ failed: 0, errors: [] });
    const { predictions } = await service.client.predict(model.id, csvOf(unseen));
    expect(predictions).toEqual(answer.predictions);
    const json = parseModel(JSON.parse(String(await service.client.modelFile(model.id, 'model.json'))));
    expect(createModelPredictor(json).rows(unseen)).toEqual(answer);
    const folder = await mkdtemp(join(tmpdir(), 'hypersearch-model-'));
    try {
      const file = join(folder, 'predict.mjs');
      await writeFile(file, await service.client.modelFile(model.id, 'predict.mjs'));
      const module = (await import(pathToFileURL(file).href)) as { predict(rows: unknown): PredictionsAnswer };
      expect(module.predict(unseen)).toEqual(answer);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is there as ONNX and as safetensors', async () => {
    const { InferenceSession } = await import('onnxruntime-web');
    const session = await InferenceSession.create(await service.client.modelFile(model.id, 'model.onnx'));
    expect(session.inputNames).toEqual(['age', 'height', 'color', 'size']);
    const folded = await fetch(`${service.url}/v1/models/${model.id}/files/model.onnx?batchNorm=folded`);
    const smaller = new Uint8Array(await folded.arrayBuffer());
    expect((await InferenceSession.create(smaller)).inputNames).toEqual(session.inputNames);
    expect(smaller.length).toBeLessThan((await service.client.modelFile(model.id, 'model.onnx')).length);
    expect(await call('GET', `/v1/models/${model.id}/files/model.onnx?batchNorm=gone`)).toMatchObject({ status: 400 });
    const tensors = await service.client.modelFile(model.id, 'model.safetensors');
    const header = JSON.parse(tensors.subarray(8, 8 + Number(tensors.readBigUInt64LE(0))).toString());
    expect(Object.keys(header).length).toBeGreaterThan(4);
  });

  it('names rows that it cannot predict, and columns that it does not know', async () => {
    const answer = await service.client.predict(model.id, [
      { ...unseen[0], height: 1.7, age: 'old' },
      { ...unseen[1], age: 900, height: 1.7 },
      { ...unseen[2], height: 1.7, color: 'purple', hat: 'yes' },
    ]);
    expect(answer.predictions.map((one) => one === null)).toEqual([true, false, false]);
    expect(answer).toMatchObject({ failed: 1, errors: [{ row: 0, path: 'rows[0].age' }] });
    expect(answer.warnings.map(({ code, column }) => [code, column])).toEqual([
      ['outsideRange', 'age'],
      ['unknownCategory', 'color'],
      ['unknownColumn', 'hat'],
    ]);
  });

  it.each([
    ['no rows', { rows: [] }, 'rows'],
    ['a row that is none', { rows: [7] }, 'rows[0]'],
    ['too many rows', { rows: Array.from({ length: 100_001 }, () => ({})) }, 'rows'],
    ['something else', { columns: [] }, 'columns'],
  ])('refuses %s', async (_, body, path) => {
    const { status, body: problem } = await call('POST', `/v1/models/${model.id}/predict`, body);
    expect(status).toBe(400);
    expect(problem.faults.map((fault: { path: string }) => fault.path)).toContain(path);
  });

  it('refuses what is not JSON, what is neither JSON nor CSV, and what belongs to no model', async () => {
    const path = `/v1/models/${model.id}/predict`;
    expect(await call('POST', path, '{"rows": [')).toMatchObject({ status: 400, body: { code: 'invalidJson' } });
    expect(await call('POST', path, '<rows/>', 'text/xml')).toMatchObject({ status: 415 });
    expect(await call('POST', path)).toMatchObject({ status: 400 });
    expect(await call('POST', '/v1/models/none/predict', { rows: [{}] })).toMatchObject({ status: 400 });
    const other = '/v1/models/00000000-0000-4000-8000-000000000000';
    expect(await call('POST', `${other}/predict`, { rows: [{}] })).toMatchObject({ status: 404 });
    expect(await call('GET', `${other}/files/model.onnx`)).toMatchObject({ status: 404 });
    expect(await call('GET', `/v1/models/${model.id}/files/model.exe`)).toMatchObject({ status: 400 });
    const cell = await service.client.predict(model.id, [{ ...unseen[0], age: [3] as never }]);
    expect(cell.errors).toMatchObject([{ row: 0, path: 'rows[0].age' }]);
  });

  it('names a cell with a deeply nested list', async () => {
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const body = `{"rows": [{"age": ${nested}, "height": 1.7, "color": {"a": 1}, "size": 1}]}`;
    const answer = await call('POST', `/v1/models/${model.id}/predict`, body);
    expect(answer).toMatchObject({ status: 200, body: { predictions: [null], failed: 1 } });
    expect(answer.body.errors.map(({ path, message }: { path: string; message: string }) => [path, message])).toEqual([
      ['rows[0].age', 'must be a number, got a list of 1'],
      ['rows[0].color', 'must be a text or a number, got an object'],
    ]);
  });

  it('decodes a CSV as the file of a data set: UTF-16, Windows-1252, gzip', async () => {
    const path = `/v1/models/${model.id}/predict`;
    const text = csvOf(unseen.map((row) => ({ ...row, größe: 1 })));
    const expected = await call('POST', path, text, 'text/csv');
    expect(expected.body.warnings.at(-1)).toMatchObject({ code: 'unknownColumn', column: 'größe' });
    const files = [Buffer.from(`\ufeff${text}`, 'utf16le'), Buffer.from(text, 'latin1'), gzipSync(text)];
    for (const file of files) expect(await call('POST', path, file, 'text/csv')).toEqual(expected);
    // Both are valid Windows-1252, so the encoding must be given.
    const cyrillic = Buffer.from(text.replace('größe', '\u00e3'), 'latin1');
    const given = await call('POST', `${path}?encoding=windows-1251`, cyrillic, 'text/csv');
    expect(given.body.warnings.at(-1)).toMatchObject({ code: 'unknownColumn', column: '\u0433' });
    expect(given.body.predictions).toEqual(expected.body.predictions);
    expect(await call('POST', `${path}?encoding=klingon`, cyrillic, 'text/csv')).toMatchObject({
      status: 400,
      body: { faults: [{ path: 'encoding' }] },
    });
    const workbook = await call('POST', path, Buffer.from('504b030414', 'hex'), 'text/csv');
    expect(workbook).toMatchObject({ status: 400, body: { faults: [{ message: expect.stringContaining('Excel') }] } });
  });

  it('refuses a CSV without its columns, an empty one, and one of a million rows', async () => {
    const predict = (text: string) => call('POST', `/v1/models/${model.id}/predict`, text, 'text/csv');
    const missing = await predict('age,height\n3,4\n');
    expect(missing.status).toBe(400);
    expect(missing.body.faults.map(({ message }: { message: string }) => message)).toEqual([
      'there is no column color, which the model needs',
      'there is no column size, which the model needs',
    ]);
    expect((await predict('')).status).toBe(400);
    const many = await predict(`age,height,color,size\n${'30,1.7,red,1\n'.repeat(1_000_000)}`);
    expect(many.status).toBe(400);
    expect(JSON.stringify(many.body)).toMatch(/100,?000|limit/);
  });

  it('can be renamed and annotated, is listed, outlives its search, and can be deleted', async () => {
    const own = await made({ trial: 0, name: 'first try' });
    const path = `/v1/models/${own.id}`;
    expect((await call('PATCH', path, { notes: 'for the talk' })).body).toMatchObject({
      name: 'first try',
      notes: 'for the talk',
    });
    expect((await call('PATCH', path, {})).status).toBe(400);
    const { items } = await service.client.models(searchId);
    expect(items[0]!.id).toBe(own.id);
    expect((await call('GET', `/v1/models?limit=1`)).body).toMatchObject({
      items: [{ id: own.id }],
      next: expect.any(String),
    });
    const other = await service.client.create({ ...specification, budget: { trials: 1 } });
    await ended(service.client, other.id);
    const kept = await made({ trial: 'best' }, other.id);
    expect((await call('DELETE', `/v1/searches/${other.id}`)).status).toBe(204);
    expect((await service.client.predict(kept.id, unseen.slice(0, 2))).failed).toBe(0);
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('GET', path)).status).toBe(404);
    expect((await call('DELETE', path)).status).toBe(404);
  });
});

it('a model of k folds is the mean of their networks, with a spread', async () => {
  const { id } = await service.client.create({
    ...specification,
    validation: { type: 'kFold', folds: 3 },
    budget: { trials: 1 },
  });
  await ended(service.client, id);
  const model = await made({ trial: 0 }, id);
  expect(model.facts).toMatchObject({ members: 3 });
  const { predictions } = await service.client.predict(model.id, unseen);
  expect(predictions.some((one) => one !== null && one.spread! > 0)).toBe(true);
});

it('an ensemble is the mean of trials that predict well together, evaluated on rows that chose nothing', async () => {
  const model = await made({ ensemble: 4 });
  const { items } = await service.client.best(searchId, 4);
  expect(model.origin.ensemble!.map(({ trial }) => trial)).toEqual(items.map(({ number }) => number));
  const { trials, chosenOn, judgedOn } = model.facts!.ensemble!;
  expect(trials.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
  expect(model.facts!.members).toBe(trials.length);
  expect(chosenOn.rows + judgedOn.rows).toBe(60);
  expect(chosenOn.ensemble).toBeGreaterThanOrEqual(chosenOn.single!);
  // Its predictions are the weighted means of those of its trials.
  const [whole, ...parts] = await Promise.all([
    service.client.predict(model.id, unseen),
    ...trials.map(async ({ trial }) => service.client.predict((await made({ trial })).id, unseen)),
  ]);
  whole.predictions.forEach((one, row) => {
    if (one === null || !('label' in one)) throw new Error('expected a class');
    const mean = trials.reduce((sum, { weight }, i) => {
      const part = parts[i]!.predictions[row]!;
      return sum + weight * ('label' in part ? part.probabilities['low']! : Number.NaN);
    }, 0);
    expect(one.probabilities['low']).toBeCloseTo(mean, 10);
  });
  // The same again: nothing in it is left to chance.
  const twin = await made({ ensemble: 4 });
  const [first, second] = await Promise.all(
    [model.id, twin.id].map((id) => service.client.modelFile(id, 'model.json')),
  );
  expect(second!.equals(first!)).toBe(true);
});

it('of trials that different kernels trained, each is computed again by its own', async () => {
  const api = await startTestService({}, 'api');
  const withWorker = async (kernels: 'simd' | 'plain', work: () => Promise<unknown>) => {
    const worker = await startTestService({ databaseUrl: api.databaseUrl, kernels }, 'worker');
    try {
      await work();
    } finally {
      await worker.close();
    }
  };
  try {
    const { id } = await api.client.create({ ...specification, dataset: 'iris', budget: { trials: 3 } });
    await withWorker('simd', () => ended(api.client, id));
    await withWorker('plain', async () => {
      const longer = await fetch(`${api.url}/v1/searches/${id}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ budget: { trials: 6 } }),
      });
      expect(longer.status).toBe(200);
      await ended(api.client, id);
      const model = await api.client.createModel(id, { ensemble: 6 });
      const end = await eventually(async () => {
        const now = await api.client.model(model.id);
        return now.state === 'waiting' || now.state === 'running' ? undefined : now;
      });
      expect(end).toMatchObject({ state: 'ready', failure: null });
      const trained = await Promise.all(
        end.facts!.ensemble!.trials.map(async ({ trial }) => (await api.client.trial(id, trial)).kernels),
      );
      const { members } = parseModel(JSON.parse(String(await api.client.modelFile(model.id, 'model.json'))));
      expect(members.map(({ kernels }) => kernels)).toEqual(trained);
    });
    const families = [0, 5].map(async (number) => (await api.client.trial(id, number)).kernels);
    expect(await Promise.all(families)).toEqual(['simd', 'plain']);
  } finally {
    await api.close();
  }
});

it('of repeated folds, all predictions of a row choose the ensemble, or all evaluate it', async () => {
  const upload = await fetch(`${service.url}/v1/datasets?name=few&target=target&missing=fill`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: csvOf(mixedRows(61, 'regression')),
  });
  expect(upload.status).toBe(201);
  const search = await service.client.create({
    dataset: 'few',
    hyperparameters: { learningRate: { distribution: 'float', low: 1e-3, high: 1e-2 }, hiddenUnits: 4, epochs: 3 },
    validation: { type: 'kFold', folds: 3, repeats: 4 },
    budget: { trials: 3 },
  });
  await ended(service.client, search.id);
  const { chosenOn, judgedOn } = (await made({ ensemble: 3 }, search.id)).facts!.ensemble!;
  expect([chosenOn.rows, judgedOn.rows]).toEqual([31 * 4, 30 * 4]);
});

it('a refit trains one network on all rows, as many epochs as were best', async () => {
  const trial = await service.client.trial(searchId, 0);
  const alone = await made({ trial: 0 });
  const refit = await made({ trial: 0, refit: true });
  expect(refit.origin.refit).toEqual({ epochs: trial.folds[0]!.bestEpoch });
  expect(refit.facts).toMatchObject({ members: 1 });
  const [one, other] = await Promise.all([alone, refit].map(({ id }) => service.client.predict(id, unseen)));
  expect(one).not.toEqual(other);
});

it('regression: values in the units of the target', async () => {
  const search = await service.client.create({
    dataset: 'diabetes',
    hyperparameters: { learningRate: 0.01, hiddenUnits: 8, epochs: 20 },
    budget: { trials: 1 },
  });
  await ended(service.client, search.id);
  const model = await made({ trial: 0 }, search.id);
  const columns = model.facts!.columns.map(({ name }) => name);
  const text = await service.client.csv('diabetes');
  const { predictions } = await service.client.predict(model.id, text);
  const targets = text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',').at(-1)));
  const values = predictions.map((one) => (one !== null && 'value' in one ? one.value : Number.NaN));
  const error = Math.sqrt(values.reduce((sum, value, i) => sum + (value - targets[i]!) ** 2, 0) / values.length);
  expect(columns).toHaveLength(10);
  // Always the mean would be off by 77.
  expect(error).toBeLessThan(65);
});

it('an ensemble for the loss of a regression is scored in the loss of its trials', async () => {
  const search = await service.client.create({
    dataset: 'diabetes',
    hyperparameters: { learningRate: { distribution: 'float', low: 1e-3, high: 1e-2 }, hiddenUnits: 4, epochs: 5 },
    objective: { metric: 'validationLoss', direction: 'minimize' },
    budget: { trials: 3 },
  });
  await ended(service.client, search.id);
  const { chosenOn, judgedOn } = (await made({ ensemble: 3 }, search.id)).facts!.ensemble!;
  // The loss is a mean over rows, so that of all rows follows from the halves.
  const { rows } = chosenOn;
  const single = (rows * chosenOn.single! + judgedOn.rows * judgedOn.single!) / (rows + judgedOn.rows);
  const { items } = await service.client.best(search.id, 3);
  expect(Math.min(...items.map(({ value }) => Math.abs(value! / single - 1)))).toBeLessThan(1e-4);
});

describe('while it is made', () => {
  const slow = {
    dataset: 'digits',
    hyperparameters: { learningRate: 0.001, hiddenUnits: 128, hiddenLayers: 2, batchSize: 16, epochs: 150 },
    budget: { trials: 1 },
  };

  it('its websocket says how far it is, and a model that is deleted is not made', async () => {
    const search = await service.client.create(slow);
    await ended(service.client, search.id);
    const { id } = await service.client.createModel(search.id, { trial: 0 });
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/models/${id}/events`);
    const messages: ModelMessage[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data)) as ModelMessage));
    await eventually(async () => messages.find(({ type }) => type === 'progress'));
    expect(messages.find(({ type }) => type === 'progress')).toMatchObject({
      done: expect.toSatisfy((done: number) => done > 0 && done < 1),
    });
    const early = await call('POST', `/v1/models/${id}/predict`, { rows: [{}] });
    expect(early).toMatchObject({ status: 409, body: { code: 'wrongState' } });
    expect((await call('DELETE', `/v1/models/${id}`)).status).toBe(204);
    await eventually(async () => messages.some(({ type }) => type === 'removed'));
    // The thread is free for the next one, and nothing of the deleted one comes back.
    const next = await made({ trial: 0 });
    expect(next.state).toBe('ready');
    expect((await call('GET', `/v1/models/${id}`)).status).toBe(404);
  });

  it('a service that stops hands it back, and another makes it with the same bits', async () => {
    const search = await service.client.create(slow);
    await ended(service.client, search.id);
    const whole = await made({ trial: 0 }, search.id);
    const { id } = await service.client.createModel(search.id, { trial: 0 });
    await eventually(async () => (await service.client.model(id)).state === 'running');
    service = await service.restart();
    const again = await ready(id);
    expect(again).toMatchObject({ state: 'ready', attempt: 1 });
    const [first, second] = await Promise.all([whole.id, id].map((one) => service.client.modelFile(one, 'model.json')));
    expect(second!.equals(first!)).toBe(true);
  });
});

it('refuses what has no model, and says why', async () => {
  const nothing = await service.client.create({
    ...specification,
    hyperparameters: {
      ...specification.hyperparameters,
      learningRate: 1e6,
      activation: 'relu',
      batchNorm: false,
      optimizer: 'sgd',
    },
    budget: { trials: 1 },
  });
  await ended(service.client, nothing.id);
  const of = (id: string, body: object) => call('POST', `/v1/searches/${id}/models`, body);
  expect(await of(nothing.id, { trial: 'best' })).toMatchObject({ status: 409 });
  expect(await of(nothing.id, { trial: 0 })).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('diverged') },
  });
  expect(await of(searchId, { trial: 77 })).toMatchObject({ status: 404 });
  expect(await of(searchId, { trial: 'worst' })).toMatchObject({ status: 400, body: { faults: [{ path: 'trial' }] } });
  expect(await of(nothing.id, { ensemble: 5 })).toMatchObject({ status: 409 });
  expect(await of(searchId, { ensemble: 1 })).toMatchObject({ status: 400 });
  expect(await of(searchId, { trial: 0, epochs: 3 })).toMatchObject({ status: 400 });
});
