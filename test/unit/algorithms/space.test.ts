import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gridOf } from '../../../src/algorithms/samplers/grid/grid.ts';
import {
  CircularCondition,
  type Distribution,
  decidePoint,
  distinctPoints,
  gridValuesOf,
  spaceOf,
  valueAt,
} from '../../../src/algorithms/space/space.ts';
import { spaces } from '../../support/spaces.ts';

const float = (low: number, high: number, scale: 'linear' | 'log', more = {}): Distribution => ({
  distribution: 'float',
  low,
  high,
  scale,
  ...more,
});
const int = (low: number, high: number, scale: 'linear' | 'log', more = {}): Distribution => ({
  distribution: 'int',
  low,
  high,
  scale,
  ...more,
});
const evenly = (n: number) => Array.from({ length: n }, (_, i) => (i + 0.5) / n);

describe('valueAt', () => {
  it('gives every decade of a log scale the same length', () => {
    const values = evenly(4000).map((u) => Number(valueAt(float(1e-5, 1e-1, 'log'), u)));
    for (const decade of [1e-5, 1e-4, 1e-3, 1e-2]) {
      expect(values.filter((v) => v >= decade && v < decade * 10)).toHaveLength(1000);
    }
  });

  it('gives an integer its share of the powers, from low − ½ to high + ½', () => {
    const values = evenly(100_000).map((u) => Number(valueAt(int(1, 100, 'log'), u)));
    const whole = Math.log(100.5 / 0.5);
    for (const n of [1, 2, 10, 100]) {
      const share = Math.log((n + 0.5) / (n - 0.5)) / whole;
      expect(values.filter((v) => v === n).length / values.length).toBeCloseTo(share, 3);
    }
  });

  it('makes the ends of a linear integer as likely as the rest', () => {
    const values = evenly(6000).map((u) => Number(valueAt(int(1, 6, 'linear'), u)));
    for (const n of [1, 2, 3, 4, 5, 6]) expect(values.filter((v) => v === n)).toHaveLength(1000);
  });

  it('keeps to the steps, without the noise of binary fractions', () => {
    const values = new Set(evenly(500).map((u) => valueAt(float(0.1, 0.5, 'linear', { step: 0.1 }), u)));
    expect([...values].sort()).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
  });

  it('never leaves a range that its steps do not fill', () => {
    const values = new Set(evenly(100).map((u) => valueAt(int(1, 10, 'linear', { step: 4 }), u)));
    expect([...values].sort()).toEqual([1, 5, 9]);
  });

  it('reaches neither end wrongly: u = 0 is low, u just below 1 stays at or below high', () => {
    expect(valueAt(float(1e-5, 1e-1, 'log'), 0)).toBe(1e-5);
    expect(Number(valueAt(float(1e-5, 1e-1, 'log'), 1 - 2 ** -53))).toBeLessThanOrEqual(1e-1);
    expect(valueAt({ distribution: 'categorical', choices: ['a', 'b'] }, 1 - 2 ** -53)).toBe('b');
  });
});

describe('gridValuesOf', () => {
  it('spaces points evenly in the scale, both ends included and exact', () => {
    const values = gridValuesOf(float(1e-5, 1e-1, 'log', { points: 5 })).map(Number);
    expect([values[0], values[4]]).toEqual([1e-5, 1e-1]);
    [1e-4, 1e-3, 1e-2].forEach((v, i) => {
      expect(values[i + 1]! / v).toBeCloseTo(1, 12);
    });
    expect(gridValuesOf(float(0, 1, 'linear', { points: 3 }))).toEqual([0, 0.5, 1]);
  });
  it('takes every value where there are fewer than points, and none twice', () => {
    expect(gridValuesOf(int(1, 3, 'linear', { points: 100 }))).toEqual([1, 2, 3]);
    expect(gridValuesOf(int(1, 4, 'log', { points: 4 }))).toEqual([1, 2, 3, 4]);
    expect(gridValuesOf(float(2, 2, 'linear', { points: 7 }))).toEqual([2]);
  });
});

