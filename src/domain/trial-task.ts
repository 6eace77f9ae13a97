/** What is trained for a trial: a function of its search and of itself, whoever trains it: a worker, a pre-flight or a replay. */

import type { Point } from '../algorithms/space/space.ts';
import type { TrialTask } from '../compute/trial.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Search } from './search.ts';
import { settingsOf } from './specification/hyperparameters.ts';
import { stageOf } from './stages.ts';

/** A trial that cannot be trained. Trying again will not help. */
export class HopelessTrial extends Error {}

/** What of a search decides how its trials are trained. */
export interface TaskSearch extends Pick<Search, 'specification' | 'stages' | 'dataset'> {
  readonly trials: Pick<Search['trials'], 'total'>;
}

/** Throws a `HopelessTrial` where the trial's stage has not begun, or where `dataset` is not the version that the search began with. */
export function trialTask(
  search: TaskSearch,
  { number, point }: { readonly number: number; readonly point: Point },
  dataset: Dataset,
): TrialTask {
  const { specification, dataset: wanted } = search;
  if (dataset.hash !== wanted.hash)
    throw new HopelessTrial(`the data set ${wanted.name} is not the one the search began with`);
  const stage = stageOf(search, number);
  if (stage === undefined) throw new HopelessTrial(`the stage of trial ${number} has not begun`);
  return {
    settings: settingsOf(stage.hyperparameters, point),
    dataset,
    validation: stage.validation,
    ...specification.objective,
    divergence: specification.pruner.divergence,
    seed: specification.sampler.seed,
    trial: number,
  };
}
