/** What is said of a search that is no fault, and what another search's best can give one whose space differs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Search } from '../../src/domain/search.ts';
import { allTrials, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
let source: Search;
beforeAll(async () => {
  service = await startTestService();
  const { id } = await service.client.create({
    dataset: 'iris',
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' },
      hiddenUnits: { distribution: 'int', low: 4, high: 16 },
      optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
      momentum: { distribution: 'float', low: 0.5, high: 0.9, when: { optimizer: ['momentum'] } },
      activation: 'tanh',
      epochs: 2,
    },
    budget: { trials: 12 },
  });
  source = await ended(service.client, id);
});
afterAll(() => service?.close());

interface Answer {
  readonly id: string;
  readonly specification: { readonly enqueue: readonly Record<string, unknown>[] };
  readonly warnings: readonly { readonly path: string; readonly message: string }[];
  readonly faults?: readonly { readonly path: string; readonly message: string }[];
}

async function post(path: string, body: object) {
  const response = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as Answer) };
}

/** Warnings of the dry run, which must be those of the search that is begun, whenever it is read. */
async function warningsOf(specification: object): Promise<string[]> {
  const dry = await post('/v1/searches/dry-run', specification);
  expect(dry.status, JSON.stringify(dry.faults)).toBe(200);
  const { id, warnings } = await post('/v1/searches', specification);
  expect(warnings).toEqual(dry.warnings);
  expect((await service.client.search(id)).warnings).toEqual(dry.warnings);
  await service.client.cancel(id).catch(() => undefined);
  return warnings.map(({ path, message }) => `${path}: ${message}`);
}

const words = (...choices: string[]) => ({ distribution: 'categorical', choices });
const space = (hyperparameters: object, more: object = {}) => ({
  dataset: 'iris',
  hyperparameters: { epochs: 1, hiddenUnits: 2, learningRate: 0.01, ...hyperparameters },
  ...more,
});

describe('a search that repeats itself', () => {
  it('warns that nothing varies', async () => {
    expect(await warningsOf(space({}))).toEqual([
      expect.stringMatching(/^hyperparameters: nothing varies: all 50 trials/),
    ]);
    const fixed = { l2: { distribution: 'float', low: 0.1, high: 0.1 } };
    expect(await warningsOf(space(fixed))).toEqual([expect.stringMatching(/nothing varies/)]);
    expect(await warningsOf(space({}, { budget: { trials: 1 } }))).toEqual([]);
  });

  it.each(['random', 'sobol', 'tpe', 'cmaes'])('warns how many points there are: %s', async (type) => {
    const two = space({ activation: words('relu', 'tanh'), hiddenLayers: { distribution: 'int', low: 1, high: 3 } });
    const search = { ...two, sampler: { type } };
    expect(await warningsOf({ ...search, budget: { trials: 7 } })).toEqual([
      'budget.trials: the space has 6 different points, fewer than the 7 trials: some are repeated',
    ]);
    expect(await warningsOf({ ...search, budget: { trials: 6 } })).toEqual([]);
  });

  it('counts conditions as they are, and stages by their first', async () => {
    const conditional = space({
      optimizer: words('sgd', 'momentum'),
      momentum: { distribution: 'float', low: 0.5, high: 0.7, step: 0.1, when: { optimizer: ['momentum'] } },
    });
    expect(await warningsOf({ ...conditional, budget: { trials: 5 } })).toEqual([
      expect.stringMatching(/has 4 different points/),
    ]);
    const { epochs: _, ...hyperparameters } = conditional.hyperparameters as Record<string, unknown>;
    const stages = [
      { epochs: 1, trials: 9 },
      { epochs: 2, trials: 2 },
    ];
    expect(await warningsOf({ ...conditional, hyperparameters, stages })).toEqual([
      expect.stringMatching(/^stages\[0\].trials: the space has 4/),
    ]);
  });

  it('gives no warning where it is a grid, or has no end of points', async () => {
    expect(await warningsOf(space({ activation: words('relu', 'tanh') }, { sampler: { type: 'grid' } }))).toEqual([]);
    expect(await warningsOf({ dataset: 'iris' })).toEqual([]);
  });

  it('warns of a condition that hardly ever holds', async () => {
    const never = space({
      l2: { distribution: 'float', low: 0, high: 1 },
      momentum: { distribution: 'float', low: 0.5, high: 0.9, when: { l2: [0.5] } },
    });
    expect(await warningsOf(never)).toEqual([
      expect.stringMatching(/^hyperparameters.momentum.when.l2: is almost never active/),
    ]);
  });
});

