/** Addresses of the random numbers of a training run (invariant 5 in docs/invariants.md). */
import { type AddressWords, wordsOf } from '../../random.ts';

/** Identifies a training run in a search; together with a purpose it is the address of its random numbers. */
export interface TrainingAddress {
  readonly seed: number;
  readonly trial: number;
  readonly fold: number;
}

const FOLD_BITS = 14;
/** Limits up to which folds, layers and steps have distinct masks. */
const MAX_FOLDS = 2 ** FOLD_BITS;
const MAX_LAYERS = 2 ** (20 - FOLD_BITS);
export const MAX_STEPS = 2 ** 32;

/**
 * The dropout mask of (trial, fold, layer, step) has the purpose «dropout», layer·2^14 + fold in the twenty bits of the fold, and the step,
 * counted over the whole training, in the word of the epoch, so masks of a search never share an address. Returns the words of step 0. See
 * kernels.ts for how units use the stream.
 */
export function maskWords({ seed, trial, fold }: TrainingAddress, layer: number): AddressWords {
  if (fold >= MAX_FOLDS) throw new RangeError(`dropout supports folds below ${MAX_FOLDS}, got ${fold}`);
  if (layer >= MAX_LAYERS) throw new RangeError(`dropout supports layers below ${MAX_LAYERS}, got ${layer}`);
  return wordsOf({ seed, purpose: 'dropout', trial, fold: layer * MAX_FOLDS + fold });
}
