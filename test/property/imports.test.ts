/** Damaged files of other tools: a Problem with a place, or a specification that our schema accepts; never another error. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { specificationSchema } from '../../src/domain/specification/specification.ts';
import { Problem } from '../../src/errors.ts';
import { readSpace } from '../../src/imports/read-space.ts';

const json = (value: unknown) => JSON.stringify(value);
const samples = [
  'method: bayes\nmetric: {name: val_loss, goal: minimize}\nrun_cap: 9\nearly_terminate: {type: hyperband, min_iter: 3}\nparameters:\n  lr: {distribution: log_uniform_values, min: 1.0e-3, max: 0.1}\n  units: {distribution: q_uniform, min: 1, max: 11, q: 4}\n  opt: {values: [adam, sgd]}\n',
  'kind: Experiment\nspec:\n  objective: {type: minimize, objectiveMetricName: val_loss}\n  maxTrialCount: 4\n  algorithm: {algorithmName: random}\n  earlyStopping: {algorithmName: medianstop, algorithmSettings: [{name: start_step, value: "5"}]}\n  parameters:\n    - {name: lr, parameterType: double, feasibleSpace: {min: "0.01", max: "0.1", step: "0.05", distribution: logUniform}}\n',
  json({
    lr: { _type: 'loguniform', _value: [0.01, 1] },
    units: { _type: 'quniform', _value: [1, 11, 4] },
    optimizer: {
      _type: 'choice',
      _value: [{ _name: 'sgd' }, { _name: 'momentum', momentum: { _type: 'uniform', _value: [0.1, 0.9] } }],
    },
  }),
  json({
    hyperparameters: [
      { type: 'uniform_int', name: 'units', lower: 8, upper: 64, q: 8, log: true },
      { type: 'categorical', name: 'optimizer', choices: ['sgd', 'momentum'] },
      { type: 'uniform_float', name: 'momentum', lower: 0.5, upper: 0.9 },
    ],
    conditions: [{ type: 'EQ', child: 'momentum', parent: 'optimizer', value: 'momentum' }],
  }),
  json({
    parameters: [
      { parameterId: 'dropout', doubleValueSpec: { maxValue: 0.5 } },
      { parameterId: 'units', integerValueSpec: { minValue: '4', maxValue: '6' }, scaleType: 'UNIT_LOG_SCALE' },
    ],
    metrics: [{ metricId: 'accuracy', goal: 'MAXIMIZE' }],
  }),
  json({
    hyperparameters: {
      space: [
        { class_name: 'Int', config: { name: 'layers', min_value: 1, max_value: 3, step: 1 } },
        { class_name: 'Int', config: { name: 'units_1', min_value: 8, max_value: 64, step: 2, sampling: 'log' } },
        { class_name: 'Float', config: { name: 'lr', min_value: 0.1, max_value: 0.5, step: 0.1 } },
      ],
    },
  }),
  json({
    format: 'hypersearch-space',
    tool: 'ray-tune',
    trials: 5,
    hyperparameters: {
      units: { type: 'qrandint', low: 1, high: 11, q: 4 },
      lr: { type: 'qloguniform', low: 0.1, high: 1, q: 0.1 },
    },
  }),
  [
    { op_code: 0, study_name: 'a', directions: [1] },
    { op_code: 4, study_id: 0 },
    {
      op_code: 5,
      trial_id: 0,
      param_name: 'lr',
      distribution: json({ name: 'FloatDistribution', attributes: { low: 0.25, high: 0.95, step: 0.25, log: false } }),
    },
  ]
    .map((line) => `${json(line)}\n`)
    .join(''),
];

/** The text with some places replaced, as a hand or a program damages it. */
const damaged = fc
  .record({
    text: fc.constantFrom(...samples),
    places: fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 0.999, noNaN: true }),
        drop: fc.nat(6),
        put: fc.constantFrom(
          '',
          '0',
          '-1',
          '1e400',
          '1e9',
          '.5',
          'null',
          'true',
          '""',
          '[]',
          '{}',
          '*a',
          '&a ',
          '"',
          ':',
          ',',
          '\n',
          '__proto__',
          'log',
          '99999999999',
        ),
      }),
      { maxLength: 3 },
    ),
  })
  .map(({ text, places }) =>
    places.reduce((read, { at, drop, put }) => {
      const place = Math.floor(at * read.length);
      return read.slice(0, place) + put + read.slice(place + drop);
    }, text),
  );

describe('a damaged file', () => {
  it('is refused with a Problem, or gives a specification that the schema accepts', () => {
    let accepted = 0;
    fc.assert(
      fc.property(damaged, (text) => {
        try {
          const { specification } = readSpace({ text, dataset: { name: 'iris', task: 'classification' } });
          expect(specificationSchema.safeParse(specification).error?.issues ?? []).toEqual([]);
          accepted += 1;
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          expect(error.issues[0]?.path).toMatch(/^text/);
        }
      }),
      { numRuns: 1500 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});
