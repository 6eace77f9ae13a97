/** Changes the name, the notes, the tags or the budget of a search. A search that has ended continues if the new budget allows more trials. */

import type { SearchChange } from '../contract/searches.ts';
import type { Search } from '../domain/search.ts';
import { refuseObserved } from '../domain/specification/observed.ts';
import { samplerOf } from '../domain/specification/specification.ts';
import type { Log } from '../log.ts';
import { deliver } from './deliver.ts';
import { findSearch } from './find-search.ts';
import { briefly, type Planner } from './planner.ts';
import type { TrialQueue } from './ports/messages.ts';
import type { SearchQueries } from './ports/search-queries.ts';
import type { SearchStore } from './ports/search-store.ts';
import { type DatasetFactsOf, refuseWithoutDataset } from './remove-dataset.ts';

export interface ChangeSearchDependencies {
  readonly store: Pick<SearchStore, 'change'>;
  readonly queries: Pick<SearchQueries, 'find'>;
  readonly queue: TrialQueue;
  readonly planner: Pick<Planner, 'plan'>;
  readonly facts: DatasetFactsOf;
  readonly log: Log;
}

export async function changeSearch(
  { store, queries, queue, planner, facts, log }: ChangeSearchDependencies,
  id: string,
  { budget, ...change }: SearchChange,
): Promise<Search> {
  const search = await findSearch({ queries }, id);
  if (budget !== undefined) {
    refuseObserved(search.specification, 'trained');
    await refuseWithoutDataset(search, facts);
  }
  // A grid cannot have more trials than points.
  const trials = budget?.trials && Math.min(budget.trials, samplerOf(search.specification).size);
  const { search: changed, deliveries } = await store.change(id, {
    ...change,
    budget: budget && { ...budget, trials },
  });
  await deliver(queue, deliveries, log);
  if (changed.state === 'running') await briefly(planner.plan(id));
  return changed;
}
