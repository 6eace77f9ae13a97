/** Caches the preprocessed folds of a search, which are the same for all its trials unless splits are reshuffled. */
import { LRUCache } from 'lru-cache';
import type { Dataset } from '../data/dataset.ts';
import { foldsOf, SHARED_SPLIT, type Validation } from '../data/folds.ts';
import { type PreparedData, type Preprocessing, prepare } from '../data/preprocess.ts';

/** The result is shared between trials and must not be modified. */
export type PreparedFolds = (
  dataset: Dataset,
  validation: Validation,
  seed: number,
  preprocessing: Preprocessing,
  split?: number,
) => readonly PreparedData[];

/** Caches at most `maxCells` numbers; larger folds are cached too, as the only entry, since every trial of their search needs them. */
export function createPreparedFolds(maxCells: number): PreparedFolds {
  const kept = new LRUCache<string, readonly PreparedData[]>({
    maxSize: maxCells,
    sizeCalculation: (folds) => Math.min(cellsOf(folds), maxCells),
  });
  return (dataset, validation, seed, preprocessing, split = SHARED_SPLIT) => {
    const key = JSON.stringify([dataset.hash, validation, seed, preprocessing, split]);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = foldsOf(dataset, validation, seed, split).map((fold) => prepare(dataset, fold, preprocessing));
    kept.set(key, made);
    return made;
  };
}

function cellsOf(folds: readonly PreparedData[]): number {
  return folds.reduce((sum, { trainX, validationX }) => sum + trainX.length + validationX.length, 0);
}

/** The cache of a thread: 64 MB. Searches that vary the preprocessing need three entries. */
export const preparedFolds = createPreparedFolds(16_000_000);
