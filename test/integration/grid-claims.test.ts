/** Invariant 4 under fire: eight claimers, deliveries that come twice or late, attempts that crash, hand back, or go silent. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, type Database } from '../../src/adapters/postgres/connection.ts';
import { createDatasetStore } from '../../src/adapters/postgres/dataset-store.ts';
import { createSearchQueries } from '../../src/adapters/postgres/search-queries.ts';
import { createSearchStore } from '../../src/adapters/postgres/search-store.ts';
import { gridOf } from '../../src/algorithms/samplers/grid/grid.ts';
import { spaceOf } from '../../src/algorithms/space/space.ts';
import { createHandOff } from '../../src/application/hand-off.ts';
import { createPlanner } from '../../src/application/planner.ts';
import type { SearchStore } from '../../src/application/ports/search-store.ts';
import { createProposer } from '../../src/application/proposals.ts';
import { createInlineCore } from '../../src/compute/inline-core.ts';
import { resultOf } from '../../src/compute/trial.ts';
import type { Claim, Delivery } from '../../src/domain/commands.ts';
import { isOpen, type Search } from '../../src/domain/search.ts';
import { settingsOf } from '../../src/domain/specification/hyperparameters.ts';
import { trainedObjective } from '../../src/domain/specification/specification.ts';
import { projectRoot } from '../../src/paths.ts';
import { randomAt } from '../../src/random.ts';
import { silentLog } from '../support/log.ts';
import { allTrials, expectSound } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

const CLAIMERS = 8;
const LEASE_SECONDS = 0.05;
const ATTEMPTS = 3;

let service: TestService;
let database: Database;
let store: SearchStore;
beforeAll(async () => {
  // The API alone: nobody else claims, and its sweep is as slow as the test is fast.
  service = await startTestService({ reconcileSeconds: 600 }, 'api');
  database = connect(service.databaseUrl, CLAIMERS);
  store = createSearchStore(database);
});
afterAll(async () => {
  await database?.$disconnect();
  await service?.close();
});

interface Storm {
  readonly seed: number;
  readonly points: number;
  readonly crash: number;
  readonly silence: number;
  /** Trials of which every attempt crashes. */
  readonly doomed: readonly number[];
}

/** Works a search off with many hands; gives how often a result of each trial was accepted, and how many attempts were seen. */
async function workOff(search: Search, storm: Storm) {
  const datasets = createDatasetStore(database, `${projectRoot}/datasets`);
  const iris = (await datasets.load('iris'))!;
  const core = createInlineCore('simd');
  const pool: Delivery[] = [];
  const accepted = new Map<number, number>();
  const attempts = new Map<number, Set<number>>();
  const silent: Claim[] = [];
  const propose = createProposer();
  const planner = createPlanner({
    store,
    queries: createSearchQueries(database),
    handOff: createHandOff({ worker: 'nobody', leaseSeconds: 1 }, async (deliveries) => void pool.push(...deliveries)),
    facts: datasets.find,
    propose: async (task) => propose(task),
    log: silentLog,
  });

  const result = async ({ number, attempt, point }: Claim) => {
    const { specification } = search;
    const { hyperparameters, validation, sampler } = specification;
    const settings = settingsOf(hyperparameters, point);
    const task = {
      settings,
      dataset: iris,
      validation,
      ...trainedObjective(specification),
      divergence: true,
      seed: sampler.seed,
    };
    return { ...resultOf(await core.run({ ...task, trial: number })), number, attempt };
  };
  const finish = async (claim: Claim): Promise<void> => {
    const { accepted: numbers } = await store.finish(search.id, [await result(claim)]);
    for (const number of numbers) accepted.set(number, (accepted.get(number) ?? 0) + 1);
  };
  const tryOne = async (claim: Claim, luck: number): Promise<void> => {
    const { number, attempt } = claim;
    const tried = attempts.get(number) ?? new Set();
    expect(tried).not.toContain(attempt);
    attempts.set(number, tried.add(attempt));
    if (storm.doomed.includes(number) || luck < storm.crash) {
      pool.push(...(await store.release(search.id, [{ number, attempt, reason: 'crash', how: 'crashed' }])).deliveries);
    } else if (luck < storm.crash + storm.silence) silent.push(claim);
    else await finish(claim);
  };
  const claimer = async (who: number): Promise<void> => {
    const random = randomAt({ seed: storm.seed, purpose: 'sampler', trial: who });
    const draw = () => random.uniform();
    let open = true;
    while (open) {
      const delivery = pool[Math.floor(draw() * pool.length)];
      if (delivery === undefined) {
        pool.push(...(await store.reapExpired()), ...(await store.deliveries(search.id)));
        await planner.plan(search.id);
        // Who was silent for too long may speak again: it comes too late, or just in time.
        const late = silent.shift();
        if (late !== undefined) await finish(late);
      } else {
        // Half of the jobs are delivered again.
        if (draw() < 0.5) pool.splice(pool.indexOf(delivery), 1);
        const { claims } = await store.claim(delivery, { worker: `claimer ${who}`, leaseSeconds: LEASE_SECONDS });
        if (claims.length === 0 && pool.includes(delivery)) pool.splice(pool.indexOf(delivery), 1);
        for (const claim of claims) await tryOne(claim, draw());
      }
      open = isOpen((await service.client.search(search.id)).state);
    }
  };
  await Promise.all(Array.from({ length: CLAIMERS }, (_, who) => claimer(who)));
  await core.close();
  return { accepted, attempts };
}

