/** Search spaces of NNI 3.0 as it was seen to read them. */
import { describe, expect, it } from 'vitest';
import { readSpace } from '../../../src/imports/read-space.ts';

const nni = (space: object) => readSpace({ text: JSON.stringify(space) });
const one = (type: string, value: readonly unknown[], name = 'units') => {
  const read = nni({ [name]: { _type: type, _value: value } });
  return { setting: read.mapped[0]?.setting, notes: read.notes.map(({ text }) => text).join('\n'), read };
};

describe('an experiment of NNI', () => {
  const text = `experimentName: mine
searchSpace:
  lr: {_type: loguniform, _value: [0.0001, 0.1]}
  optimizer: {_type: choice, _value: [sgd, adam]}
trialCommand: python train.py
maxTrialNumber: 30
tuner: {name: TPE, classArgs: {optimize_mode: maximize}}
assessor: {name: Medianstop}
trainingService: {platform: local}
`;

  it('has its space and its number of trials; the rest is told', () => {
    const read = readSpace({ text });
    expect(read.format).toBe('nni-search-space');
    expect(read.specification).toEqual({
      hyperparameters: {
        learningRate: { distribution: 'float', low: 1e-4, high: 0.1, scale: 'log' },
        optimizer: { distribution: 'categorical', choices: ['sgd', 'adam'] },
      },
      budget: { trials: 30 },
    });
    expect(read.unmapped.map(({ name }) => name).sort()).toEqual([
      ...['assessor', 'experimentName', 'trainingService', 'trialCommand', 'tuner'],
    ]);
  });

  it('may have its fields in snake case', () => {
    const snake = text.replace('searchSpace', 'search_space').replace('maxTrialNumber', 'max_trial_number');
    expect(readSpace({ text: snake }).specification).toEqual(readSpace({ text }).specification);
  });
});

describe('a search space of NNI', () => {
  it.each([
    ['uniform', [0.1, 0.5], 'lr', { distribution: 'float', low: 0.1, high: 0.5, scale: 'linear' }],
    ['loguniform', [0.001, 0.5], 'lr', { distribution: 'float', low: 0.001, high: 0.5, scale: 'log' }],
    ['choice', ['SGD', 'Adam'], 'optimizer', { distribution: 'categorical', choices: ['sgd', 'adam'] }],
    // Rounded from 0, then cut: the ends are values.
    ['quniform', [1, 11, 4], 'units', { distribution: 'categorical', choices: [1, 4, 8, 11] }],
    ['quniform', [8, 64, 8], 'units', { distribution: 'int', low: 8, high: 64, step: 8, scale: 'linear' }],
    ['qloguniform', [16, 128, 16], 'units', { distribution: 'int', low: 16, high: 128, step: 16, scale: 'log' }],
    // The upper end is excluded; fractions are raised.
    ['randint', [1, 8], 'units', { distribution: 'int', low: 1, high: 7, scale: 'linear' }],
    ['randint', [1.2, 7.5], 'units', { distribution: 'int', low: 2, high: 7, scale: 'linear' }],
  ])('%s %j of %s', (type, value, name, setting) => {
    expect(one(type, value, name).setting).toEqual(setting);
  });

  it('says what is not as it seems', () => {
    expect(one('quniform', [1, 11, 4]).notes).toContain('then cuts to 1..11: 1, 4, 8, 11');
    expect(one('randint', [1, 8]).notes).toContain('excludes the upper end');
    expect(one('randint', [1.2, 7.5]).notes).toContain('raises the ends');
  });

  it.each([
    ['normal', [0, 1], 'no normal distribution'],
    ['qlognormal', [0, 1, 1], 'no qlognormal distribution'],
    ['quniform', [1, 2], 'three numbers'],
    ['loguniform', [0, 2], 'must start above 0'],
    ['uniform', ['a'], 'two numbers'],
    ['choice', ['relu', { _name: 'tanh', x: 1 }], 'the value'],
  ])('%s %j is not mapped', (type, value, why) => {
    expect(one(type, value).read.unmapped).toMatchObject([{ why: expect.stringContaining(why) }]);
  });

  it('has conditions for what is nested in named choices', () => {
    const read = nni({
      optimizer: {
        _type: 'choice',
        _value: [{ _name: 'adam' }, { _name: 'momentum', momentum: { _type: 'uniform', _value: [0.5, 0.9] } }],
      },
    });
    expect(read.specification['hyperparameters']).toEqual({
      optimizer: { distribution: 'categorical', choices: ['adam', 'momentum'] },
      momentum: { distribution: 'float', low: 0.5, high: 0.9, scale: 'linear', when: { optimizer: ['momentum'] } },
    });
    expect(read.mapped[1]?.source).toBe('optimizer/momentum/momentum');
  });
});
