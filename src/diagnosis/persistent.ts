/** Detects a fault that persists between two reports of a trial: the pruner «diagnosis» stops for it. It depends only on the trial, so it is reproducible. */
import { type Finding, hasLearned } from './finding.ts';

/** The state of a trial when it reports. */
export interface IntermediateReport<F extends Finding = Finding> {
  readonly findings: readonly F[];
  /** Mean training loss over the folds; null if it is not finite. */
  readonly trainLoss: number | null;
  /** Mean training metric over the folds; for classification, 1 if all rows are right. */
  readonly trainMetric: number | null;
}

/** If the loss falls to this share between two reports, the trial is recovering. */
const RECOVERING = 0.95;

function isRecovering(before: IntermediateReport, now: IntermediateReport): boolean {
  return now.trainLoss !== null && now.trainLoss <= RECOVERING * (before.trainLoss ?? Number.POSITIVE_INFINITY);
}

/**
 * The worst fault found in both reports, unless the trial is recovering or has learned enough; undefined if there is none. `classes` is 0
 * for regression.
 */
export function persistentFault<F extends Finding>(
  before: IntermediateReport | undefined,
  now: IntermediateReport<F>,
  classes: number,
): F | undefined {
  if (before === undefined || isRecovering(before, now) || hasLearned(now.trainLoss, now.trainMetric, classes))
    return undefined;
  return now.findings.find(
    ({ code, severity }) => severity === 'fault' && before.findings.some((known) => known.code === code),
  );
}
