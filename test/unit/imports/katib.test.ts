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
    expect(read.unmapped.map(({ name }) => name)).toEqual(['objective.goal', 'parallelTrialCount']);
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
    expect(one('random', 'int', '{min: "1", max: "5"}').notes).toContain('half as often');
    expect(one('multivariate-tpe', 'int', '{min: "1", max: "5"}').notes).not.toContain('half as often');
  });

  it('rounds a step on a log scale from 0 under random and tpe; others ignore it', () => {
    const space = '{min: "0.0001", max: "0.1", step: "0.01", distribution: logUniform}';
    const random = one('random', 'double', space, 'l2');
    const steps = [0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1];
    expect(random.setting).toEqual({ distribution: 'categorical', choices: steps });
    expect(random.notes).toContain('56 %');
    expect(random.notes).toContain('all equally likely');
    const other = one('multivariate-tpe', 'double', space, 'l2');
    expect(other.setting).toEqual({ distribution: 'float', low: 1e-4, high: 0.1, scale: 'log' });
    expect(other.notes).toContain('ignore a step on a log scale');
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
    expect(one('hyperband', 'int', '{min: "1", max: "5"}').read.unmapped.map(({ name }) => name)).toContain(
      'algorithm',
    );
    expect(one('grid', 'double', '{min: "0.1", max: "0.5"}', 'lr').notes).toContain('refuses a double without a step');
  });
});
