/** What a person reads: the share of right answers, and the error in the target's own units. */
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
