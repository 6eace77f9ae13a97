/** A search as logs of TensorBoard and as a store of MLflow: read in Node, with checksums, and with TensorBoard and MLflow where a Python has them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { unpackTar } from 'modern-tar';
import sqlite from 'node-sqlite3-wasm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeMlflowStore } from '../../src/application/exports/mlflow.ts';
import { meansByEpoch } from '../../src/domain/intermediate-values.ts';
import type { Search } from '../../src/domain/search.ts';
import type { TrialSummary } from '../../src/domain/trial.ts';
import { projectRoot } from '../../src/paths.ts';
import { readRecords, scalarsIn } from '../support/event-file.ts';
import { allTrials, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts';

const python = process.env['TEST_PYTHON'] ?? 'python3';
const has = (name: string) => {
  const { status } = spawnSync(python, ['-c', `import ${name}`]);
  if (status !== 0) console.warn(`${name} is not tried: ${python} cannot import it; TEST_PYTHON names another one.`);
  return status === 0;
};
const hasTensorBoard = has('tensorboard');
const hasMlflow = has('mlflow');

let service: TestService;
let folder: TemporaryFolder;
let search: Search;
let trials: readonly TrialSummary[];
beforeAll(async () => {
  service = await startTestService();
  folder = await temporaryFolder();
  const { id } = await service.client.create({
    name: 'a “search”',
    dataset: 'iris',
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-4, high: 1e6, scale: 'log' },
      batchNorm: { distribution: 'categorical', choices: [true, false] },
      optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
      momentum: { distribution: 'float', low: 0.5, high: 0.99, when: { optimizer: ['momentum'] } },
      epochs: 9,
    },
    pruner: { type: 'hyperband' },
    sampler: { type: 'random', seed: 5 },
    validation: { type: 'holdout', repeats: 2 },
    budget: { trials: 34 },
  });
  await fetch(`${service.url}/v1/searches/${id}/trials/3`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ notes: 'long '.repeat(400), tags: ['good', 'again'] }),
  });
  search = await ended(service.client, id);
  trials = await allTrials(service.client, id);
});
afterAll(async () => {
  await service?.close();
  await folder?.remove();
});

/** What the curves are to be: the finite means over the folds. */
async function curvesOf(number: number): Promise<Record<string, (readonly [number, number])[]>> {
  const { folds } = await service.client.trial(search.id, number);
  const finite = (name: 'trainLoss' | 'validationLoss' | 'trainMetric' | 'validationMetric') =>
    meansByEpoch(folds.map((fold) => fold[name])).flatMap((value, i) =>
      value === null ? [] : [[i + 1, value] as const],
    );
  return {
    'loss/train': finite('trainLoss'),
    'loss/validation': finite('validationLoss'),
    'accuracy/train': finite('trainMetric'),
    'accuracy/validation': finite('validationMetric'),
  };
}

it('writes a run of TensorBoard per trial: records with right checksums, finite curves, and the value last', async () => {
  const response = await service.client.export(search.id, 'tensorboard');
  expect(response.headers.get('content-type')).toBe('application/x-tar');
  expect(response.headers.get('content-disposition')).toContain(`search-${search.id}.tensorboard.tar`);
  const entries = await unpackTar(new Uint8Array(await response.arrayBuffer()), { strict: true });
  expect(entries).toHaveLength(trials.length + 1);
  expect(entries[0]!.header.name).toMatch(/^search-[0-9a-f-]+\/events\.out\.tfevents\.\d{10}\.hypersearch$/);
  expect(new Set(trials.map(({ state }) => state))).toEqual(new Set(['complete', 'pruned']));
  for (const trial of trials) {
    const { header, data } = entries[trial.number + 1]!;
    expect(header.name).toContain(`/trial-${String(trial.number).padStart(5, '0')}/events.out.tfevents.`);
    const scalars = scalarsIn(readRecords(data!));
    const wanted = Object.entries(await curvesOf(trial.number)).flatMap(([tag, points]) =>
      points
        .filter(([, value]) => Number.isFinite(Math.fround(value)))
        .map(([step, value]) => ({ tag, step, value: Math.fround(value) })),
    );
    const value = trial.value === null ? [] : [{ tag: 'value', step: trial.epochs, value: Math.fround(trial.value) }];
    expect(scalars).toEqual([...wanted, ...value]);
  }
  const damaged = entries[1]!.data!.slice();
  damaged[14]! ^= 1;
  expect(() => readRecords(damaged)).toThrow('checksum');
});

