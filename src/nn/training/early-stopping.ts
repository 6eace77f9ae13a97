/** The rule of early stopping (Prechelt 1998). */
import { type Direction, isBetter } from '../../algorithms/objective.ts';

/** The epoch that early stopping would restore; epoch 0 if there is none yet. */
export interface BestEpoch {
  readonly epoch: number;
  readonly value: number;
}

export const noBestEpoch: BestEpoch = { epoch: 0, value: Number.NaN };

/** Whether a value is the best so far. One that is not finite never is. */
export function isBestEpoch(value: number, best: BestEpoch, direction: Direction): boolean {
  return Number.isFinite(value) && (best.epoch === 0 || isBetter(value, best.value, direction));
}

/** Whether there was no improvement for `patience` epochs. */
export function isExhausted(best: BestEpoch, epoch: number, patience: number): boolean {
  return epoch - best.epoch >= patience;
}
