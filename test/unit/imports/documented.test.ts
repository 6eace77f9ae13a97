/** Files with every construct of their tools' documentation: each is mapped, or is left out with the reason. Nothing is passed over in silence. */
import { describe, expect, it } from 'vitest';
import { readSpace } from '../../../src/imports/read-space.ts';

const json = (value: unknown) => JSON.stringify(value);
const scale = { sampling: 'linear', conditions: [] };
const keras = (class_name: string, name: string, config: object) => ({
  class_name,
  config: { name, ...scale, ...config },
});
const distribution = (name: string, attributes: object) => json({ name: `${name}Distribution`, attributes });

interface Documented {
  readonly text: string;
  readonly mapped: Readonly<Record<string, string>>;
  readonly settings: readonly string[];
  readonly unmapped: readonly string[];
}

const documented: Readonly<Record<string, Documented>> = {
  'wandb-sweep': {
    text: `program: train.py
command: ["\${env}", python, "\${program}"]
project: p
entity: e
name: my sweep
description: a text
controller: {type: local}
method: bayes
metric: {name: val_loss, goal: minimize, target: 0.1, impute: worst}
run_cap: 20
early_terminate: {type: hyperband, min_iter: 3, eta: 2, strict: true, s: 2, other: 1}
parameters:
  optimizer: {value: adam}
  activation: {values: [relu, tanh], probabilities: [0.5, 0.5]}
  epochs: {min: 2, max: 8}
  dropout: {min: 0.0, max: 0.5}
  batch_size: {distribution: q_uniform, min: 16, max: 64, q: 16}
  hidden_layer_sizes: {distribution: q_log_uniform_values, min: 16, max: 64, q: 16}
  l2: {distribution: log_uniform_values, min: 1.0e-5, max: 0.1}
  model:
    parameters:
      lr: {distribution: log_uniform, min: -9.0, max: -2.0}
  noise: {distribution: normal, mu: 0, sigma: 1}
`,
    mapped: {
      optimizer: 'optimizer',
      activation: 'activation',
      epochs: 'epochs',
      dropout: 'dropout',
      batch_size: 'batchSize',
      hidden_layer_sizes: 'hiddenUnits',
      l2: 'l2',
      'model.lr': 'learningRate',
    },
    settings: ['method: bayes', 'early_terminate: hyperband', 'run_cap: 20', 'objective: val_loss minimize'],
    unmapped: [
      ...[
        'command',
        'controller',
        'description',
        'early_terminate.other',
        'entity',
        'metric.impute',
        'metric.target',
        'name',
      ],
      ...['noise', 'program', 'project'],
    ],
  },
  'katib-experiment': {
    text: `apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: e, namespace: kubeflow}
spec:
  objective: {type: maximize, goal: 0.99, objectiveMetricName: val_accuracy, additionalMetricNames: [loss], metricStrategies: []}
  algorithm:
    algorithmName: tpe
    algorithmSettings: [{name: n_EI_candidates, value: "24"}]
  earlyStopping:
    algorithmName: medianstop
    algorithmSettings: [{name: min_trials_required, value: "2"}, {name: other, value: "1"}]
  parallelTrialCount: 3
  maxTrialCount: 12
  maxFailedTrialCount: 3
  resumePolicy: Never
  nasConfig: {graphConfig: {numLayers: 2}}
  metricsCollectorSpec: {collector: {kind: StdOut}}
  trialTemplate: {retain: true}
  parameters:
    - {name: lr, parameterType: double, jsonPath: x, feasibleSpace: {min: "0.01", max: "0.05", distribution: logUniform, list: []}}
    - {name: units, parameterType: int, feasibleSpace: {min: "8", max: "64", step: "8"}}
    - {name: optimizer, parameterType: categorical, feasibleSpace: {list: [sgd, adam]}}
    - {name: batch_size, parameterType: discrete, feasibleSpace: {list: ["16", "32"]}}
    - {name: dropout, parameterType: double, feasibleSpace: {min: "0", max: "0.5", distribution: logNormal}}
`,
    mapped: { lr: 'learningRate', units: 'hiddenUnits', optimizer: 'optimizer', batch_size: 'batchSize' },
    settings: [
      ...['algorithm: tpe', 'maxTrialCount: 12', 'maxFailedTrialCount: 3', 'earlyStopping: medianstop'],
      'objective: val_accuracy maximize',
    ],
    unmapped: [
      ...['algorithm.n_EI_candidates', 'dropout', 'earlyStopping.other', 'metadata', 'metricsCollectorSpec'],
      ...['nasConfig', 'objective.additionalMetricNames', 'objective.goal', 'objective.metricStrategies'],
      ...['parallelTrialCount', 'resumePolicy', 'trialTemplate'],
    ],
  },
  'nni-search-space': {
    text: json({
      lr: { _type: 'loguniform', _value: [1e-4, 0.1] },
      dropout: { _type: 'uniform', _value: [0, 0.5] },
      hidden_layer_sizes: { _type: 'quniform', _value: [8, 64, 8] },
      l2: { _type: 'qloguniform', _value: [0.01, 0.1, 0.01] },
      epochs: { _type: 'randint', _value: [2, 9] },
      activation: { _type: 'choice', _value: ['relu', 'tanh'] },
      optimizer: {
        _type: 'choice',
        _value: [{ _name: 'sgd' }, { _name: 'momentum', momentum: { _type: 'uniform', _value: [0.5, 0.9] } }],
      },
      a: { _type: 'normal', _value: [0, 1] },
      b: { _type: 'qnormal', _value: [0, 1, 1] },
      c: { _type: 'lognormal', _value: [0, 1] },
      d: { _type: 'qlognormal', _value: [0, 1, 1] },
      e: { _type: 'layer_choice', _value: ['x', 'y'] },
    }),
    mapped: {
      lr: 'learningRate',
      dropout: 'dropout',
      hidden_layer_sizes: 'hiddenUnits',
      l2: 'l2',
      epochs: 'epochs',
      activation: 'activation',
      optimizer: 'optimizer',
      'optimizer/momentum/momentum': 'momentum',
    },
    settings: [],
    unmapped: ['a', 'b', 'c', 'd', 'e'],
  },
  configspace: {
    text: json({
      name: 'space',
      meta: { by: 'me' },
      hyperparameters: [
        { type: 'uniform_float', name: 'lr', lower: 1e-4, upper: 0.1, log: true, default_value: 0.01 },
        { type: 'uniform_int', name: 'hidden_layer_sizes', lower: 8, upper: 64, log: false, q: 8 },
        { type: 'categorical', name: 'optimizer', choices: ['sgd', 'momentum', 'nesterov'], weights: [0.5, 0.3, 0.2] },
        { type: 'ordinal', name: 'batch_size', sequence: [16, 32] },
        { type: 'constant', name: 'epochs', value: 4 },
        { type: 'uniform_float', name: 'momentum', lower: 0.5, upper: 0.9 },
        { type: 'normal_float', name: 'a', mu: 0, sigma: 1 },
        { type: 'normal_int', name: 'b', mu: 4, sigma: 1 },
        { type: 'beta_float', name: 'c', alpha: 2, beta: 5 },
        { type: 'beta_int', name: 'd', alpha: 2, beta: 5 },
        { type: 'uniform_float', name: 'dropout', lower: 0, upper: 0.5 },
        { type: 'uniform_float', name: 'l2', lower: 0, upper: 0.5, meta: { unit: 'none' } },
        { type: 'constant', name: 'warmup_epochs', value: 1, meta: { since: 2 }, later: 1 },
      ],
      conditions: [
        { type: 'IN', child: 'momentum', parent: 'optimizer', values: ['momentum', 'nesterov'] },
        { type: 'LT', child: 'dropout', parent: 'epochs', value: 5 },
        { type: 'OR', child: 'l2', conditions: [{ type: 'EQ', child: 'l2', parent: 'optimizer', value: 'sgd' }] },
      ],
      forbiddens: [{ type: 'EQUALS', name: 'optimizer', value: 'sgd' }],
      python_module_version: '1.2.1',
      format_version: 0.4,
      json_format_version: 0.4,
      later: 1,
    }),
    mapped: {
      lr: 'learningRate',
      hidden_layer_sizes: 'hiddenUnits',
      optimizer: 'optimizer',
      batch_size: 'batchSize',
      epochs: 'epochs',
      momentum: 'momentum',
      warmup_epochs: 'warmupEpochs',
    },
    settings: [],
    unmapped: ['a', 'b', 'c', 'd', 'dropout', 'forbiddens', 'l2', 'later', 'meta', 'name'],
  },
  'vizier-study': {
    text: json({
      name: 'owners/o/studies/s',
      displayName: 's',
      studySpec: {
        metrics: [{ metricId: 'accuracy', goal: 'MAXIMIZE', safetyConfig: { safetyThreshold: 0.5 } }],
        algorithm: 'RANDOM_SEARCH',
        observationNoise: 'LOW',
        medianAutomatedStoppingSpec: { useElapsedDuration: true },
        studyStoppingConfig: { maxNumTrials: 20 },
        parameters: [
          {
            parameterId: 'lr',
            doubleValueSpec: { minValue: 1e-4, maxValue: 0.1, defaultValue: { value: 0.01 } },
            scaleType: 'UNIT_LOG_SCALE',
          },
          { parameterId: 'hidden_layer_sizes', integerValueSpec: { minValue: '8', maxValue: '64' } },
          { parameterId: 'batch_size', discreteValueSpec: { values: [16, 32] } },
          {
            parameterId: 'optimizer',
            categoricalValueSpec: { values: ['momentum', 'sgd'] },
            conditionalParameterSpecs: [
              {
                parentCategoricalValues: { values: ['momentum'] },
                parameterSpec: { parameterId: 'momentum', doubleValueSpec: { minValue: 0.5, maxValue: 0.9 } },
              },
            ],
          },
          {
            parameterId: 'l2',
            doubleValueSpec: { minValue: 1e-4, maxValue: 0.1 },
            scaleType: 'UNIT_REVERSE_LOG_SCALE',
          },
          {
            parameterId: 'epochs',
            integerValueSpec: { minValue: '1', maxValue: '4' },
            externalType: 'AS_INTEGER',
            x: 1,
          },
        ],
      },
    }),
    mapped: {
      lr: 'learningRate',
      hidden_layer_sizes: 'hiddenUnits',
      batch_size: 'batchSize',
      optimizer: 'optimizer',
      momentum: 'momentum',
      epochs: 'epochs',
    },
    settings: ['algorithm: RANDOM_SEARCH', 'objective: accuracy maximize'],
    unmapped: [
      ...['displayName', 'l2', 'medianAutomatedStoppingSpec', 'metrics.safetyConfig', 'name', 'observationNoise'],
      'studyStoppingConfig',
    ],
  },
  'keras-tuner': {
    text: json({
      ongoing_trials: {},
      start_order: [],
      seed: 1,
      tried_so_far: [],
      hyperparameters: {
        space: [
          keras('Float', 'lr', { min_value: 1e-4, max_value: 0.1, step: null, sampling: 'log', default: 1e-4 }),
          keras('Int', 'hidden_layer_sizes', { min_value: 8, max_value: 64, step: 8, default: null }),
          keras('Choice', 'optimizer', { values: ['sgd', 'momentum'], ordered: false, default: 'sgd' }),
          keras('Boolean', 'batch_norm', { default: false }),
          keras('Fixed', 'epochs', { value: 4 }),
          keras('Float', 'momentum', {
            ...{ min_value: 0.5, max_value: 0.9, step: null },
            conditions: [{ class_name: 'Parent', config: { name: 'optimizer', values: ['momentum'] } }],
          }),
          keras('Float', 'l2', { min_value: 1e-4, max_value: 0.1, sampling: 'reverse_log' }),
        ],
        values: { lr: 1e-4 },
      },
    }),
    mapped: {
      lr: 'learningRate',
      hidden_layer_sizes: 'hiddenUnits',
      optimizer: 'optimizer',
      batch_norm: 'batchNorm',
      epochs: 'epochs',
      momentum: 'momentum',
    },
    settings: [],
    unmapped: ['l2'],
  },
  'optuna-journal': {
    text: [
      { op_code: 0, study_name: 'a', directions: [1] },
      { op_code: 2, study_id: 0, user_attr: { by: 'me' } },
      { op_code: 3, study_id: 0, system_attr: { 'study:metric_names': ['val_loss'] } },
      { op_code: 4, study_id: 0, datetime_start: null },
      ...Object.entries({
        lr: distribution('Float', { low: 1e-4, high: 0.1, log: true, step: null }),
        hidden_layer_sizes: distribution('Int', { low: 8, high: 64, log: false, step: 8 }),
        optimizer: distribution('Categorical', { choices: ['sgd', 'adam'] }),
        l2: distribution('Other', {}),
      }).map(([param_name, one]) => ({
        op_code: 5,
        trial_id: 0,
        param_name,
        param_value_internal: 0,
        distribution: one,
      })),
      { op_code: 7, trial_id: 0, step: 1, intermediate_value: 0.5 },
      { op_code: 8, trial_id: 0, user_attr: { note: 'x' } },
      { op_code: 9, trial_id: 0, system_attr: { fixed_params: {} } },
      { op_code: 6, trial_id: 0, state: 1, values: [0.5] },
      // Rustuna's, which Optuna skips.
      { op_code: 10, study_id: 0 },
    ]
      .map((record) => `${json(record)}\n`)
      .join(''),
    mapped: { lr: 'learningRate', hidden_layer_sizes: 'hiddenUnits', optimizer: 'optimizer' },
    settings: ['objective: val_loss minimize'],
    unmapped: ['l2'],
  },
  'hypersearch-space': {
    text: json({
      format: 'hypersearch-space',
      tool: 'ray-tune',
      metric: 'val_loss',
      direction: 'minimize',
      trials: 20,
      scheduler: 'asha',
      hyperparameters: {
        lr: { type: 'loguniform', low: 1e-4, high: 0.1, base: 10 },
        dropout: { type: 'quniform', low: 0, high: 0.5, q: 0.1 },
        hidden_layer_sizes: { type: 'qrandint', low: 8, high: 64, q: 8 },
        batch_size: { type: 'lograndint', low: 8, high: 65 },
        optimizer: ['sgd', 'momentum'],
        momentum: { type: 'uniform', low: 0.5, high: 0.9, when: { optimizer: ['momentum'] } },
        epochs: 4,
        a: { type: 'randn', mean: 0, sd: 1 },
        b: { type: 'sample_from' },
      },
    }),
    mapped: {
      lr: 'learningRate',
      dropout: 'dropout',
      hidden_layer_sizes: 'hiddenUnits',
      batch_size: 'batchSize',
      optimizer: 'optimizer',
      momentum: 'momentum',
      epochs: 'epochs',
    },
    settings: ['trials: 20', 'objective: val_loss minimize'],
    unmapped: ['a', 'b', 'scheduler'],
  },
};