interface Logs {
  readonly columns: unknown;
  readonly metrics: readonly string[];
  readonly sessions: readonly {
    readonly hparams: unknown;
    readonly status: number;
    readonly value: number | null;
  }[];
}

async function readLogs(id: string): Promise<Logs> {
  const file = join(folder.path, `${id}.tar`);
  await writeFile(file, new Uint8Array(await (await service.client.export(id, 'tensorboard')).arrayBuffer()));
  const logs = await temporaryFolder();
  try {
    execFileSync('tar', ['-xf', file, '-C', logs.path]);
    const program = join(projectRoot, 'test', 'support', 'read-tensorboard.py');
    return JSON.parse(execFileSync(python, [program, logs.path], { encoding: 'utf8' })) as Logs;
  } finally {
    await logs.remove();
  }
}

it.skipIf(!hasTensorBoard)('is to TensorBoard what the search is: types, active hyperparameters, status', async () => {
  const read = await readLogs(search.id);
  expect(read.columns).toEqual({ learningRate: 3, batchNorm: 2, optimizer: 1, momentum: 3 });
  expect(read.metrics[0]).toBe('value');
  expect(read.sessions.map(({ hparams }) => hparams)).toEqual(trials.map(({ hyperparameters }) => hyperparameters));
  expect(read.sessions.map(({ value }) => value)).toEqual(
    trials.map(({ value }) => (value === null ? null : Math.fround(value))),
  );
  expect(read.sessions.map(({ status }) => status)).toEqual(
    trials.map(({ state, value }) => (state === 'pruned' ? 0 : value === null ? 2 : 1)),
  );
});

it.skipIf(!hasTensorBoard)(
  'has a column of texts where a hyperparameter is a number here and a word there',
  async () => {
    const csv =
      'number,value,params_q,params_lr,state\n0,1,auto,0.1,COMPLETE\n1,2,8,0.2,COMPLETE\n2,3,True,0.3,COMPLETE\n';
    const { search: mixed } = await service.client.importTrials(Buffer.from(csv), { direction: 'minimize' });
    const read = await readLogs(mixed.id);
    expect(read.columns).toEqual({ q: 1, learningRate: 3 });
    expect(read.sessions.map(({ hparams }) => hparams)).toEqual([
      { q: 'auto', learningRate: 0.1 },
      { q: '8', learningRate: 0.2 },
      { q: 'true', learningRate: 0.3 },
    ]);
  },
);

async function storeFile(): Promise<string> {
  const response = await service.client.export(search.id, 'mlflow');
  expect(response.headers.get('content-type')).toBe('application/vnd.sqlite3');
  expect(response.headers.get('content-disposition')).toContain(`search-${search.id}.mlflow.db`);
  const file = join(folder.path, 'mlflow.db');
  await writeFile(file, new Uint8Array(await response.arrayBuffer()));
  return file;
}

