/** Experiments of Katib as its services were seen to read them. */
import { describe, expect, it } from 'vitest';
import { readSpace } from '../../../src/imports/read-space.ts';

const experiment = (algorithm: string, parameters: string, more = '') =>
  readSpace({
    text: `apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: e}
spec:
  objective: {type: maximize, goal: 0.99, objectiveMetricName: Validation-accuracy}
  algorithm: {algorithmName: ${algorithm}}
  parallelTrialCount: 3
  maxTrialCount: 12
  maxFailedTrialCount: 3
${more}  parameters:
${parameters}`,
  });
const one = (algorithm: string, type: string, space: string, name = 'units') => {
  const read = experiment(algorithm, `    - {name: ${name}, parameterType: ${type}, feasibleSpace: ${space}}`);
  return { setting: read.mapped[0]?.setting, notes: read.notes.map(({ text }) => text).join('\n'), read };
};

describe('an experiment of Katib', () => {
  it('with cmaes says that choices are drawn at random, if it has some', () => {
    const numbers = '    - {name: epochs, parameterType: int, feasibleSpace: {min: "1", max: "9"}}\n';
    const choices = '    - {name: optimizer, parameterType: categorical, feasibleSpace: {list: [sgd, adam]}}\n';
    const told = ({ notes }: ReturnType<typeof readSpace>) =>
      notes.some(({ text }) => text.includes('drawn at random'));
    expect(told(experiment('cmaes', numbers + choices))).toBe(true);
    expect(told(experiment('cmaes', choices))).toBe(true);
    expect(told(experiment('cmaes', numbers))).toBe(false);
    expect(told(experiment('tpe', choices))).toBe(false);
  });

  it('has no numbers in base 60: Kubernetes reads YAML with a program in Go', () => {
    const { read } = one('random', 'int', '{min: 1:30, max: "200"}');
    expect(read.unmapped).toContainEqual({
      ...{ name: 'units', kind: 'hyperparameter' },
      why: 'min must be a number, got "1:30"',
    });
    expect(read.notes.map(({ text }) => text).join()).not.toContain('base 60');
  });

  it('is mapped with its objective, algorithm, counts and early stopping', () => {
    const stop = `  earlyStopping:
    algorithmName: medianstop
    algorithmSettings: [{name: min_trials_required, value: "1"}, {name: start_step, value: "5"}]
`;
    const read = experiment(
      'random',
      `    - {name: lr, parameterType: double, feasibleSpace: {min: "0.01", max: "0.05"}}
    - {name: optimizer, parameterType: categorical, feasibleSpace: {list: [sgd, adam, ftrl]}}
    - {name: batch_size, parameterType: discrete, feasibleSpace: {list: ["16", "32"]}}
`,
      stop,
    );
    expect(read.specification).toEqual({
      hyperparameters: {
        learningRate: { distribution: 'float', low: 0.01, high: 0.05, scale: 'linear' },
        optimizer: { distribution: 'categorical', choices: ['sgd', 'adam'] },
        batchSize: { distribution: 'categorical', choices: [16, 32] },
      },
      sampler: { type: 'random' },
      budget: { trials: 12, failures: 3 },
      pruner: { type: 'median', startupTrials: 1, warmupEpochs: 5 },
      objective: { metric: 'validationAccuracy', direction: 'maximize' },
    });
    expect(read.notes.map(({ text }) => text).join('\n')).toContain('left out of its choices: ftrl');
    expect(read.unmapped.map(({ name }) => name)).toEqual(['objective.goal', 'parallelTrialCount', 'metadata']);
  });

  it.each([
    ['random', { low: 0, high: 12, step: 4 }],
    ['tpe', { low: 0, high: 12, step: 4 }],
    ['grid', { low: 1, high: 9, step: 4 }],
    ['multivariate-tpe', { low: 1, high: 9, step: 4 }],
  ])('a step of 4 from 1 to 11 under %s', (algorithm, setting) => {
    const read = one(algorithm, 'int', '{min: "1", max: "11", step: "4"}', 'l2');
    expect(read.setting).toMatchObject(setting);
    expect(read.notes).toMatch(/int 0 to 12 by 4.*int 1 to 9 by 4/);
  });

  it('tells of ends that random takes half as often', () => {
    for (const algorithm of ['random', 'bayesianoptimization', 'hyperband'])
      expect(one(algorithm, 'int', '{min: "1", max: "5"}').notes).toContain('half as');
    for (const algorithm of ['multivariate-tpe', 'sobol'])
      expect(one(algorithm, 'int', '{min: "1", max: "5"}').notes).not.toContain('half as');
  });

  it('rounds a step on a log scale from 0 under random and tpe; others ignore it', () => {
    const space = '{min: "0.0001", max: "0.1", step: "0.01", distribution: logUniform}';
    const random = one('random', 'double', space, 'l2');
    const steps = [0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1];
    expect(random.setting).toEqual({ distribution: 'categorical', choices: steps });
    expect(random.notes).toContain('57 %');
    expect(random.notes).toContain('all equally likely');
    expect(one('grid', 'double', space, 'l2').setting).toEqual({
      ...{ distribution: 'float', low: 1e-4, high: 0.0901, scale: 'linear' },
      ...{ step: 0.01, points: 10 },
    });
    const other = one('multivariate-tpe', 'double', space, 'l2');
    expect(other.setting).toEqual({ distribution: 'float', low: 1e-4, high: 0.1, scale: 'log' });
    expect(other.notes).toContain('ignores a step on a log scale');
    // A learning rate cannot be 0.
    expect(one('random', 'double', space, 'lr').setting).toEqual({
      distribution: 'categorical',
      choices: steps.slice(1),
    });
  });

  it.each([
    ['double', '{min: "0", max: "6", distribution: normal}', 'takes the middle of min and max as mean'],
    ['double', '{min: "0", max: "6", distribution: logUniform}', 'must start above 0'],
    ['double', '{min: "a", max: "6"}', 'min must be a number'],
    ['tensor', '{}', 'parameterType must be'],
  ])('%s %s is not mapped', (type, space, why) => {
    expect(one('random', type, space).read.unmapped[0]?.why).toContain(why);
  });

  it('has no sampler for an algorithm without a counterpart, and says what grid refuses', () => {
    for (const algorithm of ['pbt', 'hyperband', 'mine'])
      expect(one(algorithm, 'int', '{min: "1", max: "5"}').read.unmapped.map(({ name }) => name)).toContain(
        'algorithm',
      );
    expect(one('grid', 'double', '{min: "0.1", max: "0.5"}', 'lr').notes).toContain('refuses a double without a step');
  });

  it('takes all values of a grid, also where our limits cut it', () => {
    const space = '{min: "0.1", max: "1.5", step: "0.1"}';
    expect(one('grid', 'double', space, 'momentum').setting).toMatchObject({ low: 0.1, high: 0.9, points: 14 });
    expect(one('random', 'double', space, 'momentum').setting).not.toHaveProperty('points');
  });

  it('has the other reading of a range whose distribution a service ignores', () => {
    const { read } = one('bayesianoptimization', 'double', '{min: "0.1", max: "0.5", step: "0.1"}', 'dropout');
    expect(read.mapped).toMatchObject([
      {
        setting: { distribution: 'float', low: 0.1, high: 0.5, scale: 'log' },
        alternatives: [{ about: 'as the file says', setting: { low: 0.1, high: 0.5, scale: 'linear', step: 0.1 } }],
      },
    ]);
    expect(read.notes.map(({ text }) => text)).toContain('Katib’s bayesianoptimization ignores a step');
  });

  const budgetOf = (more: string) =>
    readSpace({ text: `kind: Experiment\nspec:\n${more}  parameters: [{name: lr, ${LR}}]\n` });
  const LR = 'parameterType: double, feasibleSpace: {min: "0.1", max: "0.2"}';

  it('fails at the first failure where maxFailedTrialCount is 0, and names counts that are none', () => {
    expect(budgetOf('  maxFailedTrialCount: 0\n').specification['budget']).toEqual({ failures: 1 });
    const { unmapped } = budgetOf('  maxTrialCount: many\n  maxFailedTrialCount: 2.5\n');
    expect(unmapped.map(({ name }) => name).sort()).toEqual(['algorithm', 'maxFailedTrialCount: 2.5', 'maxTrialCount']);
  });

  const HYPERBAND = `  algorithm:
    algorithmName: hyperband
    algorithmSettings: [{name: r_l, value: "27"}, {name: resource_name, value: lr}, {name: s_max, value: "3"}]
`;

  it('says what an experiment without parameters is', () => {
    const text = 'kind: Experiment\nspec:\n  nasConfig: {graphConfig: {numLayers: 2}}\n';
    expect(() => readSpace({ text })).toThrow(/nasConfig: is a search of architectures/);
    expect(() => readSpace({ text: 'kind: Experiment\nspec: {}\n' })).toThrow('has no hyperparameter');
  });

  it('has one pruner: that of hyperband', () => {
    const { specification, unmapped } = budgetOf(`${HYPERBAND}  earlyStopping: {algorithmName: medianstop}\n`);
    expect(specification['pruner']).toEqual({ type: 'hyperband', minEpochs: 1, reductionFactor: 3 });
    expect(unmapped.map(({ name }) => name)).toEqual(expect.arrayContaining(['algorithm.s_max', 'earlyStopping']));
  });

  it.each([
    ['r_l', '"0"'],
    ['eta', '"2.5"'],
    ['eta', '"11"'],
  ])('has no pruner where %s is %s', (name, value) => {
    const { specification, unmapped } = budgetOf(
      HYPERBAND.replace('{name: s_max', `{name: ${name}, value: ${value}}, {name: s_max`),
    );
    expect(specification).not.toHaveProperty('pruner');
    expect(unmapped).toContainEqual(
      expect.objectContaining({ name: 'algorithm', why: expect.stringContaining('eta') }),
    );
  });

  it('takes the defaults of medianstop for settings that are no numbers', () => {
    const stop = '{algorithmName: medianstop, algorithmSettings: [{name: start_step, value: "2.5"}]}';
    const { specification, unmapped } = budgetOf(`  earlyStopping: ${stop}\n`);
    expect(specification['pruner']).toEqual({ type: 'median', startupTrials: 3, warmupEpochs: 4 });
    expect(unmapped.map(({ name }) => name)).toContain('earlyStopping.start_step');
  });
});
