/**
 * What the planner promises for every sampler, present and future: each trial it plans is what the sampler gives when it is called directly with
 * exactly the visible history (invariant 6), in whatever order trials end, and however often and by whomever planning is asked for.
 */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createHandOff } from '../../src/application/hand-off.ts';
import { createPlanner, type PlannerDependencies } from '../../src/application/planner.ts';
import { createProposer } from '../../src/application/proposals.ts';
import { samplerKinds } from '../../src/domain/specification/samplers.ts';
import { randomAt } from '../../src/random.ts';
import { logTo } from '../support/log.ts';
import { facts, type SearchInMemory, searchInMemory, specified } from '../support/search-in-memory.ts';

const settings: Readonly<Record<string, object>> = {
  tpe: { startupTrials: 4, candidates: 6, concurrency: 3 },
  cmaes: { generation: 4 },
};
/** From the schema: a sampler that is added is held to this without a line here. */
const samplers = samplerKinds.options.map((option) => option.shape.type.value);

const continuous = {
  learningRate: { distribution: 'float', low: 1e-5, high: 1e-1, scale: 'log', points: 7 },
  optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
  momentum: { distribution: 'float', low: 0.5, high: 0.99, points: 2, when: { optimizer: ['momentum'] } },
};
const discrete = {
  hiddenUnits: { distribution: 'int', low: 2, high: 6 },
  activation: { distribution: 'categorical', choices: ['relu', 'tanh', 'elu'] },
};
const searches: Readonly<Record<string, object>> = {
  alone: { hyperparameters: continuous, budget: { trials: 21 } },
  'in a small discrete space': { hyperparameters: discrete, budget: { trials: 15 } },
  'under hyperband': {
    hyperparameters: { ...continuous, epochs: 9 },
    pruner: { type: 'hyperband' },
    budget: { trials: 21 },
  },
  'under median': { hyperparameters: continuous, pruner: { type: 'median' }, budget: { trials: 21 } },
  'in stages': {
    hyperparameters: continuous,
    stages: [
      { epochs: 2, trials: 11 },
      { epochs: 4, trials: 8 },
    ],
  },
  'behind enqueued configurations': {
    hyperparameters: continuous,
    enqueue: [{ learningRate: 0.01 }, { optimizer: 'sgd' }],
    budget: { trials: 20 },
  },
};

/**
 * A planner of its own process: it knows of the search only what it reads. `slice`: proposals end after so many. `isSlow`: some come later
 * than results wait for them.
 */
function plannerOf(search: SearchInMemory, slice: number, isSlow = false) {
  let calls = 0;
  const proposer = createProposer(() => calls++ % slice, 1);
  const dependencies: PlannerDependencies = {
    store: search,
    queries: { find: search.find },
    handOff: createHandOff({ worker: 'nobody', leaseSeconds: 1 }, async () => undefined),
    facts: async () => facts,
    propose: async (task) => {
      if (isSlow && calls % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
      return structuredClone(proposer(structuredClone(task)));
    },
    log: logTo((message) => {
      throw new Error(message);
    }),
  };
  return createPlanner(dependencies, isSlow ? 1 : 1000);
}

describe.each(samplers)('planning for %s', (type) => {
  it.each(Object.keys(searches))('%s gives what the sampler gives from the visible history', async (name) => {
    const specification = await specified({ ...searches[name], sampler: { type, seed: 3, ...settings[type] } });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0 }), fc.integer({ min: 2, max: 5 }), async (seed, slice) => {
        const random = randomAt({ seed, purpose: 'sampler', trial: 0 });
        const draw = () => random.uniform();
        const search = searchInMemory(specification);
        const planners = [plannerOf(search, slice), plannerOf(search, slice, true)];
        const planner = () => planners[draw() < 0.5 ? 0 : 1]!;
        await planner().plan(search.id);
        let before = await search.find();
        // Results gather before somebody plans, or are written with what follows from them; in the end all is planned, and all has ended.
        for (let idle = 0; idle < 2; ) {
          if (search.step(draw)) idle = 0;
          else idle++;
          if (idle > 0 || draw() < 0.2) await planner().plan(search.id);
          if (draw() < 0.4) {
            const known = draw() < 0.5 ? before : await search.find();
            before = await search.find();
            const results = search.results(draw);
            // It may be over otherwise by now: its results are refused.
            if (draw() < 0.3 && search.step(draw)) idle = 0;
            // Another worker may have written the same, or others at the same time.
            const written = [planner().finish(known, results)];
            if (draw() < 0.3) written.push(planner().finish(known, draw() < 0.5 ? results : search.results(draw)));
            await Promise.all(written);
          }
        }
        for (const each of planners) await each.close();
        expect(search.planned).toHaveLength(specification.budget.trials);
        expect(search.planned).toEqual(search.expected());
      }),
      { numRuns: 12 },
    );
  });
});

describe('tpe', () => {
  it('goes on after results that two processes write at the same time, though neither saw the other', async () => {
    const sampler = { type: 'tpe', seed: 1, candidates: 4, concurrency: 4, startupTrials: 2 };
    const search = searchInMemory(await specified({ hyperparameters: continuous, sampler, budget: { trials: 40 } }));
    const planners = [plannerOf(search, 100), plannerOf(search, 100)];
    await planners[0]!.plan(search.id);
    while (search.start() > 0) {
      const results = search.results(() => 0);
      const known = await search.find();
      const halves = [results.filter((_, i) => i % 2 === 0), results.filter((_, i) => i % 2 === 1)];
      await Promise.all(halves.map((half, i) => half.length > 0 && planners[i]!.finish(known, half)));
      await vi.waitFor(async () => {
        const { waiting, complete } = (await search.find()).trials;
        expect(waiting).toBe(Math.min(4, 40 - complete));
      });
    }
    expect(search.planned).toHaveLength(40);
    expect(search.planned).toEqual(search.expected());
  });

  it('tries no point of a small space twice while others are left, whatever the concurrency', async () => {
    for (const concurrency of [1, 3, 8]) {
      for (const startupTrials of [2, 12]) {
        const sampler = { type: 'tpe', seed: 1, candidates: 4, concurrency, startupTrials };
        const search = searchInMemory(await specified({ hyperparameters: discrete, sampler, budget: { trials: 15 } }));
        const planner = plannerOf(search, 4);
        do await planner.plan(search.id);
        while (search.step(() => 0.69) || search.step(() => 0.9));
        const points = search.planned.map((point) => JSON.stringify(point));
        expect(points).toHaveLength(15);
        expect(new Set(points).size).toBe(15);
      }
    }
  });
});
