/** Pauses, resumes or cancels a search. */

import type { Transition } from '../domain/commands.ts';
import type { Search } from '../domain/search.ts';
import type { Log } from '../log.ts';
import { deliver } from './deliver.ts';
import { briefly, type Planner } from './planner.ts';
import type { TrialQueue } from './ports/messages.ts';
import type { SearchStore } from './ports/search-store.ts';

export interface TransitionSearchDependencies {
  readonly store: Pick<SearchStore, 'transition' | 'deliveries'>;
  readonly queue: TrialQueue;
  readonly planner: Pick<Planner, 'plan'>;
  readonly log: Log;
}

/** Resuming a search delivers its waiting trials again and plans more. */
export async function transitionSearch(
  { store, queue, planner, log }: TransitionSearchDependencies,
  id: string,
  transition: Transition,
): Promise<Search> {
  const search = await store.transition(id, transition);
  if (transition !== 'resume') return search;
  await deliver(queue, await store.deliveries(id), log);
  await briefly(planner.plan(id));
  return search;
}
