/** The folds of a search, split and preprocessed: the same for all its trials, so a thread keeps what it used last. */
import type { Dataset } from '../data/dataset.ts';
import { foldsOf, type Validation } from '../data/folds.ts';
import { type PreparedData, type Preprocessing, prepare } from '../data/preprocess.ts';

/** Numbers kept in all, a thread: 64 MB. Searches that vary the preprocessing need three entries. */
const MOST_CELLS = 16_000_000;
const kept = new Map<string, readonly PreparedData[]>();

/** Nobody writes to what this returns: it is shared between trials. */
export function preparedFolds(
  dataset: Dataset,
  validation: Validation,
  seed: number,
  preprocessing: Preprocessing,
): readonly PreparedData[] {
  const key = JSON.stringify([dataset.hash, validation, seed, preprocessing]);
  const known = kept.get(key);
  if (known !== undefined) {
    kept.delete(key);
    kept.set(key, known);
    return known;
  }
  const made = foldsOf(dataset, validation, seed).map((fold) => prepare(dataset, fold, preprocessing));
  kept.set(key, made);
  const cells = () =>
    [...kept.values()].flat().reduce((sum, { trainX, validationX }) => sum + trainX.length + validationX.length, 0);
  while (kept.size > 1 && cells() > MOST_CELLS) kept.delete(kept.keys().next().value!);
  return made;
}
