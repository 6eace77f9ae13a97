/** Groups trials into queue jobs: delivering a job costs milliseconds, more than a tiny trial. */

import { isLearning } from '../algorithms/samplers/create-sampler.ts';
import type { Point } from '../algorithms/space/space.ts';
import type { PlannedTrial } from './commands.ts';
import { secondsOf } from './estimate.ts';
import { hasBarriers } from './pruner-rules.ts';
import { settingsOf } from './specification/hyperparameters.ts';
import type { DatasetFacts, Specification } from './specification/specification.ts';
import type { Stage } from './stages.ts';

/** Trials are grouped up to about this time. A job costs some 8 ms of processor time besides its trials. */
const JOB_SECONDS = 0.2;
/** Promoted trials are grouped less: those of other jobs wait for the last one of them at the next rung. */
const PROMOTED_JOB_SECONDS = 0.02;
const MAX_TRIALS_IN_A_JOB = 128;

/** Whether results decide which trials follow: those of a sampler that learns, and those that a bracket promotes. */
export function nextDependsOnResults({ sampler, pruner }: Pick<Specification, 'sampler' | 'pruner'>): boolean {
  return isLearning(sampler) || hasBarriers(pruner);
}

/**
 * The trials of `points`, numbered from `from`, each with its job. Trials of a job run one after the other. With a sampler that learns, later
 * trials wait for these results, so each trial gets its own job and they run in parallel.
 */
export function inJobs(
  points: readonly Point[],
  from: number,
  { sampler }: Pick<Specification, 'sampler'>,
  stage: Stage,
  dataset: DatasetFacts,
): PlannedTrial[] {
  const seconds = (point: Point) => secondsOf(settingsOf(stage.hyperparameters, point), dataset, stage.validation);
  const firsts = firstOfEachJob(points.map(seconds), JOB_SECONDS, isLearning(sampler) ? 1 : MAX_TRIALS_IN_A_JOB);
  return points.map((point, i) => ({ number: from + i, stage: stage.index, point, job: String(from + firsts[i]!) }));
}

/** A trial at a rung that was promoted. */
interface Promoted {
  readonly number: number;
  /** Epochs so far, and how long they took. */
  readonly epochs: number;
  readonly durationMs: number | null;
}

/** The jobs of promoted trials, which train until they have completed `epochs`, by number. */
export function promotedJobs(trials: readonly Promoted[], rung: number, epochs: number): ReadonlyMap<number, string> {
  const byNumber = trials.toSorted((a, b) => a.number - b.number);
  const seconds = byNumber.map(
    (trial) => ((trial.durationMs ?? 0) / 1000 / Math.max(trial.epochs, 1)) * (epochs - trial.epochs),
  );
  const firsts = firstOfEachJob(seconds, PROMOTED_JOB_SECONDS, MAX_TRIALS_IN_A_JOB);
  return new Map(byNumber.map(({ number }, i) => [number, `${byNumber[firsts[i]!]!.number}r${rung}`]));
}

/** For each trial, in the order they run: the index of the first one of its job. */
function firstOfEachJob(seconds: readonly number[], limit: number, largest: number): number[] {
  let first = 0;
  let sum = 0;
  return seconds.map((own, i) => {
    if (i > first && (sum + own > limit || i - first === largest)) {
      first = i;
      sum = 0;
    }
    sum += own;
    return first;
  });
}
