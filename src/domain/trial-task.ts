/** Builds the task that trains a trial or a run. Workers, pre-flight checks and replays all use it, so they train the same thing. */

import type { Point } from '../algorithms/space/space.ts';
import type { TrialTask } from '../compute/trial.ts';
import type { Dataset } from '../data/dataset.ts';
import { SHARED_SPLIT } from '../data/folds.ts';
import { addressOf, originalOf, type TrialOrRun } from './runs.ts';
import type { Search } from './search.ts';
import { settingsOf } from './specification/hyperparameters.ts';
import { trainedObjective } from './specification/specification.ts';
import { stageOf } from './stages.ts';

/** A trial that cannot be trained; retrying cannot help. */
export class HopelessTrial extends Error {}

/** The parts of a search that determine how its trials are trained. */
export interface TaskSearch extends Pick<Search, 'specification' | 'stages' | 'dataset'> {
  readonly trials: Pick<Search['trials'], 'total'>;
}

/** Throws a `HopelessTrial` if the trial's stage has not started, or if `dataset` is not the version that the search uses. */
export function trialTask(
  search: TaskSearch,
  trial: TrialOrRun & { readonly point: Point },
  dataset: Dataset,
): TrialTask {
  const { specification, dataset: wanted } = search;
  if (dataset.hash !== wanted.hash)
    throw new HopelessTrial(`the data set ${wanted.name} is not the version that the search uses`);
  const number = originalOf(trial);
  const stage = stageOf(search, number);
  if (stage === undefined) throw new HopelessTrial(`the stage of trial ${number} has not started`);
  return {
    settings: settingsOf(stage.hyperparameters, trial.point),
    dataset,
    validation: stage.validation,
    ...trainedObjective(specification),
    divergence: specification.pruner.divergence,
    seed: specification.sampler.seed,
    trial: addressOf(trial),
    split: splitOf(stage.validation, trial),
  };
}

/** The number of its split: that of all trials, unless it has one of its own. Every repetition of a confirmation has one. */
function splitOf(validation: TaskSearch['specification']['validation'], trial: TrialOrRun): number {
  const isShared = trial.confirms === undefined && !(validation.type === 'holdout' && validation.reshuffle === true);
  return isShared ? SHARED_SPLIT : SHARED_SPLIT + 1 + addressOf(trial);
}
