/**
 * Samplers that learn do learn, through the service: what they propose follows from the results of the trials before, by the rule of law 6,
 * whatever else the search does.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Search } from '../../src/searches/records.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { recompute } from '../support/visible-history.ts';

/** `learns`: the first trial that is proposed from results. */
const samplers = {
  tpe: { settings: { startupTrials: 4, concurrency: 3 }, learns: 4 },
  cmaes: { settings: { generation: 5 }, learns: 5 },
} as const;
type SamplerName = keyof typeof samplers;

const base = {
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-5, high: 1, scale: 'log' },
    l2: { distribution: 'float', low: 1e-6, high: 1e-1, scale: 'log' },
    activation: { distribution: 'categorical', choices: ['relu', 'tanh', 'sigmoid'] },
    optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
    momentum: { distribution: 'float', low: 0.5, high: 0.99, when: { optimizer: ['momentum'] } },
    hiddenUnits: 8,
    epochs: 9,
  },
  objective: { metric: 'validationLoss' },
  budget: { trials: 24 },
};
const { epochs: _, ...withoutEpochs } = base.hyperparameters;

let service: TestService;
let source: Search;
beforeAll(async () => {
  service = await startTestService();
  source = await service.client.create({ ...base, sampler: { type: 'random', seed: 3 }, budget: { trials: 12 } });
  await ended(service.client, source.id);
});
afterAll(() => service?.close());

const settings: Readonly<Record<string, () => object>> = {
  alone: () => ({}),
  'under hyperband': () => ({ pruner: { type: 'hyperband' } }),
  'under median': () => ({ pruner: { type: 'median', startupTrials: 3 } }),
  'in stages': () => ({
    hyperparameters: withoutEpochs,
    stages: [
      { epochs: 3, trials: 14 },
      { epochs: 9, trials: 10 },
    ],
    budget: {},
  }),
  'with k folds': () => ({ validation: { type: 'kFold', folds: 3 } }),
  'behind enqueued configurations': () => ({ enqueue: [{ learningRate: 0.01 }, { activation: 'tanh', l2: 1e-3 }] }),
  'after a warm start': () => ({ warmStart: { search: source.id, trials: 3 } }),
};

async function run(type: SamplerName, more: object, sampler: object = {}): Promise<string> {
  const { id } = await service.client.create({
    ...base,
    ...more,
    sampler: { type, seed: 11, ...samplers[type].settings, ...sampler },
  });
  const { state } = await ended(service.client, id);
  expect(state).toBe('complete');
  return id;
}

const pointsOf = async (id: string) => (await recompute(service.client, id)).tried;

describe.each(Object.keys(samplers) as SamplerName[])('%s', (type) => {
  const { learns } = samplers[type];

  it.each(Object.keys(settings))('learns %s: every proposal follows from the visible results', async (name) => {
    const more = settings[name]!();
    const [minimized, maximized] = await Promise.all(
      (['minimize', 'maximize'] as const).map((direction) =>
        run(type, { ...more, objective: { metric: 'validationLoss', direction } }),
      ),
    );
    const [down, up] = [await recompute(service.client, minimized!), await recompute(service.client, maximized!)];
    expect(down.tried).toEqual(down.expected);
    expect(up.tried).toEqual(up.expected);
    // What is tried before anything is known is the same; from the first trial that learns on it is not.
    expect(up.tried.slice(0, learns)).toEqual(down.tried.slice(0, learns));
    expect(up.tried[learns]).not.toEqual(down.tried[learns]);
    const same = up.tried
      .slice(learns)
      .filter((point, i) => JSON.stringify(point) === JSON.stringify(down.tried[learns + i]));
    expect(same).toEqual([]);
  });

  it('plans 8 trials that are raised to 40 as it plans 40 at once', async () => {
    const whole = await run(type, { budget: { trials: 40 } });
    const { id } = await service.client.create({
      ...base,
      sampler: { type, seed: 11, ...samplers[type].settings },
      budget: { trials: 8 },
    });
    await ended(service.client, id);
    const response = await fetch(`${service.url}/v1/searches/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ budget: { trials: 40 } }),
    });
    expect(response.status).toBe(200);
    await ended(service.client, id);
    expect(await pointsOf(id)).toEqual(await pointsOf(whole));
  });
});

describe('tpe', () => {
  it('learns later the higher its concurrency is: 1, 4 and 16 differ', async () => {
    const concurrencies = [1, 4, 16];
    const ids = await Promise.all(concurrencies.map((concurrency) => run('tpe', {}, { concurrency })));
    const points = await Promise.all(ids.map(pointsOf));
    const [one, four, sixteen] = points.map((tried) => tried.map((point) => JSON.stringify(point)));
    for (const tried of [four!, sixteen!]) expect(tried.slice(0, 4)).toEqual(one!.slice(0, 4));
    expect(four!.slice(5)).not.toEqual(one!.slice(5));
    expect(sixteen!.slice(5)).not.toEqual(one!.slice(5));
    expect(sixteen!.slice(5)).not.toEqual(four!.slice(5));
  });

  it('tries other points than sobol once it knows something', async () => {
    const [tpe, sobol] = await Promise.all([
      run('tpe', { budget: { trials: 60 } }),
      service.client
        .create({ ...base, sampler: { type: 'sobol', seed: 11 }, budget: { trials: 60 } })
        .then(async ({ id }) => {
          await ended(service.client, id);
          return id;
        }),
    ]);
    const [own, even] = await Promise.all([pointsOf(tpe), pointsOf(sobol)]);
    expect(own.slice(0, 4)).toEqual(even.slice(0, 4));
    const same = own.slice(4).filter((point, i) => JSON.stringify(point) === JSON.stringify(even[4 + i]));
    expect(same).toEqual([]);
  });
});
