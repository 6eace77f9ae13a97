/** Which fault of a trial does not heal: what the pruner «diagnosis» stops for. From the trial alone, so the same wherever it runs. */
import type { Finding } from './finding.ts';

/** What a trial had come to when it was looked at. */
export interface Look<F extends Finding = Finding> {
  readonly epochs: number;
  readonly findings: readonly F[];
  /** Mean over the folds; null where it is not finite. */
  readonly trainLoss: number | null;
}

/** Of the expected loss: a network that has learned more than this is let alone, whatever is wrong inside. */
const LEARNED = 0.5;
/** What is left of the loss from one look to the next, where a fault is on its way to heal. */
const HEALING = 0.95;

/** The worst fault that was found at both looks, between which the loss has not come down; undefined where there is none. */
export function lastingFault<F extends Finding>(
  before: Look | undefined,
  now: Look<F>,
  expectedLoss: number,
): F | undefined {
  if (before === undefined) return undefined;
  const { trainLoss } = now;
  const earlier = before.trainLoss ?? Number.POSITIVE_INFINITY;
  if (trainLoss !== null && (trainLoss <= LEARNED * expectedLoss || trainLoss <= HEALING * earlier)) return undefined;
  return now.findings.find(
    ({ code, severity }) => severity === 'fault' && before.findings.some((known) => known.code === code),
  );
}
