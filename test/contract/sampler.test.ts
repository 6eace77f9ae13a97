/** What every sampler promises. A new one is added to this list and to nothing else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampler, type SamplerSettings } from '../../src/search/sampler.ts';
import { isActive, spaceOf, type Value } from '../../src/search/space.ts';
import { partsOf, spaces } from '../support/spaces.ts';

const types: SamplerSettings['type'][] = ['random', 'grid'];
const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
/** Every sampler by itself, and behind configurations that come first. */
const samplers = types.flatMap((type) => [
  { name: type, type, enqueued: 0 },
  { name: `${type}, three enqueued`, type, enqueued: 3 },
]);

describe.each(samplers)('the sampler: $name', ({ type, enqueued }) => {
  const sampler = (hyperparameters: Parameters<typeof spaceOf>[0], seed: number) => {
    const space = spaceOf(hyperparameters);
    return { space, ...createSampler(space, { type, seed }, partsOf(space, enqueued)) };
  };

  it('stays within every distribution, and decides exactly the active hyperparameters', () => {
    fc.assert(
      fc.property(spaces, seeds, fc.nat(), (hyperparameters, seed, n) => {
        const { space, size, propose } = sampler(hyperparameters, seed);
        const point = propose(Number.isFinite(size) ? n % size : n, []);
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
        const numbers = [0, 1, 2, 3, 4].filter((n) => n < one.size);
        const forwards = numbers.map((n) => one.propose(n, []));
        const backwards = numbers.toReversed().map((n) => other.propose(n, []));
        expect(backwards.toReversed()).toEqual(forwards);
      }),
    );
  });

  it('goes by the seed', () => {
    const space = { x: { distribution: 'float', low: 0, high: 1, scale: 'linear', points: 1000 } } as const;
    const first = (seed: number) => Array.from({ length: 20 }, (_, n) => sampler(space, seed).propose(n + 3, [])['x']);
    expect(first(1)).not.toEqual(first(2));
    expect(first(1)).not.toEqual(first(1 + 2 ** 32));
  });
});

function within(distribution: ReturnType<typeof spaceOf>['dimensions'][number]['distribution'], value: Value): boolean {
  if (distribution.distribution === 'categorical') return distribution.choices.includes(value);
  const { low, high } = distribution;
  if (typeof value !== 'number' || value < low || value > high) return false;
  return distribution.distribution === 'float' || Number.isInteger(value);
}
