/** Creates a model: chooses its trial, stores what it is made from, and queues the work. */
import type { NewModel } from '../../contract/models.ts';
import type { ModelOrigin, ModelRecord } from '../../domain/model-record.ts';
import type { Search } from '../../domain/search.ts';
import { refuseObserved } from '../../domain/specification/observed.ts';
import { stagesOf } from '../../domain/stages.ts';
import type { Trial } from '../../domain/trial.ts';
import { Problem } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { deliverModels } from '../deliver.ts';
import { findSearch } from '../find-search.ts';
import { findTrial } from '../find-trial.ts';
import type { TrialQueue } from '../ports/messages.ts';
import type { ModelStore } from '../ports/model-store.ts';
import type { SearchQueries } from '../ports/search-queries.ts';

export interface CreateModelDependencies {
  readonly queries: Pick<SearchQueries, 'find' | 'trial' | 'best'>;
  readonly models: Pick<ModelStore, 'create'>;
  readonly queue: TrialQueue;
  readonly log: Log;
}

export async function createModel(
  dependencies: CreateModelDependencies,
  searchId: string,
  asked: NewModel,
): Promise<ModelRecord> {
  const search = await findSearch(dependencies, searchId);
  refuseObserved(search.specification, 'made a model of');
  const origin =
    'ensemble' in asked
      ? await ensembleOrigin(dependencies, search, asked.ensemble)
      : await trialOrigin(dependencies, search, asked);
  const model = await dependencies.models.create({
    name: asked.name ?? nameOf(origin, search),
    project: search.project,
    origin,
  });
  await deliverModels(dependencies.queue, [model.id], dependencies.log);
  return model;
}

async function trialOrigin(
  dependencies: CreateModelDependencies,
  search: Search,
  { trial, refit }: Extract<NewModel, { readonly trial: unknown }>,
): Promise<ModelOrigin> {
  const found = await findTrial(dependencies, search.id, trial === 'best' ? bestOf(search) : trial);
  return { ...originOf(search, found), refit: refit ? { epochs: bestEpochOf(found) } : null };
}

/** The candidates are of the stage of the best trial: they have the same validation rows. */
async function ensembleOrigin(
  dependencies: CreateModelDependencies,
  search: Search,
  count: number,
): Promise<ModelOrigin> {
  const best = await findTrial(dependencies, search.id, bestOf(search));
  refuseReshuffled(search, best.stage);
  const origin = originOf(search, best);
  const ranked = await dependencies.queries.best(search, count);
  const candidates = ranked.flatMap(({ number, stage, value, resultHash }) =>
    stage === best.stage && value !== null && resultHash !== null ? [{ trial: number, resultHash }] : [],
  );
  if (candidates.length > 1) return { ...origin, ensemble: candidates };
  const message = 'needs at least two complete trials with a value';
  throw new Problem('wrongState', `an ensemble ${message}`, [{ path: 'ensemble', message }]);
}

/** Trials with splits of their own have no validation rows in common to choose members by. */
function refuseReshuffled(search: Search, stage: number): void {
  const { validation } = stagesOf(search)[stage]!;
  if (validation.type !== 'holdout' || validation.reshuffle !== true) return;
  const message = 'needs trials with the same validation rows, but those of a search with reshuffled splits differ';
  throw new Problem('wrongState', `an ensemble ${message}`, [{ path: 'ensemble', message }]);
}

function bestOf({ best }: Search): number {
  if (best !== null) return best.number;
  throw new Problem('wrongState', 'no trial of the search is complete yet, so there is no best one');
}

function nameOf({ searchName, trial, ensemble, refit }: ModelOrigin, { specification }: Search): string {
  const rows = specification.validation.test === undefined ? 'all rows' : 'all but the test rows';
  const of = ensemble === null ? `trial ${trial}${refit === null ? '' : `, on ${rows}`}` : 'ensemble';
  return `${Array.from(searchName).slice(0, 150).join('')}, ${of}`;
}

function originOf(search: Search, trial: Trial): ModelOrigin {
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
    ensemble: null,
    refit: null,
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
