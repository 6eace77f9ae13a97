/** Creates a search that refines another: narrowed around its best trials, or with its suggestions applied. */

import { narrow } from '../algorithms/space/narrow.ts';
import type { Distribution, Value } from '../algorithms/space/space.ts';
import type { DryRun, Refinement } from '../contract/searches.ts';
import { isOpen, type Search } from '../domain/search.ts';
import { boundsOf } from '../domain/specification/bounds.ts';
import type { ConfirmSettings } from '../domain/specification/confirm-settings.ts';
import { refuseObserved } from '../domain/specification/observed.ts';
import type { Settings } from '../domain/specification/settings.ts';
import type { ValidationSettings } from '../domain/specification/validation.ts';
import { stagesOf } from '../domain/stages.ts';
import { Problem } from '../errors.ts';
import { type CreateSearchDependencies, createSearch } from './create-search.ts';
import { dryRunSearch, type Machine } from './dry-run.ts';
import { findSearch } from './find-search.ts';
import type { SpecificationContext } from './parse-specification.ts';
import type { DatasetStore } from './ports/dataset-store.ts';
import type { SearchQueries } from './ports/search-queries.ts';
import { type SuggestionDependencies, suggestionsFor } from './search-findings.ts';
import { fitting } from './warm-start.ts';

export interface RefinementDependencies extends SpecificationContext, Pick<SuggestionDependencies, 'suggest'> {
  readonly queries: Pick<SearchQueries, 'find' | 'outcomes' | 'best' | 'diagnosed'>;
  readonly datasets: Pick<DatasetStore, 'find' | 'load'>;
}

export async function refineSearch(
  dependencies: RefinementDependencies & CreateSearchDependencies,
  id: string,
  refinement: Refinement,
): Promise<Search> {
  const { body, datasets } = await prepared(dependencies, id, refinement);
  const { search } = await createSearch({ ...dependencies, datasets }, body, { parent: id });
  return search;
}

/** What the refined search would try, and how long it would take. */
export async function dryRunRefinement(
  dependencies: RefinementDependencies & Machine,
  id: string,
  refinement: Refinement,
): Promise<DryRun> {
  const { body, datasets } = await prepared(dependencies, id, refinement);
  return dryRunSearch({ ...dependencies, datasets }, body);
}

/** Uses the data set version of the parent, even if a newer one was uploaded, so that values are comparable. */
async function prepared({ queries, datasets, suggest }: RefinementDependencies, id: string, refinement: Refinement) {
  const parent = await findSearch({ queries }, id);
  const { hash } = parent.dataset;
  return {
    body: await refined(parent, { queries, suggest }, refinement),
    datasets: {
      find: (name: string) => datasets.find(name, hash),
      load: (name: string) => datasets.load(name, hash),
    },
  };
}

/** The request body for the refined search. */
async function refined(
  search: Search,
  dependencies: Pick<RefinementDependencies, 'queries' | 'suggest'>,
  refinement: Refinement,
): Promise<Record<string, unknown>> {
  if (isOpen(search.state)) {
    throw new Problem('wrongState', `the search is ${search.state}; only searches that have ended can be refined`);
  }
  const { specification } = search;
  refuseObserved(specification, 'refined');
  const { queries } = dependencies;
  const patch = refinement.apply === undefined ? undefined : await patchOf(search, dependencies, refinement.apply);
  const space = patch === undefined ? await narrowed(search, queries, refinement) : patch.hyperparameters;
  const hyperparameters = refinement.epochs === undefined ? space : { ...space, epochs: refinement.epochs };
  const best = await queries.best(search, refinement.enqueueBest);
  const { sampler, validation, objective, pruner, limits, dataset, name, confirm, share } = specification;
  return {
    name: refinement.name ?? `${name}, refined`.slice(0, 200),
    project: search.project,
    dataset,
    hyperparameters,
    enqueue: best.map(({ hyperparameters: point }) => fitting(point, point, hyperparameters).point),
    sampler: refinement.sampler ?? { ...sampler, seed: (sampler.seed + 1) % Number.MAX_SAFE_INTEGER },
    validation: withTestRows(refinement.validation ?? patch?.validation ?? validation, validation),
    objective,
    pruner,
    limits,
    ...(share !== undefined && { share }),
    ...(confirm && { confirm: fittingConfirm(confirm, refinement.budget?.trials) }),
    budget: refinement.budget ?? {},
  };
}

