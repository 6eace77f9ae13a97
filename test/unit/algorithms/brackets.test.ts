/** How many brackets Hyperband has. */
import { expect, it } from 'vitest';
import { hyperbandBrackets } from '../../../src/algorithms/pruners/brackets.ts';

it.each([
  [1, 3, 1],
  [27, 3, 4],
  // Optuna 5.0.0 computes a logarithm in floating point, and has one bracket less: 5 and 3.
  [243, 3, 6],
  [1000, 10, 4],
  [125, 5, 4],
  [216, 6, 4],
  [729, 3, 7],
])('%i epochs, reduced by %i, have %i brackets, down to trials of one epoch', (epochs, factor, count) => {
  const brackets = hyperbandBrackets(epochs, factor);
  expect(brackets).toHaveLength(count);
  expect(brackets[0]!.rungs[0]!.epochs).toBe(1);
  expect(brackets.at(-1)!.rungs).toEqual([{ trials: count, epochs }]);
});
