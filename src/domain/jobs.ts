/** Groups trials into queue jobs: delivering a job costs milliseconds, more than a tiny trial. */

import { isLearning } from '../algorithms/samplers/create-sampler.ts';
import type { Point } from '../algorithms/space/space.ts';
import type { PlannedTrial } from './commands.ts';
import { secondsOf } from './estimate.ts';
import { settingsOf } from './specification/hyperparameters.ts';
import type { DatasetFacts, Specification } from './specification/specification.ts';
import type { Stage } from './stages.ts';

/** Trials are grouped up to about this estimated time. */
const JOB_SECONDS = 0.1;
const MAX_TRIALS_IN_A_JOB = 128;

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
  const largest = isLearning(sampler) ? 1 : MAX_TRIALS_IN_A_JOB;
  let job = String(from);
  let seconds = 0;
  let together = 0;
  return points.map((point, i) => {
    const number = from + i;
    const own = secondsOf(settingsOf(stage.hyperparameters, point), dataset, stage.validation);
    if (together > 0 && (seconds + own > JOB_SECONDS || together === largest)) {
      job = String(number);
      seconds = 0;
      together = 0;
    }
    seconds += own;
    together++;
    return { number, stage: stage.index, point, job };
  });
}
