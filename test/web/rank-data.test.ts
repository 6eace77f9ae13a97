/** The rank plot: its pairs and its ranks. */
import { expect, it } from 'vitest';
import { nameOf, pairsOf, rankedTrials } from '../../web/src/search/rank-data.ts';
import type { Scored, Varied } from '../../web/src/search/space.ts';

const varied = ['a', 'b', 'c'].map(
  (name): Varied => ({ name, distribution: { distribution: 'float', low: 0, high: 1, scale: 'linear' } }),
);
const trials = [0.5, 0.9, 0.9, 0.1].map((value, number) => ({ number, value }) as Scored);

it('pairs every two hyperparameters once, up to a number of them', () => {
  expect(pairsOf(varied, 9).map(nameOf)).toEqual(['a × b', 'a × c', 'b × c']);
  expect(pairsOf(varied, 2).map(nameOf)).toEqual(['a × b']);
  expect(pairsOf(varied.slice(0, 1), 9)).toEqual([]);
});

it('ranks by the direction of the objective, ties alike', () => {
  expect(rankedTrials(trials, 1).map(({ rank }) => rank)).toEqual([3, 1.5, 1.5, 4]);
  expect(rankedTrials(trials, -1).map(({ rank }) => rank)).toEqual([2, 3.5, 3.5, 1]);
  expect(rankedTrials(trials, -1).map(({ unit }) => unit)).toEqual(rankedTrials(trials, 1).map(({ unit }) => unit));
});
