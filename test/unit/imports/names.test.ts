/** Whose names mean which of our hyperparameters, and what becomes of values beyond our limits. */
import { describe, expect, it } from 'vitest';
import { readSpace } from '../../../src/imports/read-space.ts';

type Given = Readonly<Record<string, readonly [type: string, ...value: (number | string)[]]>>;
const nni = (given: Given, more: object = {}) =>
  readSpace({
    text: JSON.stringify(
      Object.fromEntries(
        Object.entries(given).map(([name, [type, ...value]]) => [name, { _type: type, _value: value }]),
      ),
    ),
    ...more,
  });

describe('names', () => {
  it.each([
    ['lr', 'learningRate'],
    ['learning_rate', 'learningRate'],
    ['learning-rate', 'learningRate'],
    ['learning_rate_init', 'learningRate'],
    ['mlp__alpha', 'l2'],
    ['model.lr', 'learningRate'],
    ['hidden_layer_sizes', 'hiddenUnits'],
    ['units', 'hiddenUnits'],
    ['units_3', 'hiddenUnits3'],
    ['n_units_l2', 'hiddenUnits2'],
    ['batch_size', 'batchSize'],
    ['dropout_rate', 'dropout'],
    ['l2', 'l2'],
  ])('%s is %s', (name, hyperparameter) => {
    expect(nni({ [name]: ['choice', 1, 0.5] }).mapped.map((one) => one.hyperparameter)).toEqual([hyperparameter]);
  });

  it.each(['learning_rat', 'units_99', 'x', '12'])('%s is none, and no guess is made', (name) => {
    const { mapped, unmapped } = nni({ [name]: ['choice', 1, 2] });
    expect(mapped).toEqual([]);
    expect(unmapped[0]).toMatchObject({
      name,
      why: expect.stringContaining('no hyperparameter here is known by this name'),
    });
  });

  it('suggests what a mistyped one may be', () => {
    expect(nni({ learning_rat: ['choice', 1] }).unmapped[0]?.why).toContain('did you mean learningRate?');
  });

  it('counts layers from the lowest number', () => {
    const units = (names: readonly string[]) =>
      nni(Object.fromEntries(names.map((name) => [name, ['choice', 8, 16]]))).mapped.map((one) => one.hyperparameter);
    expect(units(['units_0', 'units_1'])).toEqual(['hiddenUnits1', 'hiddenUnits2']);
    expect(units(['units_1', 'units_2'])).toEqual(['hiddenUnits1', 'hiddenUnits2']);
  });

  it('are taken once, and as the request says', () => {
    const { mapped, unmapped } = nni({ lr: ['choice', 1], learning_rate: ['choice', 2] });
    expect(mapped.map(({ source }) => source)).toEqual(['lr']);
    expect(unmapped[0]?.why).toBe('learningRate is already set by lr');
    const named = nni({ lr: ['choice', 1], foo: ['choice', 2] }, { names: { foo: 'learningRate', lr: null } });
    expect(named.mapped.map(({ source }) => source)).toEqual(['foo']);
  });
});

describe('values beyond our limits', () => {
  it.each<[string, Given, object]>([
    ['are cut', { dropout: ['uniform', 0, 1] }, { low: 0, high: 0.95 }],
    ['are whole where ours are', { units: ['uniform', 7.5, 20.5] }, { distribution: 'int', low: 8, high: 20 }],
    ['are left out of choices', { units: ['choice', 0, 8, 8.5] }, { choices: [8] }],
    [
      'have our words',
      { activation: ['choice', 'logistic', 'leaky_relu', 'softplus'] },
      { choices: ['sigmoid', 'leakyRelu'] },
    ],
  ])('%s, and it is told', (_, given, setting) => {
    const read = nni(given);
    expect(read.mapped[0]?.setting).toMatchObject(setting);
    expect(read.notes.filter(({ name }) => name !== '')).toHaveLength(1);
  });

  it.each<[string, Given, string]>([
    ['a rate from 0', { lr: ['uniform', 0, 1] }, 'must be above 0 here'],
    ['all choices foreign', { optimizer: ['choice', 'lbfgs'] }, 'must be one of sgd'],
    ['numbers for words', { optimizer: ['uniform', 0, 1] }, 'takes sgd'],
    ['a range that is too high', { units: ['uniform', 5000, 6000] }, 'must be a whole number from 1 to 4096'],
  ])('are not mapped: %s', (_, given, why) => {
    expect(nni(given).unmapped[0]?.why).toContain(why);
  });
});

describe('a metric', () => {
  const sweep = (name: string, goal: string) =>
    `method: random\nmetric: {name: ${name}, goal: ${goal}}\nparameters:\n  lr: {values: [1, 2]}\n`;

  it('must be one of the task of the data set', () => {
    const read = readSpace({
      text: sweep('val_accuracy', 'maximize'),
      dataset: { name: 'diabetes', task: 'regression' },
    });
    expect(read.specification).not.toHaveProperty('objective');
    expect(read.unmapped[0]).toMatchObject({
      kind: 'setting',
      why: expect.stringContaining('validationAccuracy is not a metric of regression'),
    });
  });

  it('is told where its direction is unusual or its name is not known', () => {
    const odd = readSpace({ text: sweep('val_loss', 'maximize') });
    expect(odd.specification['objective']).toEqual({ metric: 'validationLoss', direction: 'maximize' });
    expect(odd.notes.map(({ text }) => text).join()).toContain('the usual direction');
    expect(readSpace({ text: sweep('score', 'maximize') }).unmapped[0]?.why).toContain(
      'no metric here is known by this name',
    );
  });
});
