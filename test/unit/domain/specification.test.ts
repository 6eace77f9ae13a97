import { describe, expect, it } from 'vitest';
import { parseSpecification } from '../../../src/application/parse-specification.ts';
import { createRowWork, rowAnswerOf } from '../../../src/application/row-work.ts';
import { compileKernels } from '../../../src/compute/kernels.ts';
import { createTrialMemory } from '../../../src/compute/trial-memory.ts';
import { largestTrial } from '../../../src/domain/specification/largest-trial.ts';
import { Problem } from '../../../src/errors.ts';

const digits = {
  name: 'digits',
  task: 'classification',
  rows: 1797,
  features: 64,
  classes: [...'0123456789'],
  hash: 'h',
} as const;
const diabetes = { name: 'diabetes', task: 'regression', rows: 442, features: 10, classes: [], hash: 'h' } as const;
const moons = {
  name: 'moons',
  task: 'classification',
  rows: 600,
  features: 2,
  classes: ['upper', 'lower'],
  hash: 'h',
} as const;
const datasets = {
  find: async (name: string) => [digits, diabetes, moons].find((dataset) => dataset.name === name),
  load: async () => undefined,
};
const queries = { find: async () => undefined, best: async () => [] };
const memory = createTrialMemory(compileKernels('simd'), 1024 * 2 ** 20);
const rowWork = createRowWork(async (task) => rowAnswerOf(task));
const parse = async (body: unknown) =>
  (await parseSpecification(body, { datasets, queries, memory, rowWork })).specification;

