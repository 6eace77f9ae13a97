/** Exports of a search: CSV, NDJSON and Parquet say the same, and their readers get back what the API has; pandas too where a Python has it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CsvShape, parseCsv } from '../../src/data/csv.ts';
import { IssueList } from '../../src/data/faults.ts';
import { allTrials, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { temporaryFolder } from '../support/temporary.ts';

const python = process.env['TEST_PYTHON'] ?? 'python3';
const { status } = spawnSync(python, ['-c', 'import pandas, pyarrow']);
if (status !== 0)
  console.warn(
    `Parquet is not read with pandas: ${python} cannot import pandas and pyarrow; TEST_PYTHON names another one.`,
  );

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

const hyperparameters = {
  learningRate: { distribution: 'float', low: 1e-4, high: 1e6, scale: 'log' },
  batchNorm: { distribution: 'categorical', choices: [true, false] },
  optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
  momentum: { distribution: 'float', low: 0.5, high: 0.99, when: { optimizer: ['momentum'] } },
  epochs: 3,
};

it('writes every trial as a line of CSV: numbers in full, inactive hyperparameters empty, sentences in quotes', async () => {
  const { id } = await service.client.create({
    dataset: 'iris',
    hyperparameters,
    validation: { type: 'holdout', repeats: 2 },
    budget: { trials: 30 },
  });
  await ended(service.client, id);
  const annotation = { notes: 'odd,\n"very" odd', tags: ['odd', 'look-again'] };
  const annotate = (number: number, body: object) =>
    fetch(`${service.url}/v1/searches/${id}/trials/${number}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await annotate(3, annotation);
  await annotate(4, { notes: '=1+1', tags: ['good'] });
  await annotate(5, { notes: '- too few epochs', tags: [] });
  const trials = await allTrials(service.client, id);
  expect(trials[3]).toMatchObject(annotation);
  const text = await (await service.client.export(id, 'csv')).text();
  const shape: CsvShape = { delimiter: 'comma', quote: 'double', comment: 'none', lenient: false };
  const limits = { records: 1000, fields: 100, field: 10_000 };
  const [header, ...lines] = parseCsv(text, shape, limits, new IssueList(1));
  const names = header!.fields;
  expect(names.slice(-4)).toEqual(['learningRate', 'batchNorm', 'optimizer', 'momentum']);
  expect(lines.map(({ fields }) => Object.fromEntries(fields.map((field, i) => [names[i], field])))).toEqual(
    trials.map(({ hyperparameters, found, tags, ...trial }) => {
      const all: Record<string, unknown> = {
        ...trial,
        ...hyperparameters,
        found: found.join(' '),
        tags: tags.join(' '),
        // A spreadsheet must not read them as formulas.
        notes: trial.notes.replace(/^[=-]/, "'$&"),
      };
      return Object.fromEntries(names.map((name) => [name, String(all[name] ?? '')]));
    }),
  );
  expect(text).toContain(`'=1+1`);
  expect((await (await service.client.export(id, 'ndjson')).text()).split('\n')[4]).toContain('"notes":"=1+1"');
  expect(text).toMatch(/,"[^"\n]*,[^"\n]*",/); // the reason of one that diverged
  expect(text.endsWith('\n')).toBe(true);
  expect(text).not.toMatch(/\r/);
});

it('a hyperparameter with the name of a column has a name of its own: pandas reads no Parquet with two columns of one name', async () => {
  const { id } = await service.client.create({
    dataset: 'iris',
    hyperparameters: { epochs: { distribution: 'int', low: 1, high: 4 } },
    budget: { trials: 8 },
  });
  await ended(service.client, id);
  const trials = await allTrials(service.client, id);
  const file = await (await service.client.export(id, 'parquet')).arrayBuffer();
  expect((await parquetReadObjects({ file })).map(({ epochs, epochs_ }) => [epochs, epochs_] as unknown[])).toEqual(
    trials.map(({ epochs, hyperparameters: own }) => [epochs, own['epochs']]),
  );
  const [header] = (await (await service.client.export(id, 'csv')).text()).split('\n');
  expect(header!.split(',').filter((name) => name.startsWith('epochs'))).toEqual(['epochs', 'epochs_']);
});

it('a hyperparameter that a later stage fixes is there in its trials too: what is missing is not active', async () => {
  const { id } = await service.client.create({
    dataset: 'iris',
    hyperparameters: {
      initializer: { distribution: 'categorical', choices: ['he', 'zeros'] },
      hiddenUnits: { distribution: 'int', low: 8, high: 32 },
      learningRate: 0.01,
    },
    sampler: { type: 'random', seed: 1 },
    objective: { metric: 'validationLoss' },
    stages: [
      { epochs: 5, trials: 16 },
      { epochs: 6, trials: 4 },
    ],
  });
  const search = await ended(service.client, id);
  expect(search.stages[1]!.hyperparameters['initializer']).toBe('he');
  const trials = await allTrials(service.client, id);
  expect(trials.slice(16).map(({ hyperparameters: own }) => own['initializer'])).toEqual(Array(4).fill(undefined));
  const expected = trials.map(({ hyperparameters: own }) => own['initializer'] ?? 'he');
  const file = await (await service.client.export(id, 'parquet')).arrayBuffer();
  expect((await parquetReadObjects({ file })).map((row) => row['initializer'] as unknown)).toEqual(expected);
  const text = await (await service.client.export(id, 'csv')).text();
  const [header, ...lines] = text.trimEnd().split('\n');
  const place = header!.split(',').indexOf('initializer') - header!.split(',').length;
  expect(lines.map((line) => line.split(',').at(place))).toEqual(expected);
  const journal = (await (await service.client.export(id, 'optuna-journal')).text()).trimEnd().split('\n');
  const records = journal.map(
    (line) => JSON.parse(line) as { params?: Record<string, unknown>; distributions?: object },
  );
  const ofTrials = records.filter(({ params }) => params !== undefined);
  expect(ofTrials.map(({ params }) => ['he', 'zeros'][Number(params!['initializer'])])).toEqual(expected);
  expect(
    new Set(ofTrials.map(({ distributions }) => (distributions as { initializer: string }).initializer)).size,
  ).toBe(1);
});

it('writes every trial as a row of Parquet, which pandas reads with its types', async () => {
  const { id } = await service.client.create({ dataset: 'iris', hyperparameters, budget: { trials: 30 } });
  await ended(service.client, id);
  const trials = await allTrials(service.client, id);
  const response = await service.client.export(id, 'parquet');
  expect(response.headers.get('content-type')).toBe('application/vnd.apache.parquet');
  const file = await response.arrayBuffer();
  const rows = await parquetReadObjects({ file });
  const names = Object.keys(rows[0]!);
  expect(names.slice(-4)).toEqual(['learningRate', 'batchNorm', 'optimizer', 'momentum']);
  expect(rows).toEqual(
    trials.map(({ hyperparameters: own, found, tags, ...trial }) => {
      const all: Record<string, unknown> = { ...trial, ...own, found: found.join(' '), tags: tags.join(' ') };
      return Object.fromEntries(names.map((name) => [name, all[name] ?? null]));
    }),
  );
  if (status !== 0) return;
  const folder = await temporaryFolder();
  try {
    const path = join(folder.path, 'trials.parquet');
    await writeFile(path, new Uint8Array(file));
    const code = 'import pandas, sys; print(pandas.read_parquet(sys.argv[1]).dtypes.astype(str).to_json())';
    expect(JSON.parse(execFileSync(python, ['-c', code, path], { encoding: 'utf8' }))).toMatchObject({
      number: 'int32',
      value: 'float64',
      learningRate: 'float64',
      batchNorm: 'bool',
      momentum: 'float64',
    });
  } finally {
    await folder.remove();
  }
});
