/** The best value so far of a search, by trial number. */
import { expect, it } from 'vitest';
import { bestByNumber } from '../../web/src/searches/improvements.ts';

const at = (number: number, value: number, stage = 0) => ({ number, value, stage });

it('is in the order of the numbers, whatever the order in which trials ended', () => {
  const ended = [at(5, 0.5), at(9, 0.7), at(2, 0.6), at(4, 0.7)];
  expect(bestByNumber(ended, 'maximize')).toEqual([at(2, 0.6), at(4, 0.7)]);
  expect(bestByNumber(ended, 'minimize')).toEqual([at(2, 0.6), at(5, 0.5)]);
});

it('starts anew with a stage', () => {
  expect(bestByNumber([at(1, 0.9), at(8, 0.2, 1), at(9, 0.1, 1), at(10, 0.3, 1)], 'maximize')).toEqual([
    at(1, 0.9),
    at(8, 0.2, 1),
    at(10, 0.3, 1),
  ]);
});
