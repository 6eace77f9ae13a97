/** Configuration spaces of ConfigSpace, 1.2 and earlier. */
import { describe, expect, it } from 'vitest';
import { readSpace } from '../../../src/imports/read-space.ts';

const space = (hyperparameters: readonly object[], more: object = {}) =>
  readSpace({
    text: JSON.stringify({ name: null, hyperparameters, conditions: [], forbiddens: [], format_version: 0.4, ...more }),
  });
const one = (hyperparameter: object) => {
  const read = space([{ name: 'units', ...hyperparameter }]);
  return { setting: read.mapped[0]?.setting, notes: read.notes.map(({ text }) => text).join('\n'), read };
};

describe('a space of ConfigSpace', () => {
  it.each([
    [
      { type: 'uniform_int', lower: 8, upper: 64, log: true },
      { distribution: 'int', low: 8, high: 64, scale: 'log' },
    ],
    // The tuple (1, 5.5) is written so.
    [
      { type: 'uniform_int', lower: 1, upper: 6, log: false },
      { distribution: 'int', low: 1, high: 6, scale: 'linear' },
    ],
    [
      { type: 'categorical', choices: [8, 16], weights: null },
      { distribution: 'categorical', choices: [8, 16] },
    ],
    [
      { type: 'ordinal', sequence: [8, 16, 32] },
      { distribution: 'categorical', choices: [8, 16, 32] },
    ],
    [{ type: 'constant', value: 32 }, 32],
  ])('has %j', (hyperparameter, setting) => {
    expect(one(hyperparameter).setting).toEqual(setting);
  });

  it('keeps q of a legacy file, which ConfigSpace 1.2 drops; both are offered', () => {
    const { setting, notes, read } = one({ type: 'uniform_int', lower: 8, upper: 64, q: 8, log: false, default: 8 });
    expect(setting).toEqual({ distribution: 'int', low: 8, high: 64, step: 8, scale: 'linear' });
    expect(read.mapped[0]?.alternatives).toEqual([
      { about: expect.stringContaining('1.2'), setting: { distribution: 'int', low: 8, high: 64, scale: 'linear' } },
    ]);
    expect(notes).toContain('drops q (8) with a warning');
  });

  it('tells of weights and of the shares of a log range', () => {
    expect(one({ type: 'categorical', choices: [8, 16], weights: [0.9, 0.1] }).notes).toContain('weights are not kept');
    expect(one({ type: 'categorical', choices: [8, 16], weights: [0.5, 0.5] }).notes).not.toContain('weights');
    expect(one({ type: 'uniform_int', lower: 1, upper: 10, log: true }).notes).toContain('28 %');
  });

  it.each([
    [{ type: 'normal_float', mu: 1, sigma: 1 }, 'no "normal_float" here'],
    [{ type: 'uniform_int', lower: 4, upper: 4 }, 'ConfigSpace refuses'],
    [{ type: 'uniform_int', lower: 4 }, 'upper must be a finite number'],
  ])('%j is not mapped', (hyperparameter, why) => {
    expect(one(hyperparameter).read.unmapped[0]?.why).toContain(why);
  });

  const optimizer = { name: 'optimizer', type: 'categorical', choices: ['sgd', 'momentum', 'nesterov'] };
  const momentum = { name: 'momentum', type: 'uniform_float', lower: 0.5, upper: 0.9, log: false };
  const child = { child: 'momentum', parent: 'optimizer' };
  it.each([
    [{ ...child, type: 'EQ', value: 'momentum' }, { optimizer: ['momentum'] }],
    [{ ...child, type: 'IN', values: ['momentum', 'nesterov'] }, { optimizer: ['momentum', 'nesterov'] }],
    [{ ...child, type: 'NEQ', value: 'sgd' }, { optimizer: ['momentum', 'nesterov'] }],
    [
      { child: 'momentum', type: 'AND', conditions: [{ ...child, type: 'EQ', value: 'momentum' }] },
      { optimizer: ['momentum'] },
    ],
  ])('has the condition %j', (condition, when) => {
    const read = space([optimizer, momentum], { conditions: [condition] });
    expect(read.mapped[1]?.setting).toMatchObject({ low: 0.5, when });
  });

  it('leaves out what conditions here cannot say, and forbidden clauses', () => {
    const read = space([optimizer, momentum], { conditions: [{ ...child, type: 'GT', value: 1 }], forbiddens: [{}] });
    expect(read.unmapped.map(({ name }) => name)).toEqual(['momentum', 'forbiddens']);
    const never = space([optimizer, momentum], { conditions: [{ ...child, type: 'EQ', value: 'lbfgs' }] });
    expect(never.unmapped).toMatchObject([{ name: 'momentum', why: 'it is never active: optimizer is never lbfgs' }]);
  });

  it('says where a condition is on something that is not mapped', () => {
    const kind = { name: 'kind', type: 'categorical', choices: ['a', 'b'] };
    const read = space([kind, momentum], {
      conditions: [{ child: 'momentum', parent: 'kind', type: 'EQ', value: 'a' }],
    });
    expect(read.mapped[0]?.setting).not.toHaveProperty('when');
    expect(read.notes).toContainEqual({
      name: 'momentum',
      text: 'it depends on kind, which is not mapped: it is always active here',
    });
  });
});
