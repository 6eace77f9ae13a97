/** Studies of Vizier as google-vizier 0.1.24 was seen to write them. */
import { describe, expect, it } from 'vitest';
import { readSpace } from '../../../src/imports/read-space.ts';

const study = (parameters: readonly object[], more: object = {}) =>
  readSpace({ text: JSON.stringify({ parameters, ...more }) });

describe('a study of Vizier', () => {
  it('is mapped with its metric, algorithm and conditions', () => {
    const read = study(
      [
        { parameterId: 'lr', doubleValueSpec: { minValue: 1e-4, maxValue: 0.1 }, scaleType: 'UNIT_LOG_SCALE' },
        // Whole numbers are texts.
        { parameterId: 'units', integerValueSpec: { minValue: '8', maxValue: '64' } },
        { parameterId: 'batch_size', discreteValueSpec: { values: [16, 32] }, externalType: 'AS_INTEGER' },
        { parameterId: 'batch_norm', categoricalValueSpec: { values: ['False', 'True'] }, externalType: 'AS_BOOLEAN' },
        {
          parameterId: 'optimizer',
          categoricalValueSpec: { values: ['adam', 'momentum', 'sgd'] },
          conditionalParameterSpecs: [
            {
              parentCategoricalValues: { values: ['momentum'] },
              parameterSpec: { parameterId: 'momentum', doubleValueSpec: { minValue: 0.5, maxValue: 0.9 } },
            },
          ],
        },
      ],
      { metrics: [{ metricId: 'accuracy', goal: 'MAXIMIZE' }], algorithm: 'QUASI_RANDOM_SEARCH' },
    );
    expect(read.specification).toEqual({
      hyperparameters: {
        learningRate: { distribution: 'float', low: 1e-4, high: 0.1, scale: 'log' },
        hiddenUnits: { distribution: 'int', low: 8, high: 64, scale: 'linear' },
        batchSize: { distribution: 'categorical', choices: [16, 32] },
        batchNorm: { distribution: 'categorical', choices: [false, true] },
        optimizer: { distribution: 'categorical', choices: ['adam', 'momentum', 'sgd'] },
        momentum: { distribution: 'float', low: 0.5, high: 0.9, scale: 'linear', when: { optimizer: ['momentum'] } },
      },
      sampler: { type: 'sobol' },
      objective: { metric: 'validationAccuracy', direction: 'maximize' },
    });
    expect(read.notes).toContainEqual({ name: 'optimizer', text: expect.stringContaining('sorts choices as texts') });
    expect(read.notes).toContainEqual({ name: 'objective', text: expect.stringContaining('validation rows') });
  });

  it('has a minimum of 0 where none is written, and says so', () => {
    const read = study([{ parameterId: 'dropout', doubleValueSpec: { maxValue: 0.5 } }]);
    expect(read.mapped[0]?.setting).toEqual({ distribution: 'float', low: 0, high: 0.5, scale: 'linear' });
    expect(read.notes[0]).toEqual({ name: 'dropout', text: 'minValue is not there: Vizier leaves out a 0' });
    // It accepts a log scale from 0; there is none here.
    const log = study([{ parameterId: 'lr', doubleValueSpec: { maxValue: 0.5 }, scaleType: 'UNIT_LOG_SCALE' }]);
    expect(log.unmapped[0]?.why).toContain('must start above 0');
  });

  it('is found in a whole study, in the names of its .proto file too', () => {
    const parameter = { parameter_id: 'lr', double_value_spec: { min_value: 0.1, max_value: 0.5 } };
    const read = readSpace({ text: JSON.stringify({ name: 's', study_spec: { parameters: [parameter] } }) });
    expect(read).toMatchObject({ format: 'vizier-study', mapped: [{ setting: { low: 0.1, high: 0.5 } }] });
  });

  it('leaves out several metrics, other algorithms and reversed scales, with the reason', () => {
    const metric = { metricId: 'a', goal: 'MINIMIZE' };
    const reverse = {
      parameterId: 'lr',
      doubleValueSpec: { minValue: 0.1, maxValue: 0.5 },
      scaleType: 'UNIT_REVERSE_LOG_SCALE',
    };
    const read = study([reverse, { parameterId: 'l2' }], {
      metrics: [metric, metric],
      algorithm: 'NSGA2',
      observationNoise: 'HIGH',
    });
    expect(read.mapped).toEqual([]);
    expect(read.unmapped.map(({ name }) => name)).toEqual(['lr', 'l2', 'metrics', 'algorithm', 'observationNoise']);
  });
});
