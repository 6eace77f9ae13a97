/** Our own JSON of distributions of Ray Tune 2.60, Hyperopt 0.3 and SciPy. */
import { describe, expect, it } from 'vitest';
import { readSpace } from '../../../src/imports/read-space.ts';

const own = (tool: string, hyperparameters: object, more: object = {}) =>
  readSpace({ text: JSON.stringify({ format: 'hypersearch-space', tool, hyperparameters, ...more }) });
const one = (tool: string, units: unknown) => {
  const read = own(tool, { units });
  return { setting: read.mapped[0]?.setting, notes: read.notes.map(({ text }) => text).join('\n'), read };
};

describe('a space of our own format', () => {
  it.each([
    // The upper end of qrandint is excluded where q is 1, included otherwise; ends are moved inwards to multiples.
    [
      'ray-tune',
      { type: 'qrandint', low: 1, high: 11 },
      { low: 1, high: 10 },
      'excludes the upper end of qrandint where q is 1',
    ],
    ['ray-tune', { type: 'qrandint', low: 1, high: 11, q: 4 }, { low: 4, high: 8, step: 4 }, 'moves the ends inwards'],
    ['ray-tune', { type: 'qrandint', low: 4, high: 12, q: 4 }, { low: 4, high: 12, step: 4 }, 'includes the upper end'],
    ['ray-tune', { type: 'randint', low: 1, high: 11 }, { low: 1, high: 10 }, 'excludes the upper end'],
    ['ray-tune', { type: 'lograndint', low: 1, high: 10 }, { low: 1, high: 9, scale: 'log' }, 'down'],
    ['hyperopt', { type: 'uniformint', low: 1, high: 5 }, { low: 1, high: 5 }, 'is not uniform'],
    ['hyperopt', { type: 'quniform', low: 1, high: 11, q: 4 }, { low: 4, high: 12, step: 4 }, 'int 0 to 12 by 4'],
    ['hyperopt', { type: 'randint', low: 2, high: 9 }, { low: 2, high: 8 }, 'excludes the upper end'],
    ['scikit-learn', { type: 'randint', low: 2, high: 9 }, { low: 2, high: 8 }, 'excludes the upper end'],
    ['scikit-learn', [8, 16], { choices: [8, 16] }, ''],
    ['hyperopt', { type: 'choice', values: [8, 16] }, { choices: [8, 16] }, ''],
    ['ray-tune', { type: 'grid_search', values: [8, 16] }, { choices: [8, 16] }, ''],
  ])('%s %j', (tool, given, setting, note) => {
    const read = one(tool, given);
    expect(read.setting).toMatchObject(setting);
    expect(read.notes).toContain(note);
  });

  it('has conditions, a metric, a direction, trials; exponents of Hyperopt; loc and scale of SciPy', () => {
    const read = own(
      'hyperopt',
      {
        lr: { type: 'loguniform', low: -9, high: -2 },
        optimizer: ['sgd', 'momentum'],
        momentum: { type: 'uniform', low: 0.5, high: 0.9, when: { optimizer: ['momentum'] } },
      },
      { metric: 'loss', direction: 'minimize', trials: 25 },
    );
    expect(read.specification).toEqual({
      hyperparameters: {
        learningRate: { distribution: 'float', low: Math.exp(-9), high: Math.exp(-2), scale: 'log' },
        optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
        momentum: { distribution: 'float', low: 0.5, high: 0.9, scale: 'linear', when: { optimizer: ['momentum'] } },
      },
      budget: { trials: 25 },
      objective: { metric: 'validationLoss', direction: 'minimize' },
    });
    const scipy = own('scikit-learn', { alpha: { type: 'uniform', loc: 0.1, scale: 0.2 } });
    expect(scipy.mapped[0]).toMatchObject({ hyperparameter: 'l2', setting: { low: 0.1, high: 0.1 + 0.2 } });
    const solvers = (...values: readonly string[]) =>
      own('scikit-learn', { mlp__solver: values }).notes.filter(({ text }) => text.includes('Nesterov'));
    expect(solvers('adam', 'sgd')).toMatchObject([{ name: 'mlp__solver' }]);
    expect(solvers('adam')).toEqual([]);
    expect(scipy.notes).toContainEqual({
      name: 'alpha',
      text: expect.stringContaining('divided by the rows of a batch'),
    });
  });

  it.each([
    ['ray-tune', { type: 'randn', mean: 0 }, 'no randn distribution'],
    ['hyperopt', { type: 'normal', mu: 0 }, 'no normal distribution'],
    ['ray-tune', { type: 'other', low: 1, high: 2 }, 'no distribution "other" of Ray Tune'],
    ['scikit-learn', { low: 1 }, 'must have a type'],
    ['hyperopt', { type: 'uniform', high: 3 }, 'low must be'],
  ])('%s %j is not mapped', (tool, given, why) => {
    expect(one(tool, given).read.unmapped[0]?.why).toContain(why);
  });

  it('names its tool', () => {
    expect(() => own('other', {})).toThrow('tool: must be one of ray-tune, hyperopt, scikit-learn, got "other"');
  });
});
