/** Narrowing, coverage, importance, certainty and quasi-random points: what must hold of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certaintyOf } from '../../src/algorithms/certainty.ts';
import { mainShares } from '../../src/algorithms/importance/fanova.ts';
import { normalQuantile } from '../../src/algorithms/normal-quantile.ts';
import { createSampler } from '../../src/algorithms/samplers/create-sampler.ts';
import { scrambled, sobol, sobolBits } from '../../src/algorithms/samplers/sobol/quasi-random.ts';
import { createMixture } from '../../src/algorithms/samplers/tpe/mixture.ts';
import { createObserved } from '../../src/algorithms/samplers/tpe/observed.ts';
import { coverageOf } from '../../src/algorithms/space/coverage.ts';
import { narrow } from '../../src/algorithms/space/narrow.ts';
import { type Distribution, includes, isActive, spaceOf, type Value } from '../../src/algorithms/space/space.ts';
import { axisOf } from '../../src/algorithms/space/transform.ts';
import { normalCdf } from '../../src/exact-math.ts';
import { spaces } from '../support/spaces.ts';

type Settings = Readonly<Record<string, Value | Distribution>>;

describe('narrowing', () => {
  const seeds = fc.nat();
  const cases = fc.record({
    settings: spaces,
    seed: seeds,
    quantile: fc.constantFrom(0.1, 0.25, 1),
    margin: fc.constantFrom(0, 0.1, 1),
    direction: fc.constantFrom('maximize' as const, 'minimize' as const),
  });
  const narrowed = ({
    settings,
    seed,
    quantile,
    margin,
    direction,
  }: {
    settings: Settings;
    seed: number;
    quantile: number;
    margin: number;
    direction: 'maximize' | 'minimize';
  }) => {
    const space = spaceOf(settings);
    const { propose } = createSampler(space, { type: 'random', seed });
    const trials = Array.from({ length: 24 }, (_, number) => ({
      point: propose(number, []),
      value: (number * 7) % 24,
    }));
    const bounds = (name: string) => {
      const setting = settings[name];
      if (typeof setting !== 'object' || setting.distribution === 'categorical') throw new Error(name);
      return setting;
    };
    const best = trials.toSorted((a, b) => (direction === 'maximize' ? b.value - a.value : a.value - b.value))[0]!;
    return { best, small: narrow(settings, trials, direction, { quantile, margin, bounds }) };
  };

  it('stays within the bounds, keeps the best, its scales, steps and conditions', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { best, small } = narrowed(one as never);
        // A circle or a condition on nothing would throw.
        const space = spaceOf(small);
        for (const { name, distribution } of space.dimensions) {
          const before = one.settings[name] as Distribution;
          expect(distribution.distribution).toBe(before.distribution);
          if (distribution.distribution !== 'categorical' && before.distribution !== 'categorical') {
            expect(distribution.low).toBeGreaterThanOrEqual(before.low);
            expect(distribution.high).toBeLessThanOrEqual(before.high);
            expect(distribution.scale).toBe(before.scale);
          }
          const value = best.point[name];
          if (value !== undefined) expect(includes(distribution, value)).toBe(true);
          for (const [other, values] of Object.entries(distribution.when ?? {})) {
            const setting = small[other];
            expect(setting).toBeDefined();
            for (const wanted of values) {
              if (typeof setting === 'object') expect(includes(setting, wanted)).toBe(true);
              else expect(setting).toBe(wanted);
            }
          }
        }
        // What was active in the best trial is still there, varied or fixed at its value.
        for (const [name, value] of Object.entries(best.point)) {
          const setting = small[name];
          if (typeof setting === 'object') expect(isActive(setting.when, best.point, space.fixed)).toBe(true);
          else expect(setting).toBe(value);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('may widen beyond the bounds only where it is allowed to', () => {
    const x: Distribution = { distribution: 'float', low: 1, high: 10, scale: 'log' };
    const trials = [9, 9.5, 10, 2, 3, 4].map((value) => ({ point: { x: value }, value }));
    const options = { quantile: 0.5, margin: 1 };
    const within = narrow({ x }, trials, 'maximize', { ...options, bounds: () => x });
    expect(within['x']).toMatchObject({ high: 10 });
    const wider = narrow({ x }, trials, 'maximize', { ...options, bounds: () => ({ low: 1e-9, high: 1e9 }) });
    expect((wider['x'] as { high: number }).high).toBeGreaterThan(10);
  });
});

describe('random against grid', () => {
  const cube = (dimensions: number) =>
    spaceOf(
      Object.fromEntries(
        Array.from({ length: dimensions }, (_, i) => [
          `x${i}`,
          { distribution: 'float', low: 0, high: 1, scale: 'linear' },
        ]),
      ) as Settings,
    );

  it('where one hyperparameter decides, random tries many values of it and a grid few: random wins', () => {
    const [random, grid, even] = (['random', 'grid', 'sobol'] as const).map((name) =>
      coverageOf(cube(3), name, 125, 7),
    );
    expect(grid!.distinct[0]!.values).toBe(5);
    expect(random!.distinct[0]!.values).toBe(125);
    expect(grid!.hit.one).toBeLessThan(0.2);
    // 1 − 0.99^125 = 0.715
    expect(Math.abs(random!.hit.one - 0.715)).toBeLessThan(0.08);
    expect(even!.hit.one).toBeGreaterThan(random!.hit.one);
  });

  it('where all decide alike and the grid is as fine as the target, the grid wins', () => {
    // Six points a side lie 0.2 apart, and a target of 1 % of a cube is 0.215 wide.
    const [random, grid] = (['random', 'grid'] as const).map((name) => coverageOf(cube(3), name, 216, 7));
    expect(grid!.hit.all).toBe(1);
    expect(random!.hit.all).toBeLessThan(0.97);
  });
});

describe('sobol points', () => {
  it('the first 2^k have one in every dyadic interval of a dimension, scrambled too', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.integer({ min: 0, max: 8 }), fc.nat(2 ** 32 - 1), (dimension, k, seed) => {
        const bits = sobolBits(dimension);
        const cells = (place: (index: number) => number) =>
          new Set(Array.from({ length: 2 ** k }, (_, index) => Math.floor(place(index) * 2 ** k))).size;
        expect(cells((index) => sobol(dimension, index))).toBe(2 ** k);
        expect(cells((index) => scrambled(bits(index), seed) / 2 ** 32)).toBe(2 ** k);
      }),
    );
  });
});

describe('the Parzen mixture', () => {
  it('integrates to 1 over its axis', () => {
    const space = spaceOf({ x: { distribution: 'float', low: 1e-4, high: 1, scale: 'log' } });
    const axis = axisOf({ distribution: 'float', low: 1e-4, high: 1, scale: 'log' });
    const observed = createObserved(space);
    const mixture = createMixture(space, observed);
    [-9, -5, -4.9, -1].forEach((place, number) => {
      observed.add({ number, point: { x: Math.exp(place) }, value: 0, epochs: 1, complete: true });
      mixture.add(number + 1);
    });
    mixture.settle();
    const steps = 4000;
    let mass = 0;
    for (let i = 0; i < steps; i++) {
      const x = axis.low + ((i + 0.5) / steps) * (axis.high - axis.low);
      mass += (Math.exp(mixture.logDensity({ x: Math.exp(x) })) * (axis.high - axis.low)) / steps;
    }
    expect(mass).toBeCloseTo(1, 4);
  });

  it('the quantile of the normal distribution is the inverse of its share', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), (p) => {
        expect(Math.abs(normalCdf(normalQuantile(p)) - p)).toBeLessThan(1e-8);
      }),
    );
  });
});

describe('importance', () => {
  it('a choice and a number share the variance as they should, and what does nothing has none', () => {
    const n = 400;
    const column = (j: number) => Float64Array.from({ length: n }, (_, i) => sobol(j, i));
    const choice = column(2).map((x) => Math.floor(x * 4));
    const [x, idle] = [column(0), column(1)];
    const values = Float64Array.from({ length: n }, (_, i) => x[i]! * Math.sqrt(12) + [0, 0, 2, 2][choice[i]!]!);
    const shares = mainShares({ columns: [x, idle, choice], choices: [0, 0, 4], values }, 3)!;
    expect(shares[0]!.share).toBeCloseTo(0.5, 1);
    expect(shares[1]!.share).toBeLessThan(0.02);
    expect(shares[2]!.share).toBeCloseTo(0.5, 1);
    expect(mainShares({ columns: [x], choices: [0], values: values.map(() => 1) }, 3)).toBeUndefined();
  });
});

describe('certainty', () => {
  it('names the trials that the folds cannot tell from the best', () => {
    const ranked = [
      { number: 4, value: 0.9, deviation: 0.02 },
      { number: 1, value: 0.895, deviation: 0.02 },
      { number: 7, value: 0.8, deviation: 0.02 },
    ];
    const { alike, gap, error } = certaintyOf(ranked, 4);
    expect(alike).toEqual([4, 1]);
    expect(gap).toBeCloseTo(0.005, 10);
    expect(error).toBeCloseTo(0.01, 10);
    expect(certaintyOf([{ number: 0, value: 1, deviation: null }], 1).error).toBeNull();
    expect(certaintyOf([], 3).alike).toEqual([]);
  });
});
