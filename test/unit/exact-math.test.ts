import { describe, expect, it } from 'vitest';
import { cosine, expm1, sigmoid, sine, tanh } from '../../src/exact-math.ts';
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

  it('has the right values at the ends', () => {
    expect([expm1(0), expm1(-Infinity), expm1(Infinity), expm1(Number.NaN)]).toEqual([0, -1, Infinity, Number.NaN]);
    expect([tanh(0), tanh(-Infinity), tanh(Infinity), tanh(Number.NaN)]).toEqual([0, -1, 1, Number.NaN]);
    expect([sigmoid(0), sigmoid(-Infinity), sigmoid(Infinity), sigmoid(Number.NaN)]).toEqual([0.5, 0, 1, Number.NaN]);
    expect([sine(0), cosine(0)]).toEqual([0, 1]);
  });
});
