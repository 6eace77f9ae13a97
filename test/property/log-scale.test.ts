/** Log scale: equal mass in every decade, for every sampler that draws, for floats and ints. */
import { describe, expect, it } from 'vitest';
import { createSampler, type SamplerSettings } from '../../src/algorithms/samplers/create-sampler.ts';
import { spaceOf } from '../../src/algorithms/space/space.ts';

const drawing: Readonly<Record<string, (seed: number) => SamplerSettings>> = {
  random: (seed) => ({ type: 'random', seed }),
  sobol: (seed) => ({ type: 'sobol', seed }),
  'tpe, before it learns': (seed) => ({ type: 'tpe', seed, startupTrials: 10_000, candidates: 1, concurrency: 1 }),
};

/** Σ (observed − expected)² / expected */
function chiSquare(observed: readonly number[], expected: readonly number[]): number {
  return observed.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0);
}

const DRAWS = 4000;

describe.each(Object.entries(drawing))('the sampler: %s', (_, settings) => {
  const draws = (distribution: object, seed: number): number[] => {
    const space = spaceOf({ x: distribution as never });
    const { propose } = createSampler(space, settings(seed));
    return Array.from({ length: DRAWS }, (_draw, number) => Number(propose(number, [])['x']));
  };

  it('gives every decade of a float the same share', () => {
    for (const seed of [1, 2, 3]) {
      const values = draws({ distribution: 'float', low: 1e-6, high: 1, scale: 'log' }, seed);
      const counts = Array.from(
        { length: 6 },
        (__, decade) => values.filter((x) => Math.min(5, Math.floor(Math.log10(x) + 6)) === decade).length,
      );
      // 5 degrees of freedom: 25 is exceeded by chance once in 7,000 times.
      expect(
        chiSquare(
          counts,
          counts.map(() => DRAWS / 6),
        ),
      ).toBeLessThan(25);
    }
  });

  it('gives every int its share of the powers, the ends included', () => {
    for (const seed of [1, 2, 3]) {
      const values = draws({ distribution: 'int', low: 1, high: 1000, scale: 'log' }, seed);
      const [low, high] = [Math.log(0.5), Math.log(1000.5)];
      const edges = [0.5, 1.5, 2.5, 5.5, 10.5, 31.5, 100.5, 316.5, 1000.5];
      const counts = edges.slice(1).map((edge, i) => values.filter((x) => x > edges[i]! && x < edge).length);
      const expected = edges.slice(1).map((edge, i) => (DRAWS * (Math.log(edge) - Math.log(edges[i]!))) / (high - low));
      expect(counts.reduce((a, b) => a + b, 0)).toBe(DRAWS);
      expect(chiSquare(counts, expected)).toBeLessThan(30);
    }
  });
});