describe('gridValuesOf, exactly', () => {
  it('takes all whole numbers of a log scale where there are points enough', () => {
    expect(gridValuesOf(int(1, 10, 'log', { points: 10 }))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(gridValuesOf(int(1, 10, 'log', { points: 50 }))).toHaveLength(10);
    expect(gridValuesOf(float(0.1, 0.5, 'log', { step: 0.1, points: 5 }))).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(gridValuesOf(int(1, 1000, 'log', { points: 4 }))).toEqual([1, 10, 100, 1000]);
  });
  it('gives decimals, not their neighbours', () => {
    expect(gridValuesOf(float(1e-6, 1e2, 'log', { points: 9 }))).toEqual([
      1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100,
    ]);
    expect(gridValuesOf(float(1e-4, 1e-2, 'log', { points: 3 }))).toEqual([1e-4, 1e-3, 1e-2]);
    expect(gridValuesOf(float(0, 1, 'linear', { points: 11 }))).toEqual([
      0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1,
    ]);
  });
  it('keeps points apart that lie closer than decimals', () => {
    const values = gridValuesOf(float(1, 1 + 1e-10, 'linear', { points: 1000 }));
    expect(values).toHaveLength(1000);
    expect(new Set(values).size).toBe(1000);
  });
  it('gives the points of before to a grid of before', () => {
    expect(gridValuesOf(float(1e-4, 1e-2, 'log', { points: 3 }), false)).not.toContain(1e-3);
    expect(gridValuesOf(int(1, 10, 'log', { points: 10 }), false)).toEqual([1, 2, 3, 4, 5, 6, 8, 10]);
  });
});

describe('distinctPoints', () => {
  const count = (hyperparameters: Record<string, Distribution | string | number>) =>
    distinctPoints(spaceOf(hyperparameters));
  const words = (...choices: string[]): Distribution => ({ distribution: 'categorical', choices });

  it('multiplies what is independent, and knows no end of what is continuous', () => {
    expect(count({ epochs: 5 })).toBe(1);
    expect(count({ a: words('x', 'y'), b: int(1, 10, 'log'), c: float(0, 1, 'linear', { step: 0.25 }) })).toBe(100);
    expect(count({ a: words('x', 'y'), b: float(0, 1, 'linear') })).toBe(Number.POSITIVE_INFINITY);
    expect(count({ b: float(2, 2, 'linear'), c: int(1, 1e9, 'linear') })).toBe(1e9);
  });
  it('counts a conditional hyperparameter where it is active', () => {
    const optimizer = words('sgd', 'momentum', 'adam');
    const momentum = { ...words('a', 'b'), when: { optimizer: ['momentum'] } };
    expect(count({ optimizer, momentum, layers: int(1, 2, 'linear') })).toBe((1 + 2 + 1) * 2);
    expect(count({ optimizer: 'sgd', momentum })).toBe(1);
    expect(count({ optimizer: 'sgd', momentum: { ...float(0, 1, 'linear'), when: { optimizer: ['adam'] } } })).toBe(1);
    expect(count({ optimizer, momentum: { ...float(0, 1, 'linear'), when: { optimizer: ['adam'] } } })).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
  it('is as quick for conditions on many others, and on large ranges', () => {
    const parents = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`p${i}`, words('a', 'b', 'c')]));
    const when = Object.fromEntries(Object.keys(parents).map((name) => [name, ['a', 'b']]));
    expect(count({ ...parents, child: { ...words('x', 'y'), when } })).toBe(3 ** 25 + 2 ** 25);
    const many = int(1, 1e9, 'linear');
    expect(count({ many, child: { ...words('x', 'y', 'z'), when: { many: [5, 7, 2e9] } } })).toBe(1e9 + 4);
  });
  it('agrees with every point written out', () => {
    fc.assert(
      fc.property(spaces, (hyperparameters) => {
        const space = spaceOf(hyperparameters);
        const whole = spaceOf(
          Object.fromEntries(
            Object.entries(hyperparameters).map(([name, setting]) => [
              name,
              typeof setting === 'object' && setting.distribution !== 'categorical'
                ? { ...setting, points: 400 }
                : setting,
            ]),
          ),
        );
        const points = distinctPoints(space);
        fc.pre(points < 1e6);
        expect(points).toBe(gridOf(whole).size);
      }),
      { numRuns: 200 },
    );
  });
});

describe('spaceOf', () => {
  it('puts a hyperparameter behind those its condition names, and does not mind the order of keys', () => {
    const a = { distribution: 'categorical', choices: [1, 2], when: { z: [true] } } as const;
    const z = { distribution: 'categorical', choices: [true, false] } as const;
    expect(spaceOf({ a, z }).dimensions.map(({ name }) => name)).toEqual(['z', 'a']);
    expect(spaceOf({ z, a })).toEqual(spaceOf({ a, z }));
  });

  it('refuses conditions in a circle by their names', () => {
    const on = (name: string): Distribution => ({ distribution: 'categorical', choices: [1], when: { [name]: [1] } });
    expect(() => spaceOf({ a: on('b'), b: on('a') })).toThrow(CircularCondition);
  });

  it('leaves out what depends on something that is left out', () => {
    const space = spaceOf({
      a: { distribution: 'categorical', choices: ['x'] },
      b: { distribution: 'categorical', choices: [1], when: { a: ['y'] } },
      c: { distribution: 'categorical', choices: [2], when: { b: [1] } },
    });
    expect(decidePoint(space, ({ distribution }) => valueAt(distribution, 0))).toEqual({ a: 'x' });
  });
});
