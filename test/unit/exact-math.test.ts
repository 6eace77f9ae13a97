import { describe, expect, it } from 'vitest';
import { cosine, expm1, normalCdf, normalDensity, sigmoid, sine, tanh } from '../../src/exact-math.ts';
import { randomAt } from '../../src/random.ts';

const random = randomAt({ seed: 11, purpose: 'sampler' });

/** Distance in units of the last place of `expected`. */
function ulps(actual: number, expected: number): number {
  return actual === expected ? 0 : Math.abs(actual - expected) / (Math.abs(expected) * Number.EPSILON);
}

/** Numbers of either sign with magnitudes from 1e-12 to `most`, every power of ten alike. */
function magnitudes(most: number, count = 20_000): number[] {
  const span = Math.log10(most) + 12;
  return Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1 : -1) * 10 ** (random.uniform() * span - 12));
}

describe('functions that must have the same bits everywhere', () => {
  it.each([
    ['expm1', expm1, Math.expm1, 700],
    ['tanh', tanh, Math.tanh, 50],
    ['sigmoid', sigmoid, (x: number) => 1 / (1 + Math.exp(-x)), 700],
  ] as const)('%s agrees with the engine to 4 units in the last place, near 0 too', (_name, ours, theirs, most) => {
    for (const x of magnitudes(most)) expect(ulps(ours(x), theirs(x))).toBeLessThanOrEqual(4);
  });

  it.each([
    ['sine', sine, Math.sin],
    ['cosine', cosine, Math.cos],
  ] as const)('%s agrees with the engine to 3e-16', (_name, ours, theirs) => {
    for (const x of magnitudes(100)) expect(Math.abs(ours(x) - theirs(x))).toBeLessThan(3e-16);
    for (let turns = -8; turns <= 8; turns++) {
      expect(Math.abs(ours((turns * Math.PI) / 4) - theirs((turns * Math.PI) / 4))).toBeLessThan(3e-16);
    }
  });

  // ½·erfc(−x/√2), computed with thirty digits, to the nearest float64.
  it.each([
    [-30, 4.906713927148187e-198],
    [-8.5, 9.479534822203318e-18],
    [-3, 0.0013498980316300946],
    [-1, 0.15865525393145705],
    [-0.1, 0.460172162722971],
    [0, 0.5],
    [0.5, 0.6914624612740131],
    [2.999, 0.9986456634662729],
    [3.001, 0.998654527174915],
    [6, 0.9999999990134123],
  ])('Φ(%f) is right to 3e-16, and to 1e-13 of itself', (x, expected) => {
    expect(Math.abs(normalCdf(x) - expected)).toBeLessThan(Math.min(3e-16, 1e-13 * expected));
  });

  it('Φ rises by its density, through both of its forms', () => {
    for (let x = -8; x < 8; x += 0.01) {
      const h = 1e-4;
      const slope = (normalCdf(x + h) - normalCdf(x - h)) / (2 * h);
      expect(Math.abs(slope - normalDensity(x))).toBeLessThan(2e-9);
    }
  });

  it('has the right values at the ends', () => {
    expect([expm1(0), expm1(-Infinity), expm1(Infinity), expm1(Number.NaN)]).toEqual([0, -1, Infinity, Number.NaN]);
    expect([tanh(0), tanh(-Infinity), tanh(Infinity), tanh(Number.NaN)]).toEqual([0, -1, 1, Number.NaN]);
    expect([sigmoid(0), sigmoid(-Infinity), sigmoid(Infinity), sigmoid(Number.NaN)]).toEqual([0.5, 0, 1, Number.NaN]);
    expect([normalCdf(-Infinity), normalCdf(Infinity), normalCdf(Number.NaN)]).toEqual([0, 1, Number.NaN]);
    expect([sine(0), cosine(0)]).toEqual([0, 1]);
  });
});