describe('a warm start into another space', () => {
  const warm = (trials = 12) => ({ warmStart: { search: source.id, trials }, budget: { trials: 12 } });
  const rate = { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' };

  it('takes all of the same space, what did not vary there included, and says nothing', async () => {
    const same = space({
      learningRate: rate,
      hiddenUnits: { distribution: 'int', low: 4, high: 16 },
      optimizer: words('sgd', 'momentum'),
      momentum: { distribution: 'float', low: 0.5, high: 0.9, when: { optimizer: ['momentum'] } },
      activation: words('relu', 'tanh'),
    });
    const { specification, warnings } = await post('/v1/searches/dry-run', { ...same, ...warm() });
    expect(warnings).toEqual([]);
    const best = (await service.client.best(source.id, 12)).items;
    expect(specification.enqueue).toEqual(
      best.map(({ hyperparameters }) => ({ ...hyperparameters, activation: 'tanh' })),
    );
  });

  it.each<[string, object, RegExp]>([
    [
      'a step',
      { hiddenUnits: { distribution: 'int', low: 4, high: 16, step: 4 } },
      /^warmStart: hiddenUnits of trial \d+.* is ignored: it must be a whole number between 4 and 16, in steps of 4 from 4, got \d+/,
    ],
    [
      'bounds',
      { learningRate: { ...rate, low: 0.09 } },
      /learningRate of trial \d+.*must be a number between 0.09 and 0.1, got 0\.\d+/,
    ],
    [
      'choices',
      { optimizer: words('adam', 'sgd') },
      /optimizer of trial \d+.*must be one of "adam", "sgd", got "momentum"/,
    ],
    [
      'a condition',
      {
        optimizer: words('sgd', 'momentum'),
        momentum: { distribution: 'float', low: 0.5, high: 0.9, when: { optimizer: ['sgd'] } },
      },
      /momentum of trial \d+.*it is active only where optimizer is "sgd", and optimizer is "momentum"/,
    ],
    ['a fixed value', { optimizer: 'adam' }, /optimizer of trial \d+.*does not vary here: it is "adam", got "/],
  ])('takes what fits and says what does not: %s', async (_, differing, warning) => {
    const specification = { ...space({ learningRate: rate, ...differing }), ...warm() };
    const warnings = await warningsOf(specification);
    expect(warnings.join('\n')).toMatch(new RegExp(warning.source, 'm'));
    const { id } = await service.client.create({ ...specification, budget: { trials: 3 } });
    await ended(service.client, id);
    expect((await allTrials(service.client, id))[0]!.source).toBe('enqueued');
  });

  it('goes into the default space where none is given', async () => {
    const { status, warnings, specification } = await post('/v1/searches/dry-run', { dataset: 'iris', ...warm() });
    expect(status).toBe(200);
    expect(specification.enqueue.length).toBeGreaterThan(0);
    expect(warnings.map(({ path }) => path)).toContain('warmStart');
  });

  it('has faults of its own name', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    const missing = await post('/v1/searches', { dataset: 'nothing', warmStart: { search: id } });
    expect(missing.faults!.map(({ path }) => path)).toEqual(['dataset']);
    expect((await post('/v1/searches', { dataset: 'iris', warmStart: { search: id } })).faults).toMatchObject([
      { path: 'warmStart.search' },
    ]);
    const many = {
      ...space({ learningRate: rate }),
      enqueue: Array(990).fill({}),
      warmStart: { search: source.id, trials: 50 },
    };
    expect((await post('/v1/searches', many)).faults).toMatchObject([{ path: 'warmStart.trials' }]);
    const { epochs: _, ...hyperparameters } = space({ learningRate: rate }).hyperparameters as Record<string, unknown>;
    const staged = {
      dataset: 'iris',
      hyperparameters,
      stages: [{ epochs: 1, trials: 2 }],
      warmStart: { search: source.id },
    };
    expect((await post('/v1/searches', staged)).faults!.map(({ path }) => path)).toEqual(['warmStart.trials']);
  });

  it('says that a search without a value has nothing to give', async () => {
    const empty = await service.client.create({
      dataset: 'iris',
      hyperparameters: { learningRate: rate, hiddenUnits: 512, hiddenLayers: 4, epochs: 5000 },
    });
    await service.client.cancel(empty.id);
    expect(await warningsOf({ dataset: 'iris', warmStart: { search: empty.id } })).toEqual([
      expect.stringMatching(/^warmStart: none of its trials has a value/),
    ]);
  });
});
