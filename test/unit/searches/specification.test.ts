import { describe, expect, it } from 'vitest';
import { Problem } from '../../../src/errors.ts';
import { parseSpecification } from '../../../src/searches/specification.ts';

const digits = {
  name: 'digits',
  task: 'classification',
  rows: 1797,
  features: 64,
  classes: [...'0123456789'],
  hash: 'h',
} as const;
const diabetes = { name: 'diabetes', task: 'regression', rows: 442, features: 10, classes: [], hash: 'h' } as const;
const find = async (name: string) => [digits, diabetes].find((dataset) => dataset.name === name);
const parse = async (body: unknown) => (await parseSpecification(body, find)).specification;

async function faultsOf(body: unknown): Promise<string[]> {
  try {
    await parseSpecification(body, find);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.faults.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

describe('parseSpecification', () => {
  it('needs nothing but a data set, and stores every default', async () => {
    const specification = await parse({ dataset: 'digits' });
    expect(specification).toMatchObject({
      name: 'digits, random',
      sampler: { type: 'random', seed: 0 },
      validation: { type: 'holdout', fraction: 0.2 },
      objective: { metric: 'validationAccuracy', direction: 'maximize' },
      pruner: { type: 'none', divergence: true },
      budget: { trials: 50 },
      limits: { trialSeconds: 600, attempts: 3 },
    });
    expect(specification.hyperparameters['learningRate']).toMatchObject({ scale: 'log' });
    expect(specification.hyperparameters['batchSize']).toBe(64);
  });

  it('minimizes the error where the target is a quantity', async () => {
    expect((await parse({ dataset: 'diabetes' })).objective).toEqual({
      metric: 'validationRmse',
      direction: 'minimize',
    });
  });

  it('ends a grid where its points end, and a budget before', async () => {
    const hyperparameters = {
      learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log', points: 4 },
      activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
    };
    const grid = { dataset: 'digits', sampler: { type: 'grid' }, hyperparameters };
    expect((await parse(grid)).budget.trials).toBe(8);
    expect((await parse({ ...grid, budget: { trials: 100 } })).budget.trials).toBe(8);
    expect((await parse({ ...grid, budget: { trials: 3 } })).budget.trials).toBe(3);
  });

  it('lists every fault at once, each by its path, with what was got', async () => {
    const faults = await faultsOf({
      dataset: 'digitz',
      hyperparameters: {
        learningRate: { distribution: 'float', low: 0, high: 0.1, scale: 'log' },
        hiddenUnits: { distribution: 'int', low: 50, high: 10 },
        activation: 'rellu',
        momentun: 0.9,
        momentum: { distribution: 'float', low: 0.5, high: 0.9, when: { optimizer: ['momentom'] } },
        optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
      },
      sampler: { type: 'annealing' },
      budget: { trials: -5 },
    });
    expect(faults).toEqual(
      expect.arrayContaining([
        'dataset: there is no data set of that name, got "digitz"; GET /v1/datasets lists them',
        'hyperparameters.learningRate.low: must be above 0, got 0',
        'hyperparameters.hiddenUnits.low: must not be above high, which is 10, got 50',
        'hyperparameters.activation: must be one of "sigmoid", "tanh", "relu", "leakyRelu", "elu" or an object, got "rellu"',
        'hyperparameters.momentun: is not a key that is known here',
        'hyperparameters.momentum.when.optimizer[0]: optimizer can never have that value (it is one of "sgd", "momentum"), got "momentom"',
        'sampler.type: must be one of "random", "grid", got "annealing"',
        'budget.trials: must be at least 1, got -5',
      ]),
    );
    expect(faults).toHaveLength(8);
  });

  it.each([
    [
      { l2: { distribution: 'float', low: 0, high: 1, scale: 'log' } },
      'hyperparameters.l2.low: must be above 0 on a log scale, got 0',
    ],
    [
      { hiddenUnits: { distribution: 'int', low: 2.5, high: 8 } },
      'hyperparameters.hiddenUnits.low: must be a whole number, got 2.5',
    ],
    [
      { activation: { distribution: 'categorical', choices: [] } },
      'hyperparameters.activation.choices: must have at least 1 entries, got an empty list',
    ],
    [
      { activation: { distribution: 'categorical', choices: ['relu', 'relu'] } },
      'hyperparameters.activation.choices: must not repeat a choice, got "relu" twice',
    ],
    [{ learningRate: '0.1' }, 'hyperparameters.learningRate: must be a number or an object, got "0.1"'],
    [{ batchNorm: 'yes' }, 'hyperparameters.batchNorm: must be a boolean or an object, got "yes"'],
    [
      { l2: { distribution: 'float', low: 0.1, high: 1, scale: 'log', step: 0.2 } },
      'hyperparameters.l2.step: must be below twice low on a log scale, which is 0.2, got 0.2',
    ],
    [
      { l2: { distribution: 'float', low: 0, high: 1, when: { l2: [1] } } },
      'hyperparameters.l2.when.l2: a hyperparameter cannot depend on itself',
    ],
    [
      { l2: { distribution: 'float', low: 0, high: 1, when: { colour: [1] } } },
      'hyperparameters.l2.when.colour: is not a hyperparameter',
    ],
    [
      { hiddenUnits: 4096, hiddenLayers: 20 },
      /^hyperparameters.hiddenUnits: the largest network \(20 hidden layers of 4096 units/,
    ],
  ])('says of %j: %s', async (hyperparameters, fault) => {
    const faults = await faultsOf({ dataset: 'digits', hyperparameters });
    expect(faults).toHaveLength(1);
    if (typeof fault === 'string') expect(faults[0]).toBe(fault);
    else expect(faults[0]).toMatch(fault);
  });

  it('refuses conditions in a circle', async () => {
    const on = (name: string) => ({ distribution: 'float', low: 0.1, high: 0.9, when: { [name]: [0.5] } });
    const faults = await faultsOf({ dataset: 'digits', hyperparameters: { momentum: on('l2'), l2: on('momentum') } });
    expect(faults).toEqual(['hyperparameters.l2.when: the conditions of l2, momentum form a circle']);
  });

  it('refuses an accuracy of quantities', async () => {
    expect(await faultsOf({ dataset: 'diabetes', objective: { metric: 'validationAccuracy' } })).toEqual([
      'objective.metric: must be one of validationRmse, validationLoss for regression (diabetes), got "validationAccuracy"',
    ]);
  });

  it.each([[null], [[]], ['text'], [42], [true]])('refuses %j as a whole', async (body) => {
    expect((await faultsOf(body))[0]).toMatch(/^: must be an object, got/);
  });
});
