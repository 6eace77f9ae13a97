/**
 * Samplers that learn do learn, through the service: what they propose follows from the results of the trials before, by the rule of invariant 6,
 * whatever else the search does.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spaceOf } from '../../src/algorithms/space/space.ts';
import type { Search } from '../../src/domain/search.ts';
import { MAX_HIDDEN_LAYERS } from '../../src/domain/specification/hidden-units.ts';
import { readableOf } from '../../src/domain/specification/hyperparameters.ts';
import { withPostgres } from '../support/postgres.ts';
import { eventually, findRedis, startRedis, type TestRedis } from '../support/processes.ts';
import { earlySettings, firstLearned, learningTypes, type SamplerType } from '../support/samplers.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { recompute } from '../support/visible-history.ts';

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

const float = { distribution: 'float', low: 0.01, high: 0.5 };
const widestSpace = {
  ...{ learningRate: float, l2: float, leakyReluSlope: float, eluAlpha: float, smallNormalDeviation: float },
  ...{ dropout: float, momentum: float, weightDecay: float, batchNorm: false, epochs: 1, batchSize: 256 },
  hiddenUnits: Array.from({ length: MAX_HIDDEN_LAYERS }, () => ({ distribution: 'int', low: 1, high: 4 })),
};

const redisBinary = findRedis();
/** What the queue could change is how results come back; these settings have every way in which they do. */
const withRedis = ['alone', 'under hyperband', 'in stages'];
const queues = redisBinary === undefined ? (['postgres'] as const) : (['postgres', 'redis'] as const);
if (redisBinary === undefined)
  console.warn('no redis-server is installed: learning is tested with BullMQ on Postgres alone');

describe.each(queues)('with BullMQ on %s', (queue) => {
  let service: TestService;
  let redis: TestRedis | undefined;
  let source: Search;
  beforeAll(async () => {
    redis = queue === 'redis' ? await startRedis(redisBinary!) : undefined;
    service = await startTestService({ redisUrl: redis?.url });
    source = await service.client.create({ ...base, sampler: { type: 'random', seed: 3 }, budget: { trials: 12 } });
    await ended(service.client, source.id);
  });
  afterAll(async () => {
    await service?.close();
    await redis?.close();
  });

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
    'beside a range of one number': () => ({
      hyperparameters: { ...base.hyperparameters, l2: { distribution: 'float', low: 1e-3, high: 1e-3 } },
    }),
    'after a warm start': () => ({ warmStart: { search: source.id, trials: 3 } }),
  };

  async function run(type: SamplerType, more: object, sampler: object = {}): Promise<string> {
    const { id } = await service.client.create({
      ...base,
      ...more,
      sampler: { type, seed: 11, ...earlySettings[type], ...sampler },
    });
    const { state } = await ended(service.client, id);
    expect(state).toBe('complete');
    return id;
  }

  const raise = (id: string, trials: number) =>
    fetch(`${service.url}/v1/searches/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ budget: { trials } }),
    });

  const pointsOf = async (id: string) => (await recompute(service.client, id)).tried;

  describe.each(learningTypes)('%s', (type) => {
    /** The first trial that is proposed from results. */
    const learns = firstLearned(type, spaceOf(readableOf(base.hyperparameters)));

    it.each(queue === 'redis' ? withRedis : Object.keys(settings))(
      'learns %s: every proposal follows from the visible results',
      async (name) => {
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
      },
    );

    it('plans 8 trials that are raised to 40 as it plans 40 at once', async () => {
      const whole = await run(type, { budget: { trials: 40 } });
      const { id } = await service.client.create({
        ...base,
        sampler: { type, seed: 11, ...earlySettings[type] },
        budget: { trials: 8 },
      });
      await ended(service.client, id);
      expect((await raise(id, 40)).status).toBe(200);
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

    it('tries no point of a small discrete space twice', async () => {
      const hiddenUnits = { distribution: 'int', low: 2, high: 6 };
      const activation = { distribution: 'categorical', choices: ['relu', 'tanh', 'elu'] };
      const id = await run('tpe', { hyperparameters: { hiddenUnits, activation, epochs: 2 }, budget: { trials: 15 } });
      const points = (await pointsOf(id)).map((point) => JSON.stringify(point));
      expect(new Set(points).size).toBe(15);
    });

    it('learns from a trial that failed, was tried again and succeeded', async () => {
      const { id } = await service.client.create({
        ...base,
        hyperparameters: {
          learningRate: base.hyperparameters.learningRate,
          hiddenUnits: { distribution: 'categorical', choices: [8, 1024] },
          hiddenLayers: 2,
          epochs: 9,
        },
        enqueue: [{ hiddenUnits: 8 }, { hiddenUnits: 1024, learningRate: 0.01 }],
        sampler: { type: 'tpe', seed: 2, startupTrials: 3, concurrency: 1 },
        limits: { trialSeconds: 0.1 },
        budget: { trials: 6 },
      });
      await ended(service.client, id);
      expect((await service.client.trial(id, 1)).state).toBe('failed');
      await withPostgres(service.databaseUrl, (client) =>
        client.query(
          `UPDATE searches SET specification = jsonb_set(specification, '{limits,trialSeconds}', '60') WHERE id = $1`,
          [id],
        ),
      );
      const retry = await fetch(`${service.url}/v1/searches/${id}/trials/1/retry`, { method: 'POST' });
      expect(retry.status).toBe(200);
      await ended(service.client, id);
      expect((await service.client.trial(id, 1)).state).toBe('complete');
      expect((await raise(id, 12)).status).toBe(200);
      await ended(service.client, id);
      const { tried, expected } = await recompute(service.client, id);
      expect(tried.slice(6)).toEqual(expected.slice(6));
    });
  });

  it('answers at once while a sampler thinks for long, and other searches go on', async () => {
    const heavy = await service.client.create({
      ...base,
      // The most candidates and hyperparameters that are accepted, and many pending trials: a tenth of a second a proposal.
      hyperparameters: widestSpace,
      sampler: { type: 'tpe', seed: 1, startupTrials: 50, candidates: 1000, concurrency: 300 },
      budget: { trials: 3000 },
    });
    await eventually(
      async () => (await service.client.search(heavy.id)).trials.planned > 300,
      120_000,
      'a trial that was learned',
    );
    const other = await service.client.create({
      ...base,
      sampler: { type: 'random', seed: 1 },
      budget: { trials: 12 },
    });
    let slowest = 0;
    const beat = async () => {
      const begun = performance.now();
      await fetch(`${service.url}/healthz`);
      await service.client.search(heavy.id);
      slowest = Math.max(slowest, performance.now() - begun);
    };
    await eventually(
      async () => {
        await beat();
        return (await service.client.search(other.id)).state === 'complete';
      },
      60_000,
      'the end of the other search',
    );
    const begun = performance.now();
    expect((await service.client.cancel(heavy.id)).state).toBe('cancelled');
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(slowest).toBeLessThan(2000);
  }, 240_000);
});