const storms: fc.Arbitrary<Storm> = fc.record({
  seed: fc.nat(1e6),
  points: fc.integer({ min: 2, max: 6 }),
  crash: fc.double({ min: 0, max: 0.4, noNaN: true }),
  silence: fc.double({ min: 0, max: 0.3, noNaN: true }),
  doomed: fc.uniqueArray(fc.nat(5), { maxLength: 2 }),
});

it('a grid is done point by point: each exactly once, whoever crashes, and what lacks a result is named', async () => {
  await fc.assert(
    fc.asyncProperty(storms, async (storm) => {
      const hyperparameters = {
        learningRate: { distribution: 'float', low: 1e-3, high: 1, scale: 'log', points: storm.points },
        optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum', 'adam'] },
        momentum: { distribution: 'categorical', choices: [0.5, 0.9], when: { optimizer: ['momentum'] } },
        hiddenUnits: 2,
        hiddenLayers: 1,
        epochs: 1,
      };
      const sampler = { type: 'grid', seed: storm.seed };
      const limits = { attempts: ATTEMPTS };
      const search = await service.client.create({ dataset: 'iris', hyperparameters, sampler, limits });
      const { accepted, attempts } = await workOff(search, storm);

      await expectSound(service.databaseUrl, search.id);
      const trials = await allTrials(service.client, search.id);
      const { size, pointAt } = gridOf(spaceOf(search.specification.hyperparameters));
      const text = (point: object) => JSON.stringify(Object.entries(point).sort());
      const grid = Array.from({ length: size }, (_, i) => text(pointAt(i)));
      const varied = ['learningRate', 'optimizer', 'momentum'];
      const tried = trials.map(({ hyperparameters: all }) =>
        text(Object.fromEntries(Object.entries(all).filter(([name]) => varied.includes(name)))),
      );
      expect(tried.sort()).toEqual(grid.sort());

      const failed = trials.filter(({ state }) => state === 'failed').map(({ number }) => number);
      for (const { number, state } of trials) {
        expect({ number, accepted: accepted.get(number) ?? 0 }).toEqual({
          number,
          accepted: state === 'complete' ? 1 : 0,
        });
        if (state === 'failed') expect(attempts.get(number)!.size).toBeGreaterThanOrEqual(ATTEMPTS);
      }
      expect(failed).toEqual(expect.arrayContaining(storm.doomed.filter((number) => number < size)));
      const events = await fetch(`${service.url}/v1/searches/${search.id}/events?limit=1000`);
      const last = ((await events.json()) as { events: { type: string; data: object }[] }).events.at(-1);
      if (failed.length < size) {
        expect(last?.type).toBe('search.complete');
        expect(last?.data).toEqual(failed.length > 0 ? expect.objectContaining({ lacking: failed }) : {});
      }
    }),
    { numRuns: 8 },
  );
}, 120_000);
