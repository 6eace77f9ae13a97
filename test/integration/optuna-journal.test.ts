/** A search as a study of Optuna, which Optuna itself reads where a Python has it: python3, or the one that TEST_PYTHON names. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Importance } from '../../src/contract/analysis.ts';
import { meansByEpoch } from '../../src/domain/intermediate-values.ts';
import type { Search } from '../../src/domain/search.ts';
import { projectRoot } from '../../src/paths.ts';
import { allTrials, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts';

const python = process.env['TEST_PYTHON'] ?? 'python3';
const { status } = spawnSync(python, ['-c', 'import optuna']);
if (status !== 0)
  console.warn(`Journals are not read with Optuna: ${python} cannot import optuna; TEST_PYTHON names another one.`);

const hasDashboard = spawnSync(python, ['-c', 'import optuna_dashboard']).status === 0;
if (!hasDashboard) console.warn(`Journals are not shown by optuna-dashboard: ${python} cannot import it.`);

interface Shown {
  readonly status: number;
  readonly states: Readonly<Record<string, number>>;
  readonly best: number;
  readonly withCurves: number;
  readonly parameters: readonly string[];
  readonly importance: readonly string[];
}

const hyperparameters = {
  learningRate: { distribution: 'float', low: 1e-4, high: 1e6, scale: 'log' },
  hiddenUnits: { distribution: 'int', low: 2, high: 32, scale: 'log' },
  dropout: { distribution: 'float', low: 0, high: 0.4, step: 0.1 },
  batchNorm: { distribution: 'categorical', choices: [false, true] },
  optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
  momentum: { distribution: 'float', low: 0.5, high: 0.99, when: { optimizer: ['momentum'] } },
  epochs: 9,
};

interface Read {
  readonly name: string;
  readonly direction: string;
  readonly metrics: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly best: number;
  readonly trials: readonly {
    readonly number: number;
    readonly state: string;
    readonly values: readonly number[] | null;
    readonly params: Readonly<Record<string, unknown>>;
    readonly distributions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly intermediate: Readonly<Record<string, number>>;
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly seconds: number | null;
  }[];
}

interface JournalRecord {
  readonly op_code: number;
  readonly state?: number;
  readonly value?: unknown;
  readonly values?: unknown;
  readonly intermediate_values?: Readonly<Record<string, unknown>>;
  readonly datetime_start?: string;
  readonly datetime_complete?: string;
}

describe('the journal of a search', () => {
  let service: TestService;
  let folder: TemporaryFolder;
  beforeAll(async () => {
    service = await startTestService();
    folder = await temporaryFolder();
  });
  afterAll(async () => {
    await service?.close();
    await folder?.remove();
  });

  async function journalOf(search: Search): Promise<string> {
    const response = await service.client.export(search.id, 'optuna-journal');
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="search-${search.id}.journal.log"`);
    return response.text();
  }
  async function readBack(search: Search): Promise<Read> {
    const file = join(folder.path, `${search.id}.log`);
    await writeFile(file, await journalOf(search));
    const program = join(projectRoot, 'test', 'support', 'read-optuna-journal.py');
    return JSON.parse(execFileSync(python, [program, file], { encoding: 'utf8' })) as Read;
  }
  const run = async (specification: object) => ended(service.client, (await service.client.create(specification)).id);

  it('has a record a line, the last one ended too, and no number that is not finite', async () => {
    const search = await run({ dataset: 'iris', hyperparameters, budget: { trials: 12 } });
    const text = await journalOf(search);
    expect(text.endsWith('}\n')).toBe(true);
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JournalRecord);
    expect(records[0]).toEqual({ op_code: 0, study_name: search.name, directions: [2], worker_id: 'hypersearch' });
    expect(records.filter(({ op_code }) => op_code === 4)).toHaveLength(12);
    expect(text).not.toMatch(/NaN|Infinity|\[null\]/);
    const finished = records.filter(({ op_code }) => op_code === 4);
    for (const {
      state,
      value,
      values,
      intermediate_values: steps = {},
      datetime_start,
      datetime_complete,
    } of finished) {
      // Optuna for Python 3.10 reads fractions of three or six digits alone, and takes a time without a zone as a local one.
      for (const time of [datetime_start, datetime_complete])
        expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
      // One null hides the study from optuna-dashboard; only a trial that failed has no value.
      expect(Object.values(steps).filter((one) => !Number.isFinite(one))).toEqual([]);
      expect(value).toBeNull();
      if (state === 1) expect(values).toEqual([expect.any(Number)]);
    }
    expect(finished.some(({ state, values }) => state === 3 && values === null)).toBe(true);
  });

  it.skipIf(status !== 0)('is to Optuna what the search is: states, values, curves, hyperparameters', async () => {
    const name = 'a “study”';
    const search = await run({
      name,
      dataset: 'iris',
      hyperparameters,
      pruner: { type: 'hyperband' },
      sampler: { type: 'random', seed: 5 },
      objective: { metric: 'validationLoss' },
      budget: { trials: 34 },
    });
    await fetch(`${service.url}/v1/searches/${search.id}/trials/3`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ notes: 'odd', tags: ['good', 'again'] }),
    });
    const study = await readBack(search);
    expect(study).toMatchObject({
      name,
      direction: 'MINIMIZE',
      metrics: ['validationLoss'],
      best: search.best!.number,
    });
    expect(JSON.parse(String(study.attributes['specification']))).toEqual(search.specification);
    const importance = (await (await fetch(`${service.url}/v1/searches/${search.id}/importance`)).json()) as Importance;
    expect(Object.keys(study.attributes['hypersearch:importance'] as object)).toEqual(
      expect.arrayContaining(['learningRate', 'optimizer']),
    );
    expect(study.attributes).toMatchObject({
      'hypersearch:importance': Object.fromEntries(importance.shares.map(({ name, share }) => [name, share])),
      'hypersearch:importanceAmongBest': Object.fromEntries(
        importance.shares.map(({ name, amongBest }) => [name, amongBest]),
      ),
      'hypersearch:importanceTrials': importance.trials,
      'hypersearch:importanceNote': importance.note,
    });
    const trials = await allTrials(service.client, search.id);
    expect(study.trials.map(({ number }) => number)).toEqual(trials.map(({ number }) => number));
    expect(new Set(study.trials.map(({ state }) => state))).toEqual(new Set(['COMPLETE', 'PRUNED', 'FAIL']));
    for (const [i, own] of study.trials.entries()) {
      const trial = trials[i]!;
      const { folds } = await service.client.trial(search.id, trial.number);
      const means = meansByEpoch(folds.map(({ validationLoss }) => validationLoss));
      const finite = means.flatMap((value, epoch) => (value === null ? [] : [[String(epoch + 1), value] as const]));
      expect(own.params).toEqual(trial.hyperparameters);
      expect(own.intermediate).toEqual(Object.fromEntries(finite));
      const isFailed = trial.outcome === 'diverged' && trial.state === 'complete';
      expect(own.state).toBe(isFailed ? 'FAIL' : trial.state.toUpperCase());
      expect(own.values).toEqual(isFailed ? null : [trial.state === 'pruned' ? finite.at(-1)![1] : trial.value]);
      expect(own.seconds).toBeCloseTo((Date.parse(trial.finishedAt!) - Date.parse(trial.startedAt!)) / 1000, 3);
      expect(own.attributes).toMatchObject({ state: trial.state, epochs: trial.epochs, source: 'sampled' });
      expect(own.attributes['found'] ?? '').toBe(trial.found.join(' '));
    }
    expect(study.trials[3]!.attributes).toMatchObject({ notes: 'odd', tags: 'good again' });
    const withMomentum = study.trials.find(({ params }) => params['optimizer'] === 'momentum')!;
    expect(withMomentum.distributions).toEqual({
      learningRate: { name: 'FloatDistribution', low: 1e-4, high: 1e6, log: true, step: null },
      hiddenUnits: { name: 'IntDistribution', low: 2, high: 32, log: true, step: 1 },
      dropout: { name: 'FloatDistribution', low: 0, high: 0.4, log: false, step: 0.1 },
      batchNorm: { name: 'CategoricalDistribution', choices: [false, true] },
      optimizer: { name: 'CategoricalDistribution', choices: ['sgd', 'momentum'] },
      momentum: { name: 'FloatDistribution', low: 0.5, high: 0.99, log: false, step: null },
    });
  });

  it.skipIf(!hasDashboard)('is shown by optuna-dashboard: every trial, the best one, the curves', async () => {
    const pruner = { type: 'hyperband' };
    const lists = { ...hyperparameters, hiddenUnits: [{ distribution: 'int', low: 2, high: 32 }, 4] };
    const search = await run({ dataset: 'iris', hyperparameters: lists, pruner, budget: { trials: 34 } });
    const file = join(folder.path, `${search.id}.log`);
    await writeFile(file, await journalOf(search));
    const program = join(projectRoot, 'test', 'support', 'read-optuna-dashboard.py');
    const shown = JSON.parse(execFileSync(python, [program, file], { encoding: 'utf8' })) as Shown;
    const { complete, diverged, pruned } = search.trials;
    expect(shown).toEqual({
      status: 200,
      states: { Complete: complete - diverged, Pruned: pruned, Fail: diverged },
      best: search.best!.number,
      withCurves: expect.any(Number),
      parameters: expect.arrayContaining(['hiddenUnits1', 'learningRate', 'momentum']),
      importance: expect.arrayContaining(['learningRate']),
    });
    expect(shown.withCurves).toBeGreaterThan(complete - diverged);
    // What is not shown: a study with a trial that is complete and has no value.
    const records = (await journalOf(search)).replace(/"values":\[[^\]]*\]/, '"values":[null]');
    await writeFile(file, records);
    expect(JSON.parse(execFileSync(python, [program, file], { encoding: 'utf8' }))).toEqual({ status: 500 });
  });

  it.skipIf(status !== 0)('keeps the hyperparameters of all stages, and lists of hidden units', async () => {
    const { epochs: _, hiddenUnits: __, ...varied } = hyperparameters;
    const units = { distribution: 'categorical', choices: [4, 8, 16, 32] };
    const search = await run({
      dataset: 'iris',
      hyperparameters: { ...varied, hiddenUnits: [units, { distribution: 'int', low: 2, high: 8 }] },
      stages: [
        { epochs: 2, trials: 12 },
        { epochs: 4, trials: 8 },
      ],
    });
    expect(search.stages).toHaveLength(2);
    const study = await readBack(search);
    const trials = await allTrials(service.client, search.id);
    // What a stage fixes is there, too.
    const fixed = Object.fromEntries(
      Object.keys(trials[0]!.hyperparameters).map((name) => [name, search.stages[1]!.hyperparameters[name]]),
    );
    expect(study.trials.map(({ params }) => params)).toEqual(
      trials.map(({ stage, hyperparameters }) => ({
        ...(stage === 1 && Object.fromEntries(Object.entries(fixed).filter(([, one]) => typeof one !== 'object'))),
        ...hyperparameters,
      })),
    );
    expect(Object.keys(trials[0]!.hyperparameters)).toEqual(expect.arrayContaining(['hiddenUnits1', 'hiddenUnits2']));
  });
});
