/** Designs of a confirmation against their papers, and estimates against what is known of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimatesOf } from '../../../src/algorithms/confirmation/estimate.ts';
import { designs, roundsOf, runsOf } from '../../../src/algorithms/confirmation/rounds.ts';
import { randomAt } from '../../../src/random.ts';

describe('rounds', () => {
  it('are those of the papers', () => {
    expect(roundsOf('all', 10, 5)).toEqual([{ finalists: 10, repeats: 5 }]);
    // loḡ(10) = 2.429; nₖ = 2 2 3 3 3 4 5 6 9.
    expect(roundsOf('successiveRejects', 10, 5)).toEqual([
      { finalists: 10, repeats: 2 },
      { finalists: 8, repeats: 3 },
      { finalists: 5, repeats: 4 },
      { finalists: 4, repeats: 5 },
      { finalists: 3, repeats: 6 },
      { finalists: 2, repeats: 9 },
    ]);
    // 50 runs in 4 rounds of at most 12: 1, 2, 4 and 6 for each.
    expect(roundsOf('sequentialHalving', 10, 5)).toEqual([
      { finalists: 10, repeats: 1 },
      { finalists: 5, repeats: 3 },
      { finalists: 3, repeats: 7 },
      { finalists: 2, repeats: 13 },
    ]);
  });

  it('keep to the budget of runs, and in each there are fewer finalists with more repetitions', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...designs),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 2, max: 20 }),
        (design, finalists, repeats) => {
          const rounds = roundsOf(design, finalists, repeats);
          expect(runsOf(rounds)).toBeLessThanOrEqual(finalists * repeats);
          expect(rounds[0]!.finalists).toBe(finalists);
          rounds.forEach((round, i) => {
            const before = rounds[i - 1];
            expect(round.repeats).toBeGreaterThan(before?.repeats ?? 0);
            if (before !== undefined) expect(round.finalists).toBeLessThan(before.finalists);
          });
          expect(rounds.at(-1)!.repeats).toBeGreaterThanOrEqual(2);
        },
      ),
    );
  });
});

/** Values of finalists with these levels in repetitions that have something in common. */
function runsFor(levels: readonly number[], repeats: readonly number[], noise: number, seed: number): number[][] {
  const random = randomAt({ seed, purpose: 'probe' });
  const shifts = Array.from({ length: Math.max(...repeats) }, () => 3 * random.normal());
  return levels.map((level, i) => shifts.slice(0, repeats[i]).map((shift) => level + shift + noise * random.normal()));
}

describe('estimates', () => {
  it('add up to one, mirror the direction, and follow shifts and scales', () => {
    const runs = runsFor([0, 0.5, 1, 1.2], [3, 3, 5, 5], 1, 4);
    const estimates = estimatesOf(runs, 'maximize', 0.25);
    expect(estimates.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
    const mirrored = estimatesOf(
      runs.map((own) => own.map((value) => 7 - 2 * value)),
      'minimize',
      0.25,
    );
    estimates.forEach(({ mean, value, standardError, probability }, i) => {
      expect(mirrored[i]!.mean).toBeCloseTo(7 - 2 * mean, 10);
      expect(mirrored[i]!.value).toBeCloseTo(7 - 2 * value, 10);
      expect(mirrored[i]!.standardError).toBeCloseTo(2 * standardError, 10);
      expect(mirrored[i]!.probability).toBeCloseTo(probability, 10);
    });
  });

  it('shrink towards each other, the less the more clearly finalists differ', () => {
    const apart = estimatesOf(runsFor([0, 0, 0, 50], [4, 4, 4, 4], 1, 1), 'maximize', 0.25);
    expect(apart[3]!.probability).toBeGreaterThan(0.999);
    expect(Math.abs(apart[3]!.value - apart[3]!.mean)).toBeLessThan(0.1);
    const alike = estimatesOf(runsFor([0, 0, 0, 0], [4, 4, 4, 4], 1, 1), 'maximize', 0.25);
    const of = (pick: (one: (typeof alike)[number]) => number) =>
      Math.max(...alike.map(pick)) - Math.min(...alike.map(pick));
    expect(of(({ value }) => value)).toBeLessThan(0.8 * of(({ mean }) => mean));
    expect(Math.max(...alike.map(({ probability }) => probability))).toBeLessThan(0.7);
  });

  it('are of one finalist alone, of finalists without noise, and of ties', () => {
    expect(estimatesOf([[1, 3]], 'maximize', 0)).toEqual([{ mean: 2, value: 2, standardError: 1, probability: 1 }]);
    const exact = estimatesOf(
      [
        [1, 1],
        [2, 2],
        [2, 2],
      ],
      'maximize',
      0.25,
    );
    expect(exact.map(({ value, standardError, probability }) => [value, standardError, probability])).toEqual([
      [1, 0, 0],
      [2, 0, 0.5],
      [2, 0, 0.5],
    ]);
    expect(() => estimatesOf([[1], []], 'maximize', 0)).toThrow(RangeError);
  });
});