it('writes a run of MLflow per trial: parameters, tags, curves, the newest values', async () => {
  const database = new sqlite.Database(await storeFile(), { readOnly: true });
  try {
    expect(database.get('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' });
    expect(database.all('PRAGMA foreign_key_check')).toEqual([]);
    const runs = database.all('SELECT * FROM runs ORDER BY rowid') as Record<string, unknown>[];
    expect(runs.map(({ name }) => name)).toEqual(trials.map(({ number }) => `trial ${number}`));
    const finished = ({ state, value }: TrialSummary) =>
      state === 'pruned' ? 'KILLED' : value === null ? 'FAILED' : 'FINISHED';
    expect(runs.map(({ status }) => status)).toEqual(trials.map(finished));
    for (const [i, trial] of trials.entries()) {
      const id = String(runs[i]!['run_uuid']);
      const pairs = (table: string) =>
        Object.fromEntries(
          database
            .all(`SELECT key, value FROM ${table} WHERE run_uuid = ?`, [id])
            .map((row) => [row['key'], row['value']]),
        );
      expect(pairs('params')).toEqual(
        Object.fromEntries(Object.entries(trial.hyperparameters).map(([name, value]) => [name, String(value)])),
      );
      expect(pairs('tags')).toMatchObject({
        'mlflow.runName': `trial ${i}`,
        'mlflow.source.name': 'hypersearch',
        state: trial.state,
      });
      const points: Record<string, unknown[]> = {};
      const select = 'SELECT key, step, value FROM metrics WHERE run_uuid = ? ORDER BY key, step';
      for (const { key, step, value } of database.all(select, [id]) as Record<string, string>[]) {
        points[key!] = [...(points[key!] ?? []), [step, value]];
      }
      const curves = Object.entries(await curvesOf(i)).filter(([, curve]) => curve.length > 0);
      const value = trial.value === null ? [] : [['value', [[trial.epochs, trial.value]]] as const];
      expect(points).toEqual(Object.fromEntries([...curves, ...value]));
      expect(pairs('latest_metrics')).toEqual(
        Object.fromEntries([...curves, ...value].map(([key, curve]) => [key, curve.at(-1)![1]])),
      );
    }
    // MLflow takes whole milliseconds alone.
    const times = 'SELECT count(*) AS n FROM metrics WHERE typeof(timestamp) <> ? OR timestamp < 1700000000000';
    expect(database.get(times, ['integer'])).toEqual({ n: 0 });
    const duration = "SELECT count(*) AS n FROM tags WHERE key = 'durationMs' AND value NOT GLOB '*[^0-9]*'";
    expect(database.get(duration)).toEqual({ n: trials.filter(({ durationMs }) => durationMs !== null).length });
  } finally {
    database.close();
  }
});

it('cuts what is longer than MLflow stores, with a mark: MLflow would cut it silently', async () => {
  const file = join(folder.path, 'long.db');
  const long = (letter: string) => letter.repeat(10_000);
  const { port1, port2 } = new MessageChannel();
  const written = writeMlflowStore({ file, search: { ...search, notes: long('n') }, pages: port2 });
  const trial = { ...trials[0]!, hyperparameters: { p: long('p') }, reason: long('r') };
  port1.postMessage({ trials: [trial], series: new Map() });
  await once(port1, 'message');
  port1.close();
  await written;
  const database = new sqlite.Database(file, { readOnly: true });
  try {
    const ends = [
      ["SELECT value FROM experiment_tags WHERE key = 'mlflow.note.content'", 5000],
      ["SELECT value FROM tags WHERE key = 'reason'", 8000],
      ["SELECT value FROM params WHERE key = 'p'", 6000],
    ] as const;
    for (const [query, length] of ends) {
      const value = String(database.get(query)!['value']);
      expect(value).toHaveLength(length);
      expect(value).toMatch(/(.)\1{100} … \(cut\)$/);
    }
  } finally {
    database.close();
  }
});

it.skipIf(!hasMlflow)('is to MLflow what the search is', async () => {
  const program = join(projectRoot, 'test', 'support', 'read-mlflow.py');
  // Importing MLflow may take so long that the service, in this process, closes its connections meanwhile.
  const curves = await curvesOf(0);
  const read = JSON.parse(execFileSync(python, [program, await storeFile()], { encoding: 'utf8' })) as {
    readonly names: readonly string[];
    readonly runs: readonly Record<string, unknown>[];
    readonly history: readonly (readonly number[])[];
  };
  expect(read.names).toContain(search.name);
  expect(read.runs).toHaveLength(trials.length);
  const { number, value } = search.best!;
  expect(read.runs[number]).toMatchObject({ name: `trial ${number}`, status: 'FINISHED', value });
  expect(read.history).toEqual(curves['loss/validation']);
});

it('deletes the file of a store that nobody reads to its end', async () => {
  const left = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('hypersearch-export-'));
  const before = await left();
  for (let i = 0; i < 3; i++) {
    const controller = new AbortController();
    const response = await fetch(`${service.url}/v1/searches/${search.id}/export?format=mlflow`, {
      signal: controller.signal,
    });
    expect(response.status).toBe(200);
    controller.abort();
  }
  await expect.poll(left).toEqual(before);
});
