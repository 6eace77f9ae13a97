/** Trials of other tools through the service: what is stored of them, what can be read, and what is refused. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/adapters/postgres/connection.ts';
import { createObservedStore } from '../../src/adapters/postgres/observed-store.ts';
import { type EndpointName, endpoints } from '../../src/contract/http.ts';
import { exportFormats } from '../../src/contract/trials.ts';
import type { Search } from '../../src/domain/search.ts';
import { answerTrials } from '../../src/imports/trials/read-trials.ts';
import { projectRoot } from '../../src/paths.ts';
import { type Checker, checkerOf, type OpenApi } from '../support/openapi.ts';
import { allTrials, ended, expectSound } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

const folder = join(projectRoot, 'test', 'fixtures', 'trials');
const fileOf = (name: string) => Buffer.from(readFileSync(join(folder, name)));
interface Expected {
  readonly optuna: {
    readonly best: {
      readonly number: number;
      readonly value: number;
      readonly params: Record<string, number | string>;
    };
    readonly importance: Readonly<Record<string, number>>;
  };
  readonly 'scikit-learn': {
    readonly candidates: number;
    readonly best: { readonly number: number; readonly value: number };
    readonly splits: readonly number[];
  };
}
const expected = JSON.parse(String(fileOf('expected.json'))) as Expected;

let service: TestService;
let checker: Checker;
beforeAll(async () => {
  service = await startTestService();
  checker = checkerOf((await (await fetch(`${service.url}/openapi.json`)).json()) as OpenApi);
});
afterAll(() => service?.close());

type Query = Parameters<TestService['client']['importTrials']>[1];
const imported = async (name: string, query: Query = {}) => {
  const answer = await service.client.importTrials(fileOf(name), { file: name, ...query });
  await expectSound(service.databaseUrl, answer.search.id);
  return answer;
};

interface Refusal {
  readonly status: number;
  readonly faults: readonly { readonly path: string; readonly message: string }[];
  readonly detail: string;
}
async function send(method: string, path: string, body?: string | Buffer<ArrayBuffer>, type = 'application/json') {
  const response = await fetch(`${service.url}${path}`, {
    method,
    ...(body !== undefined && { body, headers: { 'content-type': type } }),
  });
  const { faults = [], detail = '' } = (await response.json()) as Partial<Refusal>;
  return { status: response.status, faults, detail };
}

describe('a study of Optuna', () => {
  let search: Search;
  let notes: readonly { readonly name: string; readonly text: string }[];
  beforeAll(async () => {
    ({ search, notes } = await imported('optuna-journal.jsonl', { dataset: 'digits' }));
  });

  it('has its counts, its best trial and its values', async () => {
    const { number, value, params } = expected.optuna.best;
    expect(search).toMatchObject({
      name: 'digits by hand',
      state: 'complete',
      dataset: { name: 'digits' },
      trials: { total: 80, complete: 69, pruned: 8, failed: 2, cancelled: 1, diverged: 1 },
      best: { number, value },
      specification: {
        objective: { metric: 'observed', direction: 'minimize' },
        observed: { format: 'optuna-journal', file: 'optuna-journal.jsonl', metric: 'cross_entropy' },
      },
    });
    expect(notes).toEqual([]);
    const trial = await service.client.trial(search.id, number);
    expect(trial.hyperparameters).toEqual({
      learningRate: params['lr'],
      hiddenUnits1: params['n_units_l0'],
      activation: params['activation'],
      warm_restarts: params['warm_restarts'],
    });
    expect(trial).toMatchObject({ epochs: 4, resultHash: null, kernels: null, settings: trial.hyperparameters });
    expect(trial.folds[0]!.validationMetric).toHaveLength(4);
    const [diverged, pruned, unfinished] = await Promise.all(
      [7, 13, 79].map((one) => service.client.trial(search.id, one)),
    );
    expect(diverged).toMatchObject({ state: 'complete', outcome: 'diverged', value: null });
    expect(pruned).toMatchObject({ state: 'pruned', epochs: 2, value: pruned!.folds[0]!.validationMetric[1] });
    expect(unfinished).toMatchObject({ state: 'cancelled', reason: 'it was running when the file was written' });
  });

  it('has the importance that Optuna computes, within a tenth', async () => {
    const response = await fetch(`${service.url}/v1/searches/${search.id}/importance`);
    const { shares, trials } = (await response.json()) as { trials: number; shares: { name: string; share: number }[] };
    expect(trials).toBe(68);
    const ours = Object.fromEntries(shares.map(({ name, share }) => [name, share]));
    const named = { lr: 'learningRate', n_units_l0: 'hiddenUnits1', activation: 'activation' };
    for (const [theirs, share] of Object.entries(expected.optuna.importance))
      expect(Math.abs(ours[named[theirs as 'lr'] ?? theirs]! - share), theirs).toBeLessThan(0.1);
    expect(shares[0]!.name).toBe('learningRate');
  });

  it('has the importance of intermediate values too, after the epochs at which trials were pruned', async () => {
    const of = async (id: string, query = '') => {
      const response = await fetch(`${service.url}/v1/searches/${id}/importance${query}`);
      return (await response.json()) as {
        epochs: number | null;
        trials: number;
        groups: readonly object[];
        shares: readonly { name: string }[];
      };
    };
    // Trials 3, 13, … were pruned after 2 epochs; 11 and 12 failed and the last one never ran, but all of them that ran had reported by then.
    const withTwo = (await allTrials(service.client, search.id)).filter(({ epochs }) => epochs >= 2).length;
    expect((await of(search.id)).groups).toEqual([
      { epochs: null, trials: 68 },
      { epochs: 2, trials: withTwo },
    ]);
    const early = await of(search.id, '?epochs=2');
    expect(early).toMatchObject({ epochs: 2, trials: withTwo });
    expect(early.shares[0]!.name).toBe('learningRate');

    const distribution = JSON.stringify({
      name: 'FloatDistribution',
      attributes: { low: 0, high: 1, log: false, step: null },
    });
    const trial = (i: number) => ({
      ...{ op_code: 4, study_id: 0, state: i % 5 === 0 ? 1 : 2, values: i % 5 === 0 ? [i / 64] : null },
      ...{ datetime_start: null, datetime_complete: '2026-05-01T10:00:01.000000+00:00', value: null },
      params: { x: i / 40, y: ((i * 7) % 40) / 40 },
      distributions: { x: distribution, y: distribution },
      intermediate_values: i % 5 === 0 ? { 1: i, 2: i } : i === 3 ? { 1: Number.NaN } : { 1: i },
    });
    const records = [
      { op_code: 0, study_name: 'pruned', directions: [1] },
      ...Array.from({ length: 40 }, (_, i) => trial(i)),
    ];
    const journal = Buffer.from(records.map((one) => `${JSON.stringify(one)}\n`).join(''));
    const { search: pruned } = await service.client.importTrials(journal, { file: 'pruned.log' });
    const found = await of(pruned.id);
    // Eight complete trials are too few, and trial 3 has no number.
    expect(found).toMatchObject({ epochs: 1, trials: 39, groups: [{ trials: 8 }, { epochs: 1, trials: 39 }] });
    expect(found.shares[0]!.name).toBe('x');

    // Of many ends some are offered, evenly among them.
    const steps = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, step) => [step + 1, step]));
    const many = Array.from({ length: 50 }, (_, i) => ({ ...trial(1), intermediate_values: steps(i + 1) }));
    const text = [records[0]!, ...many].map((one) => `${JSON.stringify(one)}\n`).join('');
    const { search: stopped } = await service.client.importTrials(Buffer.from(text), { file: 'stopped.log' });
    const groups = Array.from({ length: 17 }, (_, i) => ({ epochs: 50 - 3 * i, trials: 1 + 3 * i }));
    expect((await of(stopped.id)).groups).toEqual([{ epochs: null, trials: 0 }, ...groups]);
  });

  it.each(Object.keys(endpoints).filter((name) => name.startsWith('GET /v1/searches/:id')) as EndpointName[])(
    '%s answers, as it was published',
    async (name) => {
      const path = name.replace('GET ', '').replace(':id', search.id).replace(':number', '3');
      const response = await fetch(`${service.url}${path}`);
      const [type, text] = [response.headers.get('content-type') ?? '', await response.text()];
      const answer: unknown = /json;|\+json/.test(type) ? JSON.parse(text) : text;
      const status = { confirmation: 404, preflight: 409, rows: 409 }[path.split('/').at(-1)!] ?? 200;
      expect({ status: response.status, faults: checker.answer(name, response.status, type, answer) }).toEqual({
        status,
        faults: [],
      });
    },
  );

  it.each(exportFormats)('is exported as %s', async (format) => {
    const response = await service.client.export(search.id, format);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.includes('warm_restarts')).toBe(true);
    if (format === 'csv') expect(String(bytes).trim().split('\n')).toHaveLength(81);
  });

  it('is in the list, is found by its data set, and takes a name, notes and tags', async () => {
    const listed = await fetch(`${service.url}/v1/searches?dataset=digits&q=by%20hand`);
    expect(((await listed.json()) as { items: Search[] }).items.map(({ id }) => id)).toContain(search.id);
    const change = JSON.stringify({ notes: 'from the old machine', tags: ['old'] });
    expect((await send('PATCH', `/v1/searches/${search.id}`, change)).status).toBe(200);
    expect((await send('PATCH', `/v1/searches/${search.id}/trials/3`, JSON.stringify({ tags: ['odd'] }))).status).toBe(
      200,
    );
    expect(await service.client.search(search.id)).toMatchObject({ notes: 'from the old machine', tags: ['old'] });
  });

  it.each<[string, string, string?]>([
    ['POST', 'pause'],
    ['POST', 'resume'],
    ['POST', 'cancel'],
    ['POST', 'refine', '{}'],
    ['POST', 'refine/dry-run', '{}'],
    ['POST', 'models', '{"trial":"best"}'],
    ['POST', 'models', '{"ensemble":3}'],
    ['PATCH', '', '{"budget":{"trials":100}}'],
    ['PATCH', '', '{"budget":{"seconds":100}}'],
    ['POST', 'trials/11/retry'],
    ['POST', 'trials/11/resume'],
    ['GET', 'preflight'],
  ])('%s %s %s is refused, because another tool ran the trials', async (method, path, body) => {
    const before = await service.client.search(search.id);
    const refused = await send(method, `/v1/searches/${search.id}/${path}`.replace(/\/$/, ''), body);
    expect(refused).toMatchObject({ status: 409, detail: expect.stringContaining('run by another tool') });
    expect(await service.client.search(search.id)).toEqual(before);
  });

  it('begins a real search with its best trials', async () => {
    const created = await service.client.create({
      dataset: 'iris',
      hyperparameters: {
        learningRate: { distribution: 'float', low: 1e-4, high: 0.1, scale: 'log' },
        activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
        hiddenUnits: 8,
        epochs: 1,
      },
      warmStart: { search: search.id, trials: 3 },
      budget: { trials: 4 },
    });
    await ended(service.client, created.id);
    const { items: best } = await service.client.best(search.id, 3);
    const trials = await allTrials(service.client, created.id);
    expect(trials.slice(0, 3).map(({ source, hyperparameters }) => ({ source, ...hyperparameters }))).toEqual(
      best.map(({ hyperparameters: { learningRate, activation } }) => ({
        source: 'enqueued',
        learningRate,
        activation,
      })),
    );
    const warnings = created.warnings.map(({ message }) => message).join('\n');
    expect(warnings).toMatch(/warm_restarts of trial \d+, and of 2 more is ignored/);
  });
});

it('a table of Optuna needs a direction, and then says what its journal says', async () => {
  const asked = await send('POST', '/v1/imports/trials', fileOf('optuna.csv'), 'text/csv');
  expect(asked).toMatchObject({ status: 400, faults: [{ path: 'direction' }] });
  const { search, kept, notes } = await imported('optuna.csv', { direction: 'minimize' });
  const { number, value } = expected.optuna.best;
  expect(search).toMatchObject({
    dataset: { name: '', hash: '' },
    trials: { complete: 69, pruned: 8, failed: 2, cancelled: 1, diverged: 1 },
    best: { number, value },
    specification: { observed: { format: 'optuna-csv', metric: 'cross_entropy' } },
  });
  expect(search.specification.hyperparameters['learningRate']).toMatchObject({ distribution: 'float', scale: 'log' });
  expect(kept).toMatchObject([{ source: 'warm_restarts', setting: { distribution: 'float', scale: 'linear' } }]);
  expect(notes).toContainEqual({ name: 'lr', text: expect.stringContaining('from what was observed: float') });
});

it('a database of Optuna has what its journal has', async () => {
  const [journal, { search, notes }] = await Promise.all([
    imported('optuna-journal.jsonl'),
    imported('optuna.db', { name: 'from the database' }),
  ]);
  expect(notes).toEqual([]);
  const { trials, best, improvements, epochs, specification } = journal.search;
  expect(search).toMatchObject({ name: 'from the database', trials, best, improvements, epochs });
  expect(search.specification).toMatchObject({
    hyperparameters: specification.hyperparameters,
    objective: specification.objective,
    observed: { format: 'optuna-sqlite', file: 'optuna.db', metric: 'cross_entropy' },
  });
  const facts = async ({ id }: Search) =>
    (await allTrials(service.client, id)).map(({ startedAt: _, finishedAt: __, durationMs: ___, ...trial }) => trial);
  const inVerdict = (text: string) => text.replaceAll('optuna-sqlite', 'optuna-journal');
  expect(JSON.parse(inVerdict(JSON.stringify(await facts(search))))).toEqual(await facts(journal.search));
});

it('reads a closed database that had a write-ahead log', async () => {
  const withLog = fileOf('optuna.db').fill(2, 18, 20);
  const { search } = await service.client.importTrials(withLog, { file: 'with-log.db' });
  expect(search.trials).toMatchObject({ total: 80, complete: 69 });
});

it('of several objectives one must be chosen', async () => {
  const asked = await send('POST', '/v1/imports/trials', fileOf('optuna-two-objectives.csv'), 'text/csv');
  expect(asked.faults).toEqual([{ path: 'metric', message: expect.stringContaining('values_0, values_1') }]);
  const { search } = await imported('optuna-two-objectives.csv', { metric: 'values_1', direction: 'maximize' });
  expect(search.best).toMatchObject({ number: 11, value: 11 });
});

it('a grid of scikit-learn has its score and deviations over folds', async () => {
  const { search, mapped, kept } = await imported('scikit-learn.csv');
  const { candidates, best, splits } = expected['scikit-learn'];
  expect(search).toMatchObject({
    trials: { total: candidates, complete: candidates },
    best,
    specification: { objective: { direction: 'maximize' }, validation: { type: 'kFold', folds: 3 } },
  });
  expect(mapped.map(({ source, hyperparameter }) => [source, hyperparameter])).toEqual([
    ['mlp__activation', 'activation'],
    ['mlp__alpha', 'l2'],
    ['mlp__hidden_layer_sizes', 'hiddenLayers'],
    ['mlp__hidden_layer_sizes', 'hiddenUnits1'],
    ['mlp__hidden_layer_sizes', 'hiddenUnits2'],
    ['mlp__learning_rate_init', 'learningRate'],
  ]);
  expect(kept).toEqual([]);
  const trial = await service.client.trial(search.id, best.number);
  const mean = splits.reduce((a, b) => a + b, 0) / 3;
  const deviation = Math.sqrt(splits.reduce((sum, split) => sum + (split - mean) ** 2, 0) / 2);
  expect(trial.deviation).toBeCloseTo(deviation, 10);
  const logistic = (await allTrials(service.client, search.id)).filter(
    ({ hyperparameters }) => hyperparameters['activation'] === 'sigmoid',
  );
  expect(logistic).toHaveLength(candidates / 2);
});

it('runs of W&B have the chosen column as objective, constants as fixed settings, and no other results', async () => {
  const asked = await send('POST', '/v1/imports/trials', fileOf('wandb.csv'), 'text/csv');
  expect(asked.faults).toEqual([{ path: 'metric', message: expect.stringContaining('train_loss, val_loss') }]);
  const { search, notes } = await imported('wandb.csv', { metric: 'val_loss', names: ['seed_word=', 'epoch=epochs'] });
  expect(search).toMatchObject({
    trials: { complete: 5, failed: 1, cancelled: 2, diverged: 1 },
    best: { number: 5, value: 0.29 },
    specification: { objective: { metric: 'validationLoss', direction: 'minimize' } },
  });
  const { hyperparameters } = search.specification;
  expect(Object.keys(hyperparameters)).toEqual(['learningRate', 'dropout', 'optimizer', 'batchSize', 'epochs']);
  expect(notes).toContainEqual({ name: 'seed_word', text: 'is left out, as was asked' });
  const trial = await service.client.trial(search.id, 0);
  expect(trial).toMatchObject({
    notes: 'W&B run bright-sweep-1',
    durationMs: 61_000,
    startedAt: '2026-05-01T10:00:00.000Z',
  });
});

it('trials whose file tells no times are a study that Optuna opens: one that has ended needs the time of its end', async () => {
  const { search } = await imported('scikit-learn.csv');
  const trials = await allTrials(service.client, search.id);
  expect(trials.map(({ finishedAt }) => finishedAt)).toEqual(trials.map(() => null));
  const journal = await (await service.client.export(search.id, 'optuna-journal')).text();
  const records = journal
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { op_code: number; datetime_start?: unknown; datetime_complete?: unknown })
    .filter(({ op_code }) => op_code === 4);
  const end = search.createdAt.replace('Z', '000+00:00');
  expect(records.map(({ datetime_start, datetime_complete }) => [datetime_start, datetime_complete])).toEqual(
    trials.map(() => [null, end]),
  );
});

it('hyperparameters with the names of columns of an export, and texts that a spreadsheet would read as formulas', async () => {
  const file = Buffer.from(
    `number,value,state,params_state,params_value,params_value_,params_=x\n${Array.from({ length: 12 }, (_, i) =>
      [i, i / 2, 'COMPLETE', i % 2 ? '=1+1' : 'b', i, -i, i * 3].join(),
    ).join('\n')}\n`,
  );
  const { search } = await service.client.importTrials(file, { file: 'study.csv', direction: 'minimize' });
  const [csv, parquet] = await Promise.all(
    (['csv', 'parquet'] as const).map(async (format) => (await service.client.export(search.id, format)).arrayBuffer()),
  );
  const lines = Buffer.from(csv!).toString().split('\n');
  const names = ['state_', 'value_', 'value__', '=x'];
  expect(lines[0]!.split(',').slice(-4).sort()).toEqual(['state_', 'value_', 'value__', "'=x"].sort());
  expect(lines[2]).toContain(",'=1+1");
  const rows = await parquetReadObjects({ file: parquet! });
  expect(Object.keys(rows[0]!).slice(-4).sort()).toEqual(names.sort());
  expect(rows[3]).toMatchObject({ state: 'complete', state_: '=1+1', value: 1.5, value_: 3, value__: -3, '=x': 9 });
});

it.each([
  ['mlflow-runs.csv', { complete: 3, failed: 1, cancelled: 2 }],
  ['mlflow-page.csv', { complete: 3, failed: 1, cancelled: 0 }],
])('runs of MLflow: %s', async (file, trials) => {
  const { search, kept } = await imported(file, { metric: 'val_accuracy' });
  expect(search).toMatchObject({ trials, best: { number: 1, value: 0.95 } });
  expect(search.specification.objective).toEqual({ metric: 'validationAccuracy', direction: 'maximize' });
  expect(Object.keys(search.specification.hyperparameters)).toEqual(['learningRate', 'hiddenUnits', 'activation']);
  expect(kept).toEqual([]);
  const trial = await service.client.trial(search.id, 0);
  expect(trial).toMatchObject({ notes: 'MLflow run swift-hare-1', durationMs: 30_500 });
});

it('runs that MLflow 3.17.2 wrote, the newest first: numbered by their start', async () => {
  const { search, kept, notes } = await imported('mlflow-search-runs.csv', { metric: 'val_accuracy' });
  expect(search).toMatchObject({
    trials: { complete: 3, failed: 2, cancelled: 2 },
    best: { number: 2, value: 0.7 },
    improvements: [
      { number: 0, value: 0.5 },
      { number: 1, value: 0.6 },
      { number: 2, value: 0.7 },
    ],
  });
  expect(notes.map(({ text }) => text)).toContain(
    'the trials are numbered by their start, not in the order of the file',
  );
  const trials = await Promise.all(Array.from({ length: 7 }, (_, number) => service.client.trial(search.id, number)));
  expect(trials.map((trial) => trial.notes)).toEqual(
    ['run 0', 'run 1', 'run 2', 'broken', 'killed', 'not a number', 'still running'].map(
      (name) => `MLflow run ${name}`,
    ),
  );
  expect(trials[0]).toMatchObject({
    hyperparameters: { learningRate: 0.1, hiddenUnits: 16, activation: 'relu', 'dropout (in the file)': 0.1 },
    startedAt: '2026-11-30T03:53:02.800Z',
    durationMs: 70,
  });
  expect(trials[1]!.hyperparameters).toMatchObject({ 'dropout (in the file)': 'None' });
  expect(kept.map(({ source }) => source)).toEqual(['dropout']);
});

it('runs that started in the same second, the newest first, are numbered in the reversed order', async () => {
  const line = (name: string, second: number, lr: number) =>
    `2026-05-01 10:00:0${second},1s,${name},${name},FINISHED,${lr},0.5`;
  const text = [
    'Start Time,Duration,Run ID,Name,Status,lr,val_loss',
    ...[line('d', 7, 0.4), line('c', 3, 0.3), line('b', 3, 0.2), line('a', 0, 0.1)],
  ].join('\n');
  const { search } = await service.client.importTrials(Buffer.from(text), { metric: 'val_loss' });
  const trials = await Promise.all([0, 1, 2, 3].map((number) => service.client.trial(search.id, number)));
  expect(trials.map(({ notes }) => notes.at(-1))).toEqual(['a', 'b', 'c', 'd']);
});

it('a pruned trial keeps the value that the file tells of it in a study for Optuna, though it has no curve', async () => {
  const rows = Array.from({ length: 12 }, (_, i) => `${i},${i / 8},${i},${i % 3 === 2 ? 'PRUNED' : 'COMPLETE'}`);
  const file = Buffer.from(['number,value,params_x,state', ...rows].join('\n'));
  const { search } = await service.client.importTrials(file, { file: 'study.csv', direction: 'minimize' });
  const journal = await (await service.client.export(search.id, 'optuna-journal')).text();
  const values = journal.split('\n').flatMap((line) => {
    const { op_code, values: own } = (line === '' ? {} : JSON.parse(line)) as { op_code?: number; values?: unknown };
    return op_code === 4 ? [own] : [];
  });
  expect(values).toEqual(rows.map((_, i) => [i / 8]));
});

it('exports call the objective as the file does, and name no data set where there is none', async () => {
  const { search } = await imported('optuna-two-objectives.csv', { metric: 'values_1', direction: 'maximize' });
  for (const format of ['tensorboard', 'mlflow'] as const) {
    const bytes = await (await service.client.export(search.id, format)).arrayBuffer();
    expect(Buffer.from(bytes).toString('latin1')).toMatch(/maximize values_1(?! of)/);
  }
});

it('times that cannot be read are told of', async () => {
  const text = [
    'Start Time,Run ID,Name,Status,lr,val_loss',
    'yesterday,a,a,FINISHED,0.1,0.5',
    '2026-05-01 10:00:00,b,b,FINISHED,0.2,0.4',
  ].join('\n');
  const { notes } = await service.client.importTrials(Buffer.from(text), { metric: 'val_loss' });
  expect(notes).toContainEqual({
    name: 'Start Time',
    text: '1 of 2 times are ignored, since they are not like 2026-05-01 10:00:00, such as yesterday',
  });
});

it.each([
  ['scikit-learn.csv', {}, []],
  ['optuna-journal.jsonl', {}, ['cross_entropy/validation']],
])('the table of TensorBoard has no columns that stay empty: %s', async (file, query, curves) => {
  const { search } = await imported(file, query);
  const log = Buffer.from(await (await service.client.export(search.id, 'tensorboard')).arrayBuffer()).toString(
    'latin1',
  );
  const names = ['loss', 'accuracy', 'metric', 'cross_entropy'].flatMap((name) => [
    `${name}/train`,
    `${name}/validation`,
  ]);
  expect(log).toContain('value');
  expect(names.filter((name) => log.includes(name))).toEqual(curves);
});

it('a search with 120 hyperparameters has a table of all of them', async () => {
  const names = Array.from({ length: 120 }, (_, i) => `p${i}`);
  const line = (i: number) => [i, i, 'COMPLETE', ...names.map((_, k) => i * k + i)].join(',');
  const text = [`number,value,state,${names.map((name) => `params_${name}`).join(',')}`, line(0), line(1), line(2)];
  const { search } = await service.client.importTrials(Buffer.from(text.join('\n')), { direction: 'minimize' });
  const response = await fetch(`${service.url}/v1/searches/${search.id}/table`);
  const { points, trials } = (await response.json()) as Record<'points' | 'trials', Record<string, unknown>>;
  expect(Object.keys(points)).toEqual(names);
  expect(points['p119']).toEqual([0, 120, 240]);
  expect(trials['value']).toEqual([0, 1, 2]);
});

it('our own journal comes back: numbers, states, values, hyperparameters, curves, notes and tags', async () => {
  const { id } = await service.client.create({
    dataset: 'iris',
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-4, high: 1e4, scale: 'log' },
      optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
      momentum: { distribution: 'float', low: 0.5, high: 0.9, step: 0.1, when: { optimizer: ['momentum'] } },
      hiddenUnits: 4,
      epochs: 3,
    },
    pruner: { type: 'median', startupTrials: 4, interval: 1 },
    budget: { trials: 24 },
  });
  await send('PATCH', `/v1/searches/${id}`, JSON.stringify({ notes: 'two\nlines', tags: ['first', 'x:1'] }));
  const search = await ended(service.client, id);
  await send('PATCH', `/v1/searches/${id}/trials/2`, JSON.stringify({ notes: 'odd', tags: ['look'] }));
  expect(search.trials.diverged).toBeGreaterThan(0);
  const journal = Buffer.from(await (await service.client.export(id, 'optuna-journal')).arrayBuffer());
  const { search: back } = await service.client.importTrials(journal, { dataset: 'iris' });
  await expectSound(service.databaseUrl, back.id);
  const { trials, best, improvements, epochs, notes, tags, specification } = search;
  expect(back).toMatchObject({ trials, best, improvements, epochs, notes, tags });
  expect(back.specification.hyperparameters).toEqual(specification.hyperparameters);
  expect(back.specification.objective).toEqual(specification.objective);
  const facts = async (one: string) =>
    (await allTrials(service.client, one)).map(
      ({ number, state, outcome, value, deviation, hyperparameters, epochs: own, notes: text, tags: words }) => {
        return { number, state, outcome, value, deviation, hyperparameters, own, text, words };
      },
    );
  expect(await facts(back.id)).toEqual(await facts(id));
  const [one, other] = await Promise.all([id, back.id].map((of) => service.client.trial(of, search.best!.number)));
  expect(other!.folds[0]!.validationMetric).toEqual(one!.folds[0]!.validationMetric);
});

const [header, ...rows] = String(fileOf('optuna.csv')).trim().split('\n');
const lines = String(fileOf('optuna-journal.jsonl')).split('\n');

describe('a file', () => {
  it.each<[string, string | Buffer<ArrayBuffer>, string, string, string]>([
    ['that is a damaged database', fileOf('optuna.db').fill(7, 4000), '', '', 'the database is damaged'],
    ['that is the head of a database', fileOf('optuna.db').subarray(0, 900), '', '', 'the database is damaged'],
    ['that is empty', ' \n', '', '', 'the file is empty'],
    ['of no known tool', 'a,b\n1,2', '', 'line 1', 'does not have the columns'],
    ['that is JSON of another kind', '{"a": 1}', '', '', 'is no file with trials that is known'],
    [
      'with a line that is cut',
      [...lines.slice(0, 5), lines[5]!.slice(0, 30), ''].join('\n'),
      '',
      'line 6',
      'is not JSON',
    ],
    [
      'with a row that is cut',
      [header, rows[0], rows[1]!.slice(0, 40)].join('\n'),
      '?direction=minimize',
      'line 3',
      'has 4 fields',
    ],
    [
      'with a state that is none',
      `number,value,params_a,state\n0,1,2,DONE`,
      '?direction=minimize',
      'line 2, column state',
      'DONE',
    ],
    [
      'with a value that is none',
      `number,value,params_a,state\n0,low,2,COMPLETE`,
      '?direction=minimize',
      'line 2, column value',
      'low',
    ],
    [
      'without a trial that came to an end',
      `number,value,params_a,state\n0,,2,FAIL`,
      '?direction=minimize',
      '',
      'none of the 1 trials',
    ],
    ['with a NUL', `number,value,params_a,state\n0,1,a\u0000b,COMPLETE`, '?direction=minimize', '', 'NUL'],
    ['for a data set that is not there', 'a', '?dataset=none', '', 'there is no data set none'],
    [
      'with a mapping of nothing',
      [header, ...rows].join('\n'),
      '?direction=minimize&names=depth%3DhiddenLayers',
      'names.depth',
      'no hyperparameter of this name',
    ],
    ['with a mapping to nothing', 'a', '?names=lr%3Dspeed', 'names', 'speed'],
    [
      'with too many trials',
      `number,value,params_a,state\n${'0,1,2,COMPLETE\n'.repeat(100_001)}`,
      '?direction=minimize',
      'line 100002',
      '100000',
    ],
    ['that is too large', 'x'.repeat(32 * 1024 * 1024 + 1), '', 'body', '33554432'],
  ])('%s is refused with its place, and nothing is stored', async (_, text, query, path, message) => {
    const before = (await service.client.list()).items.length;
    const refused = await send('POST', `/v1/imports/trials${query}`, text, 'text/plain');
    expect([400, 404, 413]).toContain(refused.status);
    expect(`${refused.detail} ${refused.faults.map((one) => one.message).join()}`).toContain(message);
    if (path !== '') expect(refused.faults.map((one) => one.path)).toContain(path);
    expect((await service.client.list()).items).toHaveLength(before);
  });
});

it('is stored with all of its rows, or not at all', async () => {
  const answer = answerTrials({ bytes: fileOf('optuna-journal.jsonl'), names: {}, dataset: '' });
  if (answer.kind === 'refused') throw new Error(answer.detail);
  const { search } = answer.read;
  const database = connect(service.databaseUrl, 1);
  const before = (await service.client.list()).items.length;
  try {
    const events = [...search.events, Buffer.from('[{"seq": 1000, "data": {}}]')];
    await expect(createObservedStore(database).add({ ...search, events }, undefined, 'default')).rejects.toThrow(
      '"type"',
    );
    expect((await service.client.list()).items).toHaveLength(before);
    await createObservedStore(database).add(search, undefined, 'default');
    expect((await service.client.list()).items).toHaveLength(before + 1);
  } finally {
    await database.$disconnect();
  }
});

it('cannot be claimed by a request for a search', async () => {
  const observed = { format: 'optuna-csv', metric: 'a' };
  const refused = await send('POST', '/v1/searches', JSON.stringify({ dataset: 'iris', observed }));
  expect(refused).toMatchObject({ status: 400, faults: [{ path: 'observed' }] });
});
