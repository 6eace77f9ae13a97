/** Which fault of a trial does not heal: what the pruner «diagnosis» stops for. From the trial alone, so the same wherever it runs. */
import { expectedLoss, type Finding } from './finding.ts';

/** What a trial had come to when it was looked at. */
export interface IntermediateReport<F extends Finding = Finding> {
  readonly findings: readonly F[];
  /** On the training rows, mean over the folds; null where it is not finite. */
  readonly trainLoss: number | null;
  /** The same of what the objective measures: of classes, 1 where all is right. */
  readonly trainMetric: number | null;
}

/** Of the expected loss: a network that has learned more than this is let alone, whatever is wrong inside. */
const LEARNED = 0.5;
/** What is left of the loss from one look to the next, where a fault is on its way to heal. */
const HEALING = 0.95;

/** Half of the way from who knows nothing to who knows all: by the loss, or by the answers (a few wrong ones can cost any loss). */
function hasLearned({ trainLoss, trainMetric }: IntermediateReport, classes: number): boolean {
  const right = classes > 0 && trainMetric !== null && trainMetric > (1 + 1 / classes) / 2;
  return right || (trainLoss !== null && trainLoss <= LEARNED * expectedLoss(classes));
}

function heals(before: IntermediateReport, now: IntermediateReport): boolean {
  return now.trainLoss !== null && now.trainLoss <= HEALING * (before.trainLoss ?? Number.POSITIVE_INFINITY);
}

/**
 * The worst fault that was found at both looks, between which the loss has not come down; undefined where there is none. `classes` is
 * 0 where a quantity is predicted.
 */
export function lastingFault<F extends Finding>(
  before: IntermediateReport | undefined,
  now: IntermediateReport<F>,
  classes: number,
): F | undefined {
  if (before === undefined || heals(before, now) || hasLearned(now, classes)) return undefined;
  return now.findings.find(
    ({ code, severity }) => severity === 'fault' && before.findings.some((known) => known.code === code),
  );
}