describe.each(Object.entries(documented))('%s', (format, { text, mapped, settings, unmapped }) => {
  const read = readSpace({ text });

  it('has every construct mapped, or left out with its reason', () => {
    expect(read.format).toBe(format);
    expect(Object.fromEntries(read.mapped.map(({ source, hyperparameter }) => [source, hyperparameter]))).toEqual(
      mapped,
    );
    expect(read.settings.map(({ source }) => source).sort()).toEqual([...settings].sort());
    expect(read.unmapped.map(({ name }) => name).sort()).toEqual([...unmapped].sort());
    for (const { why } of read.unmapped) expect(why.length).toBeGreaterThan(10);
  });

  it('has a mapping that the request can change', () => {
    const [source] = Object.keys(mapped);
    const names = { [source!]: null };
    expect(readSpace({ text, names }).unmapped).toContainEqual({
      name: source,
      kind: 'hyperparameter',
      why: 'the mapping leaves it out',
    });
  });
});

it('tells of defaults, of fields that a distribution does not have, and of names that come twice', () => {
  const notesOf = (format: string) =>
    readSpace({ text: documented[format]!.text })
      .notes.map(({ text }) => text)
      .join('\n');
  for (const format of ['configspace', 'vizier-study']) expect(notesOf(format)).toContain('defaults are not imported');
  expect(notesOf('hypersearch-space')).toContain('base is ignored here');
  expect(notesOf('katib-experiment')).toContain('ignored here: jsonPath, feasibleSpace.list');
  expect(notesOf('configspace')).toContain('ignored here: meta, later');
  expect(notesOf('vizier-study')).toMatch(/ignored here: x$/m);
  const study = { displayName: 's', parameters: [{ parameterId: 'dropout', doubleValueSpec: { maxValue: 0.2 } }] };
  expect(readSpace({ text: json(study) }).unmapped).toMatchObject([{ name: 'displayName' }]);
  const parameter = { parameterId: 'lr', doubleValueSpec: { minValue: 0.1, maxValue: 0.2 } };
  const other = { ...parameter, doubleValueSpec: { minValue: 0.3, maxValue: 0.4 } };
  const twice = readSpace({ text: json({ parameters: [parameter, other] }) });
  expect(twice.mapped).toMatchObject([{ source: 'lr', setting: { low: 0.1, high: 0.2 } }]);
  expect(twice.notes.map(({ text }) => text).join()).toContain('more than once: the first one is taken');
});
