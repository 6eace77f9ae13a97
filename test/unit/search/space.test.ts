import { describe, expect, it } from 'vitest';
import {
  CircularCondition,
  type Distribution,
  decidePoint,
  gridValuesOf,
  spaceOf,
  valueAt,
} from '../../../src/search/space.ts';

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
