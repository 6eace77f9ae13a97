/** Creates a model: chooses its trial, stores what it is made from, and queues the work. */
import type { NewModel } from '../../contract/models.ts';
import type { ModelOrigin, ModelRecord } from '../../domain/model-record.ts';
import type { Search } from '../../domain/search.ts';
import type { Trial } from '../../domain/trial.ts';
import { Problem } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { deliverModels } from '../deliver.ts';
import { findSearch } from '../find-search.ts';
import { findTrial } from '../find-trial.ts';
import type { ModelStore, SearchQueries, TrialQueue } from '../ports.ts';

export interface CreateModelDependencies {
  readonly queries: Pick<SearchQueries, 'find' | 'trial'>;
  readonly models: Pick<ModelStore, 'create'>;
  readonly queue: TrialQueue;
  readonly log: Log;
}

export async function createModel(
  dependencies: CreateModelDependencies,
  searchId: string,
  { trial: asked, refit, name }: NewModel,
): Promise<ModelRecord> {
  const search = await findSearch(dependencies, searchId);
  const number = asked === 'best' ? bestOf(search) : asked;
  const trial = await findTrial(dependencies, searchId, number);
  const origin = originOf(search, trial, refit);
  const model = await dependencies.models.create({ name: name ?? nameOf(search, origin), origin });
  await deliverModels(dependencies.queue, [model.id], dependencies.log);
  return model;
}

function bestOf({ best }: Search): number {
  if (best !== null) return best.number;
  throw new Problem('wrongState', 'no trial of the search is complete yet, so there is no best one');
}

function nameOf({ name }: Search, { trial, refit }: ModelOrigin): string {
  return `${name.slice(0, 150)}, trial ${trial}${refit === null ? '' : ', on all rows'}`;
}

function originOf(search: Search, trial: Trial, refit: boolean): ModelOrigin {
  const { number, state, value, deviation, resultHash, kernels } = trial;
  if (state !== 'complete' || value === null || resultHash === null || kernels === null) {
    const why = state === 'complete' ? 'diverged' : `is ${state}`;
    throw new Problem('wrongState', `trial ${number} ${why}; a model needs a complete trial with a value`, [
      { path: 'trial', message: `must be a complete trial with a value, got ${number}, which ${why}` },
    ]);
  }
  return {
    searchId: search.id,
    searchName: search.name,
    trial: number,
    dataset: search.dataset,
    refit: refit ? { epochs: bestEpochOf(trial) } : null,
    metric: search.specification.objective.metric,
    value,
    deviation,
    resultHash,
    kernels,
  };
}

/** The rounded mean of the folds' best epochs; not scaled to the larger number of rows. */
function bestEpochOf({ folds, epochs }: Trial): number {
  const best = folds.map(({ bestEpoch }) => bestEpoch ?? epochs);
  return Math.max(1, Math.round(best.reduce((sum, epoch) => sum + epoch, 0) / best.length));
}
