import { describe, expect, it } from 'vitest';
import { exp, log } from '../../src/exact-math.ts';
import { philox, randomAt } from '../../src/random.ts';

/** Distance in units of the last place of `expected`. */
function ulps(actual: number, expected: number): number {
  if (actual === expected) return 0;
  return Math.abs(actual - expected) / (Math.abs(expected) * Number.EPSILON);
}

describe('philox', () => {
  // Known answers from the authors' Random123 distribution, kat_vectors, philox4x32 10.
  const known: [number[], number[], number[]][] = [
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [Array(4).fill(0xffffffff), Array(2).fill(0xffffffff), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ];
  it.each(known)('maps counter %j under key %j to the known answer', (counter, key, answer) => {
    const output = new Uint32Array(4);
    philox(counter[0]!, counter[1]!, counter[2]!, counter[3]!, key[0]!, key[1]!, output);
    expect([...output]).toEqual(answer);
  });
});

describe('randomAt', () => {
  it('gives the same numbers at the same address and others at every other address', () => {
    const first = (a: Parameters<typeof randomAt>[0]) => randomAt(a).uint32();
    const base = { seed: 42, purpose: 'weights', trial: 3, fold: 1, epoch: 2 } as const;
    expect(first(base)).toBe(first({ ...base }));
    const others = [
      { ...base, seed: 43 },
      { ...base, seed: 42 + 2 ** 32 },
      { ...base, purpose: 'shuffle' as const },
      { ...base, trial: 4 },
      { ...base, fold: 2 },
      { ...base, epoch: 3 },
    ].map(first);
    expect(new Set([first(base), ...others]).size).toBe(others.length + 1);
  });

  it('draws uniform numbers with the right mean and variance', () => {
    const random = randomAt({ seed: 1, purpose: 'sampler' });
    const values = Array.from({ length: 50_000 }, () => random.uniform());
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
  });

  it('draws normal numbers with the right mean, variance and kurtosis', () => {
    const random = randomAt({ seed: 2, purpose: 'weights' });
    const values = Array.from({ length: 50_000 }, () => random.normal());
    const moment = (k: number) => values.reduce((a, b) => a + b ** k, 0) / values.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.02);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2);
  });

  it('permutes every position evenly', () => {
    const counts = new Map<string, number>();
    for (let trial = 0; trial < 6000; trial++) {
      const key = randomAt({ seed: 7, purpose: 'shuffle', trial }).permutation(3).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('exact math', () => {
  const random = randomAt({ seed: 3, purpose: 'sampler' });
  it('agrees with Math.exp to 2 units in the last place', () => {
    for (let i = 0; i < 20_000; i++) {
      const x = (random.uniform() - 0.5) * 1400;
      expect(ulps(exp(x), Math.exp(x))).toBeLessThanOrEqual(2);
    }
    expect([exp(0), exp(-Infinity), exp(Infinity), exp(Number.NaN)]).toEqual([1, 0, Infinity, Number.NaN]);
  });
  it('agrees with Math.log to 2 units in the last place', () => {
    for (let i = 0; i < 20_000; i++) {
      const x = exp((random.uniform() - 0.5) * 1400);
      expect(ulps(log(x), Math.log(x))).toBeLessThanOrEqual(2);
      const near = 0.5 + random.uniform();
      expect(ulps(log(near), Math.log(near))).toBeLessThanOrEqual(2);
    }
    expect([log(1), log(0), log(Infinity), log(-1), log(5e-324)]).toEqual([
      0,
      -Infinity,
      Infinity,
      Number.NaN,
      Math.log(5e-324),
    ]);
  });
});
