/** A replayed trial that ends as it did has lost nothing, though its folds are averaged anew. */
import { describe, expect, it } from 'vitest';
import { replayRules } from '../../../src/domain/what-if/what-if.ts';

describe.each([
  ['maximize', 'validationAccuracy'],
  ['minimize', 'validationRmse'],
] as const)('values that differ by rounding, %s', (direction, metric) => {
  it.each([1, -1])('are equal: %s', (side) => {
    const trials = Array.from({ length: 6 }, (_, number) => {
      const sign = direction === 'maximize' ? 1 : -1;
      const folds = [0, 1, 2].map((fold) => [1, 2, 3, 4].map((epoch) => 10 + sign * (epoch + number / 10 + fold / 7)));
      const value = folds.reduce((sum, fold) => sum + fold.at(-1)!, 0) / 3;
      return { number, folds, budget: 4, patience: 0, epochs: 4, value: value * (1 + side * 2 ** -52) };
    });
    const { rules } = replayRules(trials, { metric, direction });
    const { options } = rules.find(({ rule }) => rule === 'patience')!;
    expect(options.length).toBeGreaterThan(0);
    expect(options.map(({ lost }) => lost)).toEqual(options.map(() => 0));
  });
});
