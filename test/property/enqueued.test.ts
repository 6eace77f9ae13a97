/** Configurations that come first: tried as they are, completed at random, and in nobody's way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampler } from '../../src/algorithms/samplers/create-sampler.ts';
import { includes, spaceOf } from '../../src/algorithms/space/space.ts';
import { partsOf, spaces } from '../support/spaces.ts';

const seeds = fc.nat();
const counts = fc.integer({ min: 0, max: 6 });
const key = (point: object) => JSON.stringify(Object.entries(point).sort());

describe('enqueued configurations', () => {
  it('keep every value that was given, and have others as at random for their number', () => {
    fc.assert(
      fc.property(
        spaces,
        seeds,
        counts,
        fc.constantFrom('random' as const, 'grid' as const),
        (given, seed, k, type) => {
          const space = spaceOf(given);
          const parts = partsOf(space, k);
          const sampler = createSampler(space, { type, seed }, parts);
          const random = createSampler(space, { type: 'random', seed });
          parts.forEach((part, number) => {
            const point = sampler.propose(number, []);
            expect(point).toMatchObject(part);
            const drawn = random.propose(number, []);
            for (const name of Object.keys(point)) {
              if (!(name in part) && name in drawn) expect(point[name]).toBe(drawn[name]);
            }
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('come before a grid that still has every point exactly once', () => {
    fc.assert(
      fc.property(spaces, seeds, counts, (given, seed, k) => {
        const space = spaceOf(given);
        const grid = createSampler(space, { type: 'grid', seed });
        fc.pre(grid.size <= 2000);
        const sampler = createSampler(space, { type: 'grid', seed }, partsOf(space, k));
        expect(sampler.size).toBe(grid.size + k);
        const behind = Array.from({ length: grid.size }, (_, n) => key(sampler.propose(k + n, [])));
        const alone = Array.from({ length: grid.size }, (_, n) => key(grid.propose(n, [])));
        expect(behind).toEqual(alone);
        expect(new Set(behind).size).toBe(grid.size);
      }),
      { numRuns: 60 },
    );
  });

  it('leave random trials what they would have been', () => {
    fc.assert(
      fc.property(spaces, seeds, counts, fc.nat(50), (given, seed, k, n) => {
        const space = spaceOf(given);
        const sampler = createSampler(space, { type: 'random', seed }, partsOf(space, k));
        expect(sampler.size).toBe(Number.POSITIVE_INFINITY);
        const alone = createSampler(space, { type: 'random', seed });
        expect(sampler.propose(k + n, [])).toEqual(alone.propose(k + n, []));
      }),
    );
  });
});

describe('includes', () => {
  it('accepts whatever a distribution gives', () => {
    fc.assert(
      fc.property(spaces, seeds, fc.nat(), (given, seed, n) => {
        const space = spaceOf(given);
        const point = createSampler(space, { type: 'random', seed }).propose(n, []);
        for (const { name, distribution } of space.dimensions) {
          if (name in point) expect(includes(distribution, point[name]!)).toBe(true);
        }
      }),
    );
  });

  const steps = { distribution: 'float', low: 0.1, high: 0.75, scale: 'linear', step: 0.1 } as const;
  it.each([
    [steps, 0.3, true],
    [steps, 0.1 + 2 * 0.1, true],
    [steps, 0.35, false],
    [steps, 0.75, false],
    [steps, 0.8, false],
    [steps, '0.3', false],
    [{ distribution: 'int', low: 1, high: 9, scale: 'linear' } as const, 2.5, false],
    [{ distribution: 'int', low: 1, high: 9, scale: 'linear', step: 4 } as const, 5, true],
    [{ distribution: 'int', low: 1, high: 9, scale: 'linear', step: 4 } as const, 4, false],
    [{ distribution: 'float', low: 1e-5, high: 1, scale: 'log' } as const, 1e-5, true],
    [{ distribution: 'float', low: 1e-5, high: 1, scale: 'log' } as const, Number.NaN, false],
    [{ distribution: 'categorical', choices: [true, false] } as const, 'true', false],
  ])('of %j: %j is %j', (distribution, value, holds) => {
    expect(includes(distribution, value)).toBe(holds);
  });
});
