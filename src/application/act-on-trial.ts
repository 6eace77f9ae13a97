/** Pauses, resumes, cancels or retries one trial of a search. */

import type { TrialAction } from '../domain/commands.ts';
import { refuseObserved } from '../domain/specification/observed.ts';
import type { Trial } from '../domain/trial.ts';
import type { Log } from '../log.ts';
import { deliver } from './deliver.ts';
import { findSearch } from './find-search.ts';
import { briefly, type Planner } from './planner.ts';
import type { TrialQueue } from './ports/messages.ts';
import type { SearchQueries } from './ports/search-queries.ts';
import type { SearchStore } from './ports/search-store.ts';
import { type DatasetFactsOf, refuseWithoutDataset } from './remove-dataset.ts';

export interface ActOnTrialDependencies {
  readonly store: Pick<SearchStore, 'actOnTrial'>;
  readonly queries: Pick<SearchQueries, 'find' | 'trial'>;
  readonly queue: TrialQueue;
  readonly planner: Pick<Planner, 'plan'>;
  readonly facts: DatasetFactsOf;
  readonly log: Log;
}

/** Returns the trial after the action. */
export async function actOnTrial(
  { store, queries, queue, planner, facts, log }: ActOnTrialDependencies,
  id: string,
  number: number,
  action: TrialAction,
): Promise<Trial> {
  if (action === 'retry' || action === 'resume') {
    const search = await findSearch({ queries }, id);
    refuseObserved(search.specification, 'trained');
    await refuseWithoutDataset(search, facts);
  }
  const { deliveries, search } = await store.actOnTrial(id, number, action);
  await deliver(queue, deliveries, log);
  if (search.state === 'running') await briefly(planner.plan(id));
  return (await queries.trial(search, number))!;
}
