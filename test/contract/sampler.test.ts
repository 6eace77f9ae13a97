/** What every sampler promises: all that a specification may name. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampler } from '../../src/algorithms/samplers/create-sampler.ts';
import type { Observation, Sampler } from '../../src/algorithms/samplers/sampler.ts';
import { isActive, type Point, spaceOf, type Value } from '../../src/algorithms/space/space.ts';
import { samplerTypes, settingsOf } from '../support/samplers.ts';
import { partsOf, spaces } from '../support/spaces.ts';

const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
/** Every sampler by itself, and behind configurations that come first. */
const samplers = samplerTypes.flatMap((type) => [
  { name: type, type, enqueued: 0 },
  { name: `${type}, three enqueued`, type, enqueued: 3 },
]);

describe.each(samplers)('the sampler: $name', ({ type, enqueued }) => {
  const sampler = (hyperparameters: Parameters<typeof spaceOf>[0], seed: number) => {
    const space = spaceOf(hyperparameters);
    return { space, ...createSampler(space, settingsOf(type, seed), partsOf(space, enqueued)) };
  };

  /** The first trials, each proposed from exactly those it learns from, with made-up values. */
  const course = ({ size, propose, learnsFrom }: Sampler, count: number): Point[] => {
    const history: Observation[] = [];
    for (let number = 0; number < Math.min(count, size); number++) {
      const point = propose(number, history.slice(0, learnsFrom(number)));
      const value = number % 7 === 3 ? null : ((number * 37) % 11) + Object.keys(point).length;
      history.push({ number, point, value, epochs: 1 + (number % 3), complete: number % 5 !== 4 });
    }
    return history.map(({ point }) => point);
  };

  it('learns only from trials before, and never from fewer than it did', () => {
    fc.assert(
      fc.property(spaces, seeds, (hyperparameters, seed) => {
        const { learnsFrom } = sampler(hyperparameters, seed);
        for (let number = 0; number < 40; number++) {
          expect(learnsFrom(number)).toBeLessThanOrEqual(number);
          expect(learnsFrom(number + 1)).toBeGreaterThanOrEqual(learnsFrom(number));
        }
      }),
    );
  });

  it('proposes the same from the same history, whatever it was asked before', () => {
    fc.assert(
      fc.property(spaces, seeds, (hyperparameters, seed) => {
        const first = course(sampler(hyperparameters, seed), 16);
        const other = sampler(hyperparameters, seed);
        course(sampler(hyperparameters, seed + 1), 10);
        expect(course(other, 16)).toEqual(first);
        expect(course(other, 16)).toEqual(first);
      }),
      { numRuns: 40 },
    );
  });

  it('stays within every distribution, and decides exactly the active hyperparameters', () => {
    fc.assert(
      fc.property(spaces, seeds, fc.nat(), (hyperparameters, seed, n) => {
        const { space, ...own } = sampler(hyperparameters, seed);
        const points = course(own, 12);
        const point = n % 2 === 0 ? points.at(-1)! : own.propose(Number.isFinite(own.size) ? n % own.size : n % 4, []);
        for (const { name, distribution } of space.dimensions) {
          const active = isActive(distribution.when, point, space.fixed);
          expect(Object.hasOwn(point, name)).toBe(active);
          if (active) expect(within(distribution, point[name]!)).toBe(true);
        }
        expect(Object.keys(point).every((name) => space.dimensions.some((d) => d.name === name))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('is a function of seed and number: asked again, elsewhere, in another order, it answers the same', () => {
    fc.assert(
      fc.property(spaces, seeds, (hyperparameters, seed) => {
        const one = sampler(hyperparameters, seed);
        const other = sampler(hyperparameters, seed);
        const numbers = [0, 1, 2, 3].filter((n) => n < one.size);
        const forwards = numbers.map((n) => one.propose(n, []));
        const backwards = numbers.toReversed().map((n) => other.propose(n, []));
        expect(backwards.toReversed()).toEqual(forwards);
      }),
    );
  });

  it('goes by the seed', () => {
    const space = { x: { distribution: 'float', low: 0, high: 1, scale: 'linear', points: 1000 } } as const;
    const first = (seed: number) => Array.from({ length: 20 }, (_, n) => course(sampler(space, seed), 23)[n + 3]!['x']);
    expect(first(1)).not.toEqual(first(2));
    expect(first(1)).not.toEqual(first(1 + 2 ** 32));
  });
});

function within(distribution: ReturnType<typeof spaceOf>['dimensions'][number]['distribution'], value: Value): boolean {
  if (distribution.distribution === 'categorical') return distribution.choices.includes(value);
  const { low, high } = distribution;
  // Written so that NaN is not within.
  if (!(typeof value === 'number' && value >= low && value <= high)) return false;
  return distribution.distribution === 'float' || Number.isInteger(value);
}
