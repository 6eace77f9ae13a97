/** Where the random numbers of a training run lie (invariant 5 in docs/invariants.md). */
import { type AddressWords, wordsOf } from '../../random.ts';

/** Where a training run stands in a search; with a purpose it is the address of all its random numbers. */
export interface TrainingAddress {
  readonly seed: number;
  readonly trial: number;
  readonly fold: number;
}

const FOLD_BITS = 14;
/** Folds, layers and steps below these have masks of their own. */
const MAX_FOLDS = 2 ** FOLD_BITS;
const MAX_LAYERS = 2 ** (20 - FOLD_BITS);
export const MAX_STEPS = 2 ** 32;

/**
 * The dropout mask of (trial, fold, layer, step) lies at purpose «dropout», trial, layer·2^14 + fold in the fold's twenty bits,
 * and the step, counted over the whole training, in the epoch's word: no two masks of a search share an address. The words are
 * those of step 0. Which numbers of that stream a unit gets is said in kernels.ts.
 */
export function maskWords({ seed, trial, fold }: TrainingAddress, layer: number): AddressWords {
  if (fold >= MAX_FOLDS) throw new RangeError(`there are dropout masks for folds below ${MAX_FOLDS}, got ${fold}`);
  if (layer >= MAX_LAYERS) throw new RangeError(`there are dropout masks for layers below ${MAX_LAYERS}, got ${layer}`);
  return wordsOf({ seed, purpose: 'dropout', trial, fold: layer * MAX_FOLDS + fold });
}
