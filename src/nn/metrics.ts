/** What a person reads: the share of right answers, and the error in the target's own units. */
import type { FloatArray } from './kernels.ts';

/**
 * How many of N rows have their label's output as the greatest (the first of equals). A row of NaN is never right: a diverged
 * network knows nothing, and must not score by the share of class 0.
 */
export function countCorrect(outputs: FloatArray, labels: Int32Array, N: number, C: number): number {
  let correct = 0;
  for (let i = 0; i < N; i++) {
    let best = -1;
    let greatest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < C; j++) {
      if (outputs[i * C + j]! > greatest) {
        greatest = outputs[i * C + j]!;
        best = j;
      }
    }
    if (best === labels[i]!) correct++;
  }
  return correct;
}

/** Sums over rows from which an epoch's means are taken; one object, filled again and again. */
export interface Totals {
  rows: number;
  /** Σ over the rows of the data loss */
  loss: number;
  /** Rows answered right; classification only. */
  correct: number;
}

export function clearTotals(totals: Totals): void {
  totals.rows = 0;
  totals.loss = 0;
  totals.correct = 0;
}

export function meanLoss({ rows, loss }: Totals): number {
  return loss / rows;
}

export function accuracy({ rows, correct }: Totals): number {
  return correct / rows;
}

/** Root of the mean squared error, in the target's own units: `targetScale` is how many of them one unit of y stands for. */
export function rmse(totals: Totals, targetScale: number): number {
  return Math.sqrt(meanLoss(totals)) * targetScale;
}
