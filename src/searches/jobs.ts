/** Which trials share a queue job: handing over a job costs milliseconds, a tiny trial less. */

import type { PlannedTrial } from '../domain/commands.ts';
import { isLearning } from '../search/create-sampler.ts';
import type { Point } from '../search/space.ts';
import { secondsOf } from './estimate.ts';
import { settingsOf } from './hyperparameters.ts';
import type { DatasetFacts, Specification } from './specification.ts';
import type { Stage } from './stages.ts';

/** Trials are put together up to about this time. */
const JOB_SECONDS = 0.1;
const MAX_TRIALS_IN_A_JOB = 32;

/**
 * The trials of `points`, numbered from `from`, each with its job. Trials of a job run one after the other; where a sampler learns, others wait
 * for their results, so each has a job of its own and they run side by side.
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
