/** Estimates of a confirmation, against simulated levels that are known. */
import { describe, expect, it } from 'vitest';
import { estimatesOf } from '../../src/algorithms/confirmation/estimate.ts';
import { randomAt } from '../../src/random.ts';

describe('estimates', () => {
  it('correct the luck of the best, and say how often it is the best', () => {
    const draws = 300;
    let [biasOfMean, biasOfValue, within, chance, best] = [0, 0, 0, 0, 0];
    for (let seed = 0; seed < draws; seed++) {
      const random = randomAt({ seed, purpose: 'probe', trial: 1 });
      const levels = Array.from({ length: 10 }, () => 0.5 * random.normal());
      const runs = levels.map((level) => Array.from({ length: 5 }, () => level + random.normal()));
      const estimates = estimatesOf(runs, 'maximize', 0);
      const chosen = estimates.reduce((most, { mean }, i) => (mean > estimates[most]!.mean ? i : most), 0);
      const { mean, value, standardError, probability } = estimates[chosen]!;
      biasOfMean += (mean - levels[chosen]!) / draws;
      biasOfValue += (value - levels[chosen]!) / draws;
      within += Number(Math.abs(value - levels[chosen]!) <= 2 * standardError) / draws;
      chance += probability / draws;
      best += Number(levels[chosen] === Math.max(...levels)) / draws;
    }
    expect(biasOfMean).toBeGreaterThan(0.2);
    expect(Math.abs(biasOfValue)).toBeLessThan(0.08);
    expect(within).toBeGreaterThan(0.9);
    expect(Math.abs(chance - best)).toBeLessThan(0.1);
  });
});