async function issuesOf(body: unknown): Promise<string[]> {
  try {
    await parseSpecification(body, { datasets, queries, memory, rowWork });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.issues.map(({ path, message }) => `${path}: ${message}`);
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

  it('has test rows only if it asks for them, and stages have those of the search', async () => {
    expect((await parse({ dataset: 'digits' })).validation).not.toHaveProperty('test');
    const stages = [
      { epochs: 2, trials: 4, validation: { type: 'kFold', folds: 3 } },
      { epochs: 4, trials: 2 },
    ];
    const parsed = await parse({ dataset: 'digits', validation: { test: 0.25 }, stages });
    expect(parsed.validation).toMatchObject({ type: 'holdout', fraction: 0.2, test: 0.25 });
    expect(parsed.stages.map(({ validation }) => validation?.test)).toEqual([0.25, undefined]);
  });

  it('refuses shares of test rows out of bounds, and stages with others than the search', async () => {
    for (const test of [0, 0.04, 0.51]) {
      expect(await issuesOf({ dataset: 'digits', validation: { test } })).toEqual([
        expect.stringMatching(/^validation\.test: .*0\.0?5/),
      ]);
    }
    const stage = { epochs: 2, trials: 4, validation: { type: 'kFold', test: 0.3 } };
    expect(await issuesOf({ dataset: 'digits', validation: { test: 0.2 }, stages: [stage] })).toEqual([
      'stages[0].validation.test: must be that of the search (0.2) or left out, got 0.3',
    ]);
    expect(await issuesOf({ dataset: 'digits', stages: [stage] })).toEqual([
      'stages[0].validation.test: must be that of the search (none) or left out, got 0.3',
    ]);
  });

  it('counts the rows of folds without the test rows', async () => {
    const small = { ...digits, rows: 20 };
    const context = { datasets: { ...datasets, find: async () => small }, queries, memory, rowWork };
    const body = { dataset: 'digits', validation: { type: 'kFold', folds: 12, test: 0.5 } };
    await expect(parseSpecification(body, context)).rejects.toMatchObject({
      issues: [
        {
          path: 'validation.folds',
          message: 'must be at most the 10 rows of the data set that are not test rows, got 12',
        },
      ],
    });
    await expect(
      parseSpecification({ dataset: 'digits', validation: { fraction: 0.9, test: 0.5 } }, context),
    ).rejects.toMatchObject({
      issues: [
        {
          path: 'validation.fraction',
          message: 'leaves 1 training and 9 validation rows of 20 besides 10 test rows',
        },
      ],
    });
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
    const faults = await issuesOf({
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
        'dataset: there is no data set with that name, got "digitz"; GET /v1/datasets lists them',
        'hyperparameters.learningRate.low: must be above 0, got 0',
        'hyperparameters.hiddenUnits.low: must be at most high, which is 10, got 50',
        'hyperparameters.activation: must be one of "sigmoid", "tanh", "relu", "leakyRelu", "elu", "gelu", "silu", "maxout" or an object, got "rellu"',
        'hyperparameters.momentun: is not a known key; did you mean momentum?',
        'hyperparameters.momentum.when.optimizer[0]: optimizer can never have that value (it is one of "sgd", "momentum"), got "momentom"',
        'sampler.type: must be one of "random", "grid", "sobol", "tpe", "cmaes", got "annealing"',
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
      'hyperparameters.activation.choices: must have at least 1 entry, got an empty list',
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
      /^hyperparameters.hiddenUnits: the largest trial \(20 hidden layers of 4096 units on 64 features and 1797 rows, adam, batches of 64\) needs \d,\d\d\d MB of memory, but the limit is 1,024 MB$/,
    ],
  ])('says of %j: %s', async (hyperparameters, fault) => {
    const faults = await issuesOf({ dataset: 'digits', hyperparameters });
    expect(faults).toHaveLength(1);
    if (typeof fault === 'string') expect(faults[0]).toBe(fault);
    else expect(faults[0]).toMatch(fault);
  });

  describe('units of single layers', () => {
    const int = { distribution: 'int', low: 8, high: 64 };
    const settingsOf = async (hyperparameters: object) =>
      (await parse({ dataset: 'digits', hyperparameters })).hyperparameters;
    const faults = (hyperparameters: object) => issuesOf({ dataset: 'digits', hyperparameters });

    it('are given as a list, of values and distributions alike', async () => {
      expect(await settingsOf({ hiddenUnits: [64, int] })).toMatchObject({
        hiddenLayers: 2,
        hiddenUnits1: 64,
        hiddenUnits2: { distribution: 'int', low: 8, high: 64, scale: 'linear' },
      });
      expect(await settingsOf({ hiddenUnits: [] })).toMatchObject({ hiddenLayers: 0 });
      expect(await settingsOf({ hiddenUnits: [32, 16], hiddenLayers: 2 })).toMatchObject({ hiddenLayers: 2 });
    });

    it('are active only where there is their layer', async () => {
      const layers = { distribution: 'int', low: 1, high: 3 };
      const given = { hiddenLayers: layers, hiddenUnits1: int, hiddenUnits2: int, hiddenUnits3: 16 };
      const settings = await settingsOf(given);
      expect(settings['hiddenUnits1']).not.toHaveProperty('when');
      expect(settings['hiddenUnits2']).toMatchObject({ when: { hiddenLayers: [2, 3] } });
      expect(settings['hiddenUnits3']).toBe(16);
      const odd = { distribution: 'categorical', choices: [5, 1, 3] };
      expect(await settingsOf({ hiddenLayers: odd, hiddenUnits2: int })).toMatchObject({
        hiddenUnits2: { when: { hiddenLayers: [3, 5] } },
      });
    });

    it('keep the condition that was given', async () => {
      const layers = { distribution: 'int', low: 1, high: 3 };
      const own = (when: object) => ({ hiddenLayers: layers, hiddenUnits2: { ...int, when } });
      const conditionOf = async (when: object) => (await settingsOf(own(when)))['hiddenUnits2'];
      expect(await conditionOf({ hiddenLayers: [3] })).toMatchObject({ when: { hiddenLayers: [3] } });
      expect(await conditionOf({ optimizer: ['adam'] })).toMatchObject({
        when: { optimizer: ['adam'], hiddenLayers: [2, 3] },
      });
      expect(await faults(own({ hiddenLayers: [1, 2] }))).toEqual([
        'hyperparameters.hiddenUnits2.when.hiddenLayers[0]: must be at least 2: with fewer there is no layer 2, got 1',
      ]);
    });

    it('leave to hiddenUnits the layers that have none, and only where there is one', async () => {
      const layers = { distribution: 'int', low: 1, high: 3 };
      const settings = await settingsOf({ hiddenLayers: layers, hiddenUnits1: 32, hiddenUnits: int });
      expect(settings['hiddenUnits']).toMatchObject({ when: { hiddenLayers: [2, 3] } });
      expect((await settingsOf({ hiddenLayers: layers, hiddenUnits: int }))['hiddenUnits']).not.toHaveProperty('when');
      expect(await faults({ hiddenLayers: 1, hiddenUnits1: 32, hiddenUnits: int })).toEqual([
        'hyperparameters.hiddenUnits: has no effect: every hidden layer has its own units',
      ]);
    });

    it.each([
      [
        { hiddenLayers: 2, hiddenUnits3: 8 },
        'hyperparameters.hiddenUnits3: has no effect: hiddenLayers is at most 2, so there is no layer 3',
      ],
      [
        { hiddenUnits2: int },
        'hyperparameters.hiddenUnits2: has no effect: hiddenLayers is at most 1, so there is no layer 2',
      ],
      [
        { hiddenUnits: [32, 16], hiddenLayers: 3 },
        'hyperparameters.hiddenLayers: must be 2, the length of hiddenUnits, or be left out, got 3',
      ],
      [
        { hiddenUnits: [32, 16], hiddenLayers: { distribution: 'int', low: 1, high: 2 } },
        'hyperparameters.hiddenLayers: must be 2, the length of hiddenUnits, or be left out, got an object',
      ],
      [
        { hiddenUnits: [32, 16], hiddenUnits2: 8 },
        'hyperparameters.hiddenUnits2: must be left out if hiddenUnits is a list, which has the units of every layer',
      ],
      [{ hiddenUnits: [32, 0] }, 'hyperparameters.hiddenUnits[1]: must be at least 1, got 0'],
      [
        { hiddenUnits: [{ ...int, when: { colour: ['red'] } }] },
        'hyperparameters.hiddenUnits[0].when.colour: is not a hyperparameter',
      ],
      [
        { hiddenUnits: Array(21).fill(8) },
        'hyperparameters.hiddenUnits: must have at most 20 entries, got a list of 21',
      ],
      [{ hiddenUnits: 'wide' }, 'hyperparameters.hiddenUnits: must be a number or an object or a list, got "wide"'],
      [
        {
          hiddenLayers: { distribution: 'categorical', choices: [1, 2], when: { hiddenUnits2: [8] } },
          hiddenUnits2: int,
        },
        'hyperparameters.hiddenLayers.when: the conditions of hiddenLayers, hiddenUnits2 form a cycle',
      ],
      [
        { hiddenUnits: [8, 4096, 4096, 4096, 4096, 4096, 4096] },
        'hyperparameters.hiddenUnits: the largest trial (7 hidden layers of 8, 4096, 4096, 4096, 4096, 4096, 4096 units on 64 features and 1797 rows, adam, batches of 64) needs 1,639 MB of memory, but the limit is 1,024 MB',
      ],
      [{ hiddenUnits21: 8 }, 'hyperparameters.hiddenUnits21: is not a known key'],
    ])('refuses %j: %s', async (hyperparameters, fault) => {
      expect(await faults(hyperparameters)).toEqual([fault]);
    });

    it('finds the largest network where fewer layers make it', async () => {
      const wide = { hiddenLayers: { distribution: 'int', low: 1, high: 2 }, hiddenUnits1: 4096, hiddenUnits2: 1 };
      await expect(settingsOf(wide)).resolves.toMatchObject({ hiddenUnits1: 4096 });
    });
  });

  describe('enqueue', () => {
    const hyperparameters = {
      learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
      hiddenLayers: { distribution: 'int', low: 1, high: 3 },
      hiddenUnits1: { distribution: 'int', low: 8, high: 64, step: 8 },
      hiddenUnits2: { distribution: 'int', low: 8, high: 64 },
      hiddenUnits: { distribution: 'categorical', choices: [16, 32] },
      optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
      momentum: { distribution: 'float', low: 0.5, high: 0.9, when: { optimizer: ['momentum'] } },
      epochs: 5,
    };
    const search = (enqueue: unknown, more: object = {}) => ({ dataset: 'digits', hyperparameters, enqueue, ...more });

    it('is stored as points of the space, lists of units spelled out', async () => {
      const { enqueue } = await parse(
        search([{ learningRate: 0.01 }, { hiddenUnits: [64, 40, 16] }, { optimizer: 'momentum', momentum: 0.5 }, {}]),
      );
      expect(enqueue).toEqual([
        { learningRate: 0.01 },
        { hiddenLayers: 3, hiddenUnits1: 64, hiddenUnits2: 40, hiddenUnits: 16 },
        { optimizer: 'momentum', momentum: 0.5 },
        {},
      ]);
      expect((await parse({ dataset: 'digits' })).enqueue).toEqual([]);
    });

    it('takes the space that is there when nobody says, and what is fixed where it agrees', async () => {
      expect((await parse({ dataset: 'digits', enqueue: [{ l2: 1e-4 }] })).enqueue).toEqual([{ l2: 1e-4 }]);
      expect((await parse(search([{ epochs: 5, learningRate: 0.1 }]))).enqueue).toEqual([{ learningRate: 0.1 }]);
      const fixed = { hiddenUnits: [32, { distribution: 'int', low: 8, high: 64 }] };
      expect((await parse(search([{ hiddenUnits: [32, 9] }], { hyperparameters: fixed }))).enqueue).toEqual([
        { hiddenUnits2: 9 },
      ]);
    });

    it('counts towards the budget, which is a total', async () => {
      const three = [{}, {}, {}];
      expect((await parse(search(three, { budget: { trials: 2 } }))).budget.trials).toBe(2);
      expect((await parse(search(Array(60).fill({})))).budget.trials).toBe(60);
      const grid = { hyperparameters: { batchNorm: { distribution: 'categorical', choices: [true, false] } } };
      const ofGrid = (more: object) => parse(search(three, { ...grid, sampler: { type: 'grid' }, ...more }));
      expect((await ofGrid({})).budget.trials).toBe(5);
      expect((await ofGrid({ budget: { trials: 100 } })).budget.trials).toBe(5);
    });

    it('lists every fault by its path', async () => {
      const given = [
        { learningRate: 5, colour: 'red' },
        { learningRate: '0.01', optimizer: 'adam' },
        { momentum: 0.5 },
        { momentum: 0.5, optimizer: 'sgd' },
        { epochs: 6 },
        { hiddenUnits1: 12 },
        { hiddenLayers: 1, hiddenUnits2: 8 },
        { hiddenUnits3: 8 },
        { hiddenUnits: [16, 16, 16, 16] },
        { hiddenUnits: [16, 65] },
        { hiddenLayers: 2, hiddenUnits: [16] },
      ];
      expect(await issuesOf(search(given))).toEqual([
        'enqueue[0].learningRate: must be a number between 0.0001 and 0.1, got 5',
        'enqueue[0].colour: is not a hyperparameter',
        'enqueue[1].learningRate: must be a number between 0.0001 and 0.1, got "0.01"',
        'enqueue[1].optimizer: must be one of "sgd", "momentum", got "adam"',
        'enqueue[2].momentum: is active only where optimizer is "momentum", and this configuration does not give it',
        'enqueue[3].momentum: is active only where optimizer is "momentum", and here it is "sgd"',
        'enqueue[4].epochs: does not vary in this search: it is 5, got 6',
        'enqueue[5].hiddenUnits1: must be a whole number between 8 and 64, in steps of 8 from 8, got 12',
        'enqueue[6].hiddenUnits2: is active only where hiddenLayers is one of 2, 3, and here it is 1',
        'enqueue[7].hiddenUnits3: is not a hyperparameter of this search',
        'enqueue[8].hiddenUnits: hiddenLayers must be a whole number between 1 and 3, got 4',
        'enqueue[9].hiddenUnits[1]: hiddenUnits2 must be a whole number between 8 and 64, got 65',
        'enqueue[10].hiddenUnits: hiddenLayers is already 2 in this configuration, got 1',
      ]);
    });

    it('is checked where the shape is wrong elsewhere, and says nothing of what could not be read', async () => {
      const mistyped = { ...hyperparameters, learningRate: { distribution: 'float', low: 'a', high: 1 } };
      const given = [{ learningRate: 5, optimizer: 'adam' }, 7, { optimizer: null }];
      const faults = await issuesOf(search(given, { hyperparameters: mistyped, budget: { trials: 0 } }));
      expect(faults.sort()).toEqual([
        'budget.trials: must be at least 1, got 0',
        'enqueue[0].optimizer: must be one of "sgd", "momentum", got "adam"',
        'enqueue[1]: must be an object, got 7',
        'enqueue[2].optimizer: must be a number or a string or a boolean, got null',
        'hyperparameters.learningRate.low: must be a number, got "a"',
      ]);
    });

    it.each([
      ['all of them', 'enqueue: must be a list, got "all of them"'],
      [{}, 'enqueue: must be a list, got an object'],
      [null, 'enqueue: must be a list, got null'],
      [Array(1001).fill({}), 'enqueue: must have at most 1000 entries, got a list of 1001'],
    ])('refuses %j', async (enqueue, fault) => {
      expect(await issuesOf(search(enqueue))).toEqual([fault]);
    });
  });

  it('refuses conditions in a circle', async () => {
    const on = (name: string) => ({ distribution: 'float', low: 0.1, high: 0.9, when: { [name]: [0.5] } });
    const faults = await issuesOf({ dataset: 'digits', hyperparameters: { momentum: on('l2'), l2: on('momentum') } });
    expect(faults).toEqual(['hyperparameters.l2.when: the conditions of l2, momentum form a cycle']);
  });

  describe('memory', () => {
    const weights = 64 * 4096 + 4096 * 3072 + 3072 * 3072 + 3072 * 10 + 4096 + 3072 + 3072 + 10;
    const either = (...choices: unknown[]) => ({ distribution: 'categorical', choices });
    const largest = async (hyperparameters: object) => {
      const wide = { hiddenUnits: [4096, 3072, 3072], optimizer: 'sgd', ...hyperparameters };
      const specification = await parse({ dataset: 'digits', hyperparameters: wide });
      return largestTrial(specification, digits, createTrialMemory(compileKernels('plain'), 1));
    };

    it('is asked of the costliest that the space allows, hyperparameter by hyperparameter', async () => {
      const { bytes } = await largest({});
      expect(bytes).toBeGreaterThan(3 * 4 * weights);
      expect(bytes).toBeLessThan(3.5 * 4 * weights);
      const adam = await largest({ optimizer: either('adam', 'sgd') });
      expect(adam.settings.optimizer).toBe('adam');
      expect(adam.bytes).toBe(bytes + 2 * 4 * weights);
      expect((await largest({ patience: { distribution: 'int', low: 0, high: 5 } })).bytes).toBe(bytes + 4 * weights);
      const maxout = await largest({ activation: either('relu', 'maxout', 'tanh') });
      expect(maxout.settings.activation).toBe('maxout');
      expect(maxout.bytes).toBeGreaterThan(1.9 * bytes);
      const batch = await largest({ batchSize: { distribution: 'int', low: 32, high: 65_536 } });
      const whole = 1797 - 359; // no batch has more than the training rows
      expect(batch.bytes).toBe((await largest({ batchSize: whole })).bytes);
      expect(batch.bytes).toBeGreaterThan(bytes + 4 * (whole - 256) * (4096 + 3072 + 3072));
      const unlucky = await largest({ batchNorm: either(false, true), dropout: either(0, 0.2) });
      expect(unlucky.settings).toMatchObject({ batchNorm: true, dropout: 0.2 });
    });
  });

  it('lets two classes alone have binary cross-entropy and an area under the curve', async () => {
    const both = { distribution: 'categorical', choices: ['softmaxCrossEntropy', 'binaryCrossEntropy'] };
    const wanting = (dataset: string, loss: unknown, metric?: string) => ({
      dataset,
      hyperparameters: { loss },
      objective: { metric },
    });
    const fault = 'binaryCrossEntropy needs two classes, but digits has 10';
    expect(await issuesOf(wanting('digits', 'binaryCrossEntropy'))).toEqual([`hyperparameters.loss: ${fault}`]);
    expect(await issuesOf(wanting('digits', both))).toEqual([`hyperparameters.loss.choices[1]: ${fault}`]);
    expect(await issuesOf(wanting('digits', 'softmaxCrossEntropy', 'validationRocAuc'))).toEqual([
      'objective.metric: validationRocAuc needs two classes, but digits has 10',
    ]);
    expect((await parse(wanting('moons', both, 'validationRocAuc'))).objective).toEqual({
      metric: 'validationRocAuc',
      direction: 'maximize',
    });
    expect((await parse(wanting('diabetes', 'binaryCrossEntropy', 'validationR2'))).objective.direction).toBe(
      'maximize',
    );
    expect((await parse({ dataset: 'diabetes', objective: { metric: 'validationMae' } })).objective.direction).toBe(
      'minimize',
    );
  });

  it('refuses an accuracy of quantities', async () => {
    expect(await issuesOf({ dataset: 'diabetes', objective: { metric: 'validationAccuracy' } })).toEqual([
      'objective.metric: must be one of validationRmse, validationLoss, validationMae, validationR2 for regression (diabetes), got "validationAccuracy"',
    ]);
  });

  it.each([[null], [[]], ['text'], [42], [true]])('refuses %j as a whole', async (body) => {
    expect((await issuesOf(body))[0]).toMatch(/^: must be an object, got/);
  });
});
