/** Spaces of Keras Tuner 1.4.8 as it was seen to read them. */
import { describe, expect, it } from 'vitest';
import { readSpace } from '../../../src/imports/read-space.ts';

const trial = (space: readonly object[]) =>
  readSpace({ text: JSON.stringify({ trial_id: '0', hyperparameters: { space, values: {} }, metrics: {} }) });
const one = (type: string, config: object, name = 'units') => {
  const read = trial([{ class_name: type, config: { name, conditions: [], ...config } }]);
  return { setting: read.mapped[0]?.setting, notes: read.notes.map(({ text }) => text).join('\n'), read };
};
const float = (min_value: number, max_value: number, step: number | null, sampling = 'linear') =>
  one('Float', { min_value, max_value, step, sampling }, 'l2');

describe('a space of Keras Tuner', () => {
  it.each([
    [
      'Int',
      { min_value: 1, max_value: 11, step: 4, sampling: 'linear' },
      { distribution: 'int', low: 1, high: 9, step: 4, scale: 'linear' },
    ],
    [
      'Int',
      { min_value: 8, max_value: 64, step: 1, sampling: 'linear' },
      { distribution: 'int', low: 8, high: 64, scale: 'linear' },
    ],
    [
      'Int',
      { min_value: 8, max_value: 64, step: 2, sampling: 'log' },
      { distribution: 'categorical', choices: [8, 16, 32, 64] },
    ],
    ['Choice', { values: [8, 16] }, { distribution: 'categorical', choices: [8, 16] }],
    ['Fixed', { value: 32 }, 32],
  ])('has %s %j', (type, config, setting) => {
    expect(one(type, config).setting).toEqual(setting);
  });

  it('offers no second reading that our limits make the same as the first', () => {
    const { setting, read } = one('Float', { min_value: 0, max_value: 1, step: 0.1, sampling: 'linear' }, 'dropout');
    expect(setting).toMatchObject({ low: 0, high: 0.9, step: 0.1 });
    expect(read.mapped[0]?.alternatives).toEqual([]);
  });

  it.each([
    [0, 1, 0.1, 0.9],
    [0, 1, 0.2, 0.8],
    [0, 0.3, 0.1, 0.2],
  ])('misses the end of Float %d..%d by %d, and offers both', (low, high, step, reached) => {
    const { setting, read, notes } = float(low, high, step);
    expect(setting).toMatchObject({ distribution: 'float', low, high: reached, step });
    expect(read.mapped[0]?.alternatives).toMatchObject([{ setting: { low, high, step } }]);
    expect(notes).toContain('misses the end');
  });

  it.each([
    [0.1, 0.5, 0.1],
    [0, 1, 0.25],
  ])('reaches the end of Float %d..%d by %d', (low, high, step) => {
    const { setting, read } = float(low, high, step);
    expect(setting).toMatchObject({ low, high, step });
    expect(read.mapped[0]?.alternatives).toEqual([]);
  });

  it('multiplies by a step on a log scale', () => {
    const { setting, notes } = float(1e-4, 0.2, 10, 'log');
    expect(setting).toEqual({ distribution: 'categorical', choices: [1e-4, 1e-3, 0.01, 0.1] });
    expect(notes).toContain('multiplies');
    expect(float(1e-4, 0.2, 1, 'log').read.unmapped[0]?.why).toContain('refuses the step 1');
    expect(float(1e-4, 0.2, null, 'log').setting).toEqual({
      distribution: 'float',
      low: 1e-4,
      high: 0.2,
      scale: 'log',
    });
    expect(float(1e-4, 0.2, null, 'reverse_log').read.unmapped[0]?.why).toContain('reversed log scale');
    expect(one('Int', { min_value: 1, max_value: 10, sampling: 'log' }).notes).toContain('28 %');
  });

  it('has conditions, scopes in names, units per layer, and NaN written bare', () => {
    const parent = (name: string, values: readonly unknown[]) => [{ class_name: 'Parent', config: { name, values } }];
    const text = JSON.stringify({
      metrics: 'NAN',
      hyperparameters: {
        space: [
          {
            class_name: 'Int',
            config: { name: 'num_layers', min_value: 1, max_value: 2, step: 1, sampling: 'linear', conditions: [] },
          },
          {
            class_name: 'Int',
            config: { name: 'units_0', min_value: 8, max_value: 64, step: 8, sampling: 'linear', conditions: [] },
          },
          {
            class_name: 'Int',
            config: {
              name: 'units_1',
              min_value: 8,
              max_value: 64,
              step: 8,
              sampling: 'linear',
              conditions: parent('num_layers', [2]),
            },
          },
          { class_name: 'Boolean', config: { name: 'sub/batch_norm', conditions: [] } },
        ],
      },
    }).replace('"NAN"', 'NaN');
    const units = { distribution: 'int', low: 8, high: 64, step: 8, scale: 'linear' };
    expect(readSpace({ text }).specification).toEqual({
      hyperparameters: {
        hiddenLayers: { distribution: 'int', low: 1, high: 2, scale: 'linear' },
        hiddenUnits1: units,
        hiddenUnits2: { ...units, when: { hiddenLayers: [2] } },
        batchNorm: { distribution: 'categorical', choices: [true, false] },
      },
    });
  });

  it('leaves out other kinds and conditions', () => {
    expect(one('Other', {}).read.unmapped[0]?.why).toContain('must be Int, Float');
    expect(one('Fixed', { value: 1, conditions: [{ class_name: 'Other' }] }).read.unmapped[0]?.why).toContain(
      'its condition "Other"',
    );
  });
});
