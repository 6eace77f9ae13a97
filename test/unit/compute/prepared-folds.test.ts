import { expect, it } from 'vitest';
import { createPreparedFolds, type PreparedFolds } from '../../../src/compute/prepared-folds.ts';
import { loadBuiltin } from '../../../src/data/builtin.ts';

const iris = loadBuiltin('iris', 'datasets')!;
/** Each of 3 folds has all 150 rows of 4 features once. */
const CELLS = 3 * 150 * 4;
const foldsOf = (folds: PreparedFolds, seed: number) => folds(iris, { type: 'kFold', folds: 3 }, seed, 'standardize');

it('keeps what was used last, and drops what was not used for longest', () => {
  const folds = createPreparedFolds(2 * CELLS);
  const [first, second] = [foldsOf(folds, 1), foldsOf(folds, 2)];
  expect(foldsOf(folds, 1)).toBe(first);
  const third = foldsOf(folds, 3);
  expect(foldsOf(folds, 1)).toBe(first);
  expect(foldsOf(folds, 3)).toBe(third);
  expect(foldsOf(folds, 2)).not.toBe(second);
});

it('keeps what is larger than all that is kept, by itself', () => {
  const folds = createPreparedFolds(CELLS - 1);
  const first = foldsOf(folds, 1);
  expect(foldsOf(folds, 1)).toBe(first);
  const second = foldsOf(folds, 2);
  expect(foldsOf(folds, 2)).toBe(second);
  expect(foldsOf(folds, 1)).not.toBe(first);
});
