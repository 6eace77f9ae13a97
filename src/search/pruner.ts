/** Whether a trial goes on. */

export interface Curve {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly validationLoss: number;
}

export interface Stop {
  readonly rule: 'divergence' | 'pruner';
  /** In words, with the numbers that decided. */
  readonly reason: string;
}

/** How many times its first value a whole epoch's training loss may reach before the trial counts as diverged. */
export const DIVERGENCE_FACTOR = 3;

/**
 * The divergence rule: a loss that is no longer a number, or an epoch's mean training loss above three times the loss before
 * the first update ("cost much higher than the earlier cost means trouble").
 *
 * It looks at the trial alone, so it stops the same trial at the same epoch however many workers there are.
 */
export function divergence(initialLoss: number, report: Curve): Stop | undefined {
  if (!Number.isFinite(report.trainLoss) || !Number.isFinite(report.validationLoss)) {
    return { rule: 'divergence', reason: `the loss was no longer a finite number in epoch ${report.epoch}` };
  }
  if (report.trainLoss > DIVERGENCE_FACTOR * initialLoss) {
    const [now, first] = [report.trainLoss, initialLoss].map((loss) => loss.toPrecision(4));
    return {
      rule: 'divergence',
      reason: `the training loss of epoch ${report.epoch} was ${now}, above ${DIVERGENCE_FACTOR} times the ${first} before the first step`,
    };
  }
  return undefined;
}
