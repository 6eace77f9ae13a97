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
      .map((line) => JSON.parse(line) as { readonly op_code: number; readonly values?: unknown });
    expect(records[0]).toEqual({ op_code: 0, study_name: search.name, directions: [2], worker_id: 'hypersearch' });
    expect(records.filter(({ op_code }) => op_code === 4)).toHaveLength(12);
    expect(text).not.toMatch(/NaN|Infinity|\[null\]/);
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
    expect(study.trials.map(({ params }) => params)).toEqual(trials.map(({ hyperparameters }) => hyperparameters));
    expect(Object.keys(trials[0]!.hyperparameters)).toEqual(expect.arrayContaining(['hiddenUnits1', 'hiddenUnits2']));
  });
});