/** A refinement is confirmed like its parent, as far as it has the trials. */
function fittingConfirm(confirm: ConfirmSettings, trials = Number.POSITIVE_INFINITY): ConfirmSettings {
  return { ...confirm, trials: Math.max(2, Math.min(confirm.trials, trials)) };
}

/** A refinement that says nothing of test rows has the share of its parent. */
function withTestRows(validation: ValidationSettings, { test }: ValidationSettings): ValidationSettings {
  return test === undefined ? validation : { test, ...validation };
}

async function narrowed(
  search: Search,
  queries: Pick<SearchQueries, 'outcomes'>,
  refinement: Refinement,
): Promise<Settings> {
  if (search.best === null) throw new Problem('wrongState', 'no trial of the search has a value');
  const { specification } = search;
  const stage = stagesOf(search)[search.best.stage]!;
  const outcomes = await queries.outcomes(search);
  const tried = outcomes.filter(
    ({ state, number }) => state === 'complete' && number >= stage.from && number < stage.to,
  );
  const bounds = boundsOf(specification.hyperparameters, refinement.mayWiden);
  return narrow(stage.hyperparameters, tried, specification.objective.direction, { ...refinement, bounds });
}

/** Applies the requested suggestions to the space and validation of the newest stage. */
async function patchOf(
  search: Search,
  dependencies: SuggestionDependencies,
  apply: readonly string[],
): Promise<{ hyperparameters: Settings; validation: ValidationSettings }> {
  const suggestions = await suggestionsFor(search, dependencies);
  const offered = new Set(suggestions.map(({ id }) => id));
  const unknown = apply.findIndex((id) => !offered.has(id));
  if (unknown >= 0) {
    const known = [...offered].join(', ');
    const message = `must be one of its suggestions (${known || 'it has none'}), got ${JSON.stringify(apply[unknown])}`;
    throw new Problem('invalidRequest', `apply: ${message}`, [{ path: `apply[${unknown}]`, message }]);
  }
  const applied = suggestions.filter(({ id }) => apply.includes(id));
  for (const { id, conflicts } of applied) {
    const other = conflicts.find((one) => apply.includes(one));
    if (other === undefined) continue;
    const message = `${id} and ${other} change the same: apply one of them`;
    throw new Problem('invalidRequest', `apply: ${message}`, [{ path: `apply[${apply.indexOf(other)}]`, message }]);
  }
  const { hyperparameters, validation } = stagesOf(search).at(-1)!;
  return applied.reduce<{ hyperparameters: Settings; validation: ValidationSettings }>(
    (changed, { patch }) => ({
      hyperparameters: merged(changed.hyperparameters, patch.hyperparameters ?? {}, hyperparameters),
      validation: patch.validation ?? changed.validation,
    }),
    { hyperparameters, validation },
  );
}

/** Merges patches field by field, since two suggestions may each move one bound of the same distribution. */
function merged(changed: Settings, patch: Settings, original: Settings): Settings {
  const entries = Object.entries(patch).map(([name, setting]): [string, Value | Distribution] => {
    const [now, before] = [changed[name], original[name]];
    if (typeof now !== 'object' || typeof setting !== 'object' || typeof before !== 'object') return [name, setting];
    const moved = Object.entries(setting).filter(([key, value]) => value !== before[key as keyof Distribution]);
    return [name, { ...now, ...Object.fromEntries(moved) } as Distribution];
  });
  return { ...changed, ...Object.fromEntries(entries) };
}
