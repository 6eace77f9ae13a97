/** Journals of Optuna as 5.0.0 was seen to read them. */
import { describe, expect, it } from 'vitest';
import { readSpace } from '../../../src/imports/read-space.ts';

const line = (record: object) => `${JSON.stringify(record)}\n`;
const float = (low: number, high: number, more = {}) =>
  JSON.stringify({ name: 'FloatDistribution', attributes: { step: null, low, high, log: false, ...more } });
const int = (low: number, high: number, more = {}) =>
  JSON.stringify({ name: 'IntDistribution', attributes: { log: false, step: 1, low, high, ...more } });
const categorical = (choices: readonly unknown[]) =>
  JSON.stringify({ name: 'CategoricalDistribution', attributes: { choices } });
const study = (name: string, directions = [2]) => line({ op_code: 0, worker_id: 'w', study_name: name, directions });
const trial = (id = 0) => line({ op_code: 4, worker_id: 'w', study_id: id, datetime_start: null });
const parameter = (name: string, distribution: string, id = 0) =>
  line({ op_code: 5, worker_id: 'w', trial_id: id, param_name: name, param_value_internal: 0, distribution });

describe('a journal of Optuna', () => {
  it('gives the space, the metric and the direction of its study', () => {
    const text = [
      study('a'),
      line({ op_code: 3, worker_id: 'w', study_id: 0, system_attr: { 'study:metric_names': ['val_accuracy'] } }),
      trial(),
      parameter('lr', float(1e-5, 0.1, { log: true })),
      parameter('n_units_l0', int(4, 128, { log: true })),
      parameter('n_units_l1', int(8, 64, { step: 8 })),
      parameter('dropout', float(0, 0.5, { step: 0.1 })),
      parameter('activation', categorical(['relu', 'tanh'])),
      line({ op_code: 6, worker_id: 'w', trial_id: 0, state: 3, values: null, datetime_complete: null }),
      '{"op_code": 7, "worker_id": "w", "trial_id": 0, "step": 1, "intermediate_value": NaN}\n',
    ].join('');
    const read = readSpace({ text });
    expect(read.format).toBe('optuna-journal');
    expect(read.unmapped).toEqual([]);
    expect(read.specification).toEqual({
      hyperparameters: {
        learningRate: { distribution: 'float', low: 1e-5, high: 0.1, scale: 'log' },
        hiddenUnits1: { distribution: 'int', low: 4, high: 128, scale: 'log' },
        hiddenUnits2: { distribution: 'int', low: 8, high: 64, scale: 'linear', step: 8 },
        dropout: { distribution: 'float', low: 0, high: 0.5, scale: 'linear', step: 0.1 },
        activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
        hiddenLayers: 2,
      },
      objective: { metric: 'validationAccuracy', direction: 'maximize' },
    });
    expect(read.notes).toEqual([{ name: '', text: expect.stringContaining('hiddenLayers is 2') }]);
  });

  it('reads trials that were added with all their distributions', () => {
    const text = study('a') + line({ op_code: 4, study_id: 0, state: 1, distributions: { lr: float(0.1, 0.2) } });
    expect(readSpace({ text }).mapped).toMatchObject([
      { hyperparameter: 'learningRate', setting: { low: 0.1, high: 0.2 } },
    ]);
  });

  it('joins bounds that differ; drops other scales and choices, as Optuna does', () => {
    const text =
      study('a') +
      trial() +
      parameter('lr', float(0.1, 0.2)) +
      parameter('l2', float(1e-4, 0.1, { log: true })) +
      parameter('opt', categorical(['sgd'])) +
      trial() +
      parameter('lr', float(0.05, 0.15), 1) +
      parameter('l2', float(1e-4, 0.1), 1) +
      parameter('opt', categorical(['sgd', 'adam']), 1);
    const read = readSpace({ text });
    expect(read.specification['hyperparameters']).toEqual({
      learningRate: { distribution: 'float', low: 0.05, high: 0.2, scale: 'linear' },
      l2: { distribution: 'float', low: 1e-4, high: 0.1, scale: 'log' },
      optimizer: { distribution: 'categorical', choices: ['sgd'] },
    });
    expect(read.notes.map(({ name, text: note }) => `${name}: ${note}`)).toEqual([
      'lr: its bounds differ between trials; these are the lowest and the highest',
      expect.stringMatching(/^l2: .*which Optuna drops/),
      expect.stringMatching(/^opt: .*sgd, adam, which Optuna drops/),
    ]);
  });

  it.each([
    [float(0, 0.95, { step: 0.25 }), { distribution: 'float', low: 0, high: 0.75, step: 0.25 }],
    [int(0, 10, { step: 3 }), { distribution: 'int', low: 0, high: 9, step: 3 }],
  ])('lowers an end that is not on its step', (distribution, setting) => {
    const read = readSpace({
      text: study('a') + trial() + parameter('momentum', distribution),
      names: { momentum: 'l2' },
    });
    expect(read.mapped[0]?.setting).toMatchObject(setting);
    expect(read.notes[0]?.text).toContain('Optuna lowers it');
  });

  it('tells of parameters that not every trial has, since it has no conditions', () => {
    const text = study('a') + trial() + parameter('lr', float(0.1, 0.2)) + trial();
    expect(readSpace({ text }).notes[0]?.text).toContain('1 of 2 trials have it');
  });

  it('follows studies: one that was deleted, one whose name is there already, several', () => {
    const text =
      study('gone') +
      trial() +
      parameter('lr', float(0.1, 0.2)) +
      line({ op_code: 1, study_id: 0 }) +
      study('b') +
      study('b') +
      trial(1) +
      parameter('l2', float(0.1, 0.2), 1) +
      study('c');
    const read = readSpace({ text });
    expect(read.mapped.map(({ source }) => source)).toEqual(['l2']);
    expect(read.notes[0]?.text).toContain('the file has 2 studies; this is "b"');
  });

  it('does not see a last line without an end', () => {
    const text = study('a') + trial() + parameter('lr', float(0.1, 0.2)) + parameter('l2', float(0.1, 0.2)).trimEnd();
    const read = readSpace({ text });
    expect(read.mapped.map(({ source }) => source)).toEqual(['lr']);
    expect(read.notes.at(-1)?.text).toContain('the last line has no end');
  });

  it('has no objective where it has several, and none without a name', () => {
    const body = trial() + parameter('lr', float(0.1, 0.2));
    expect(readSpace({ text: study('a', [1, 2]) + body }).unmapped[0]?.why).toContain('2 objectives');
    expect(readSpace({ text: study('a') + body }).unmapped[0]?.why).toContain('says maximize, but not of what');
  });

  it('refuses what Optuna refuses', () => {
    const text =
      study('a') +
      trial() +
      parameter('lr', float(0.1, 0.2, { log: true, step: 0.1 })) +
      parameter('l2', '{"name": "Other"}');
    const read = readSpace({ text });
    expect(read.mapped).toEqual([]);
    expect(read.unmapped.map(({ why }) => why).join()).toMatch(/log scale with a step.*got "Other"/);
    expect(() => readSpace({ text: study('a') })).toThrow('none has a trial with parameters');
  });
});
