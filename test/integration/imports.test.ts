/** Files of other tools through REST: from the answer a search begins, and its trials lie in the support that the tool has. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImportRequest } from '../../src/contract/imports.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

type Support = Readonly<Record<string, (value: unknown) => boolean>>;
const among =
  (...values: readonly unknown[]) =>
  (value: unknown) =>
    values.includes(value);
const between = (low: number, high: number) => (value: unknown) => Number(value) >= low && Number(value) <= high;
const json = (value: unknown) => JSON.stringify(value);

const files: readonly [format: string, file: ImportRequest, support: Support][] = [
  [
    'wandb-sweep',
    {
      file: 'sweep.yaml',
      text: `method: random
run_cap: 9
parameters:
  lr: {distribution: log_uniform_values, min: 1.0e-3, max: 0.1}
  units: {distribution: q_uniform, min: 1, max: 11, q: 4}
  batch_size: {min: 16, max: 18}
  epochs: {value: 2}
`,
    },
    { learningRate: between(1e-3, 0.1), hiddenUnits: among(4, 8, 12), batchSize: among(16, 17, 18) },
  ],
  [
    'optuna-journal',
    {
      text: [
        { op_code: 0, study_name: 'a', directions: [1] },
        { op_code: 4, study_id: 0 },
        {
          op_code: 5,
          trial_id: 0,
          param_name: 'lr',
          distribution: json({
            name: 'FloatDistribution',
            attributes: { low: 0.25, high: 0.95, step: 0.25, log: false },
          }),
        },
      ]
        .map((line) => `${json(line)}\n`)
        .join(''),
    },
    { learningRate: among(0.25, 0.5, 0.75) },
  ],
  [
    'nni-search-space',
    {
      text: json({
        units: { _type: 'quniform', _value: [1, 11, 4] },
        optimizer: {
          _type: 'choice',
          _value: [{ _name: 'adam' }, { _name: 'momentum', momentum: { _type: 'uniform', _value: [0.5, 0.9] } }],
        },
      }),
    },
    { hiddenUnits: among(1, 4, 8, 11), optimizer: among('adam', 'momentum'), momentum: between(0.5, 0.9) },
  ],
  [
    'katib-experiment',
    {
      text: `apiVersion: kubeflow.org/v1beta1
kind: Experiment
spec:
  objective: {type: minimize, objectiveMetricName: val_loss}
  algorithm: {algorithmName: random}
  parameters:
    - {name: lr, parameterType: double, feasibleSpace: {min: "0.0001", max: "0.1", step: "0.05", distribution: logUniform}}
    - {name: units, parameterType: int, feasibleSpace: {min: "1", max: "11", step: "4"}}
`,
    },
    { learningRate: among(0.05, 0.1), hiddenUnits: among(4, 8, 12) },
  ],
  [
    'configspace',
    {
      text: json({
        hyperparameters: [
          { type: 'uniform_int', name: 'units', lower: 8, upper: 32, q: 8, log: false },
          { type: 'categorical', name: 'optimizer', choices: ['sgd', 'momentum'] },
          { type: 'uniform_float', name: 'momentum', lower: 0.5, upper: 0.6, log: false },
        ],
        conditions: [{ type: 'EQ', child: 'momentum', parent: 'optimizer', value: 'momentum' }],
      }),
    },
    { hiddenUnits: among(8, 16, 24, 32), optimizer: among('sgd', 'momentum'), momentum: between(0.5, 0.6) },
  ],
  [
    'vizier-study',
    {
      text: json({
        parameters: [
          { parameterId: 'dropout', doubleValueSpec: { maxValue: 0.5 } },
          { parameterId: 'units', integerValueSpec: { minValue: '4', maxValue: '6' } },
        ],
        metrics: [{ metricId: 'accuracy', goal: 'MAXIMIZE' }],
        algorithm: 'RANDOM_SEARCH',
      }),
    },
    { dropout: between(0, 0.5), hiddenUnits: among(4, 5, 6) },
  ],
  [
    'keras-tuner',
    {
      text: json({
        hyperparameters: {
          space: [
            {
              class_name: 'Float',
              config: { name: 'dropout', min_value: 0, max_value: 0.3, step: 0.1, sampling: 'linear' },
            },
            { class_name: 'Float', config: { name: 'lr', min_value: 1e-4, max_value: 0.2, step: 10, sampling: 'log' } },
          ],
        },
      }),
    },
    { dropout: among(0, 0.1, 0.2), learningRate: among(1e-4, 1e-3, 0.01, 0.1) },
  ],
  [
    'hypersearch-space',
    {
      text: json({
        format: 'hypersearch-space',
        tool: 'ray-tune',
        hyperparameters: {
          units: { type: 'qrandint', low: 1, high: 11, q: 4 },
          layers: { type: 'randint', low: 1, high: 3 },
        },
      }),
    },
    { hiddenUnits: among(4, 8), hiddenLayers: among(1, 2) },
  ],
];

describe('a file of another tool', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service?.close());

  it.each(files)('%s becomes a search', async (format, file, support) => {
    const imported = await service.client.importSpace({ ...file, dataset: 'iris' });
    expect(imported.format).toBe(format);
    expect(imported.unmapped.filter(({ kind }) => kind === 'hyperparameter')).toEqual([]);
    expect(imported.mapped.map(({ hyperparameter }) => hyperparameter)).toEqual(
      expect.arrayContaining(Object.keys(support)),
    );
    const { specification } = imported;
    const search = await service.client.create({
      ...specification,
      hyperparameters: { ...specification.hyperparameters, epochs: 1 },
      budget: { trials: 24 },
    });
    expect((await ended(service.client, search.id)).trials.complete).toBe(24);
    const trials = await fetch(`${service.url}/v1/searches/${search.id}/trials?limit=100`);
    const { items } = (await trials.json()) as { items: { hyperparameters: Record<string, unknown> }[] };
    expect(items).toHaveLength(24);
    for (const [name, accepts] of Object.entries(support)) {
      const values = items.flatMap(({ hyperparameters }) => (name in hyperparameters ? [hyperparameters[name]] : []));
      expect(values.length, name).toBeGreaterThan(0);
      expect(
        values.filter((value) => !accepts(value)),
        name,
      ).toEqual([]);
    }
  });

  it('is complete with a data set and a draft without one; a mapping of the request is followed', async () => {
    const [, { text }] = files[0]!;
    const draft = await service.client.importSpace({ text });
    expect(draft.specification).not.toHaveProperty('dataset');
    expect(draft.specification).toMatchObject({ sampler: { type: 'random' }, budget: { trials: 9 } });
    const named = await service.client.importSpace({ text, names: { lr: 'l2', batch_size: null }, dataset: 'iris' });
    expect(named.specification).toMatchObject({ dataset: 'iris', hyperparameters: { l2: { low: 1e-3 } } });
    expect(named.unmapped.map(({ name }) => name)).toEqual(['batch_size']);
  });

  const post = async (body: unknown) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${service.url}/v1/imports`, { method: 'POST', headers, body: json(body) });
    return {
      status: response.status,
      problem: (await response.json()) as { faults: { path: string; message: string }[] },
    };
  };

  it.each<[string, object, number, string, string]>([
    ['damaged', { text: '{"hyperparameters": [' }, 400, 'text (line 1, column 22)', 'is not JSON'],
    ['of no known tool', { text: 'a: 1' }, 400, 'text', 'is not a search space of'],
    ['too large', { text: 'x'.repeat(1024 * 1024 + 1) }, 400, 'text', '1048576'],
    ['far too large', { text: 'x'.repeat(5 * 1024 * 1024) }, 413, 'body', '4194304'],
    ['with a mapping to nothing', { text: 'a: 1', names: { lr: 'speed' } }, 400, 'names.lr', 'learningRate'],
    ['for a data set that is not there', { text: 'a: 1', dataset: 'none' }, 404, '', ''],
  ])('%s is refused with its place, and nothing is stored', async (_, body, status, path, message) => {
    const before = (await service.client.list()).items.length;
    const { status: got, problem } = await post(body);
    expect(got).toBe(status);
    if (path !== '') expect(problem.faults).toEqual([{ path, message: expect.stringContaining(message) }]);
    expect((await service.client.list()).items).toHaveLength(before);
  });
});
