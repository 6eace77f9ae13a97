/** Compact views of a whole search, for pages that show thousands of trials. */
import { setImmediate } from 'node:timers/promises';
import type { Curves } from '../contract/trials.ts';
import { meanCurves, type StoredCurves } from '../domain/curves.ts';
import { findSearch, noSearch } from './find-search.ts';
import type { SearchQueries } from './ports/search-queries.ts';

/** JSON text of a `Table`. */
export async function searchTable(
  { queries }: { readonly queries: Pick<SearchQueries, 'find' | 'table'> },
  id: string,
): Promise<string> {
  const table = await queries.table(await findSearch({ queries }, id));
  if (table === undefined) throw noSearch(id);
  return table;
}

/** Trials that are read before other requests have their turn. */
const TRIALS_PER_TURN = 50;

export interface SearchCurvesDependencies {
  readonly queries: Pick<SearchQueries, 'find' | 'curves'>;
  /** Extends stored curves by epochs received since they were stored. */
  readonly curves: { continued(searchId: string, trial: StoredCurves): StoredCurves };
}

/** Curves of at most `trials` trials with at most `points` epochs each; running trials include the latest epochs. */
export async function searchCurves(
  { queries, curves }: SearchCurvesDependencies,
  id: string,
  trials: number,
  points: number,
): Promise<Curves> {
  const stored = await queries.curves(await findSearch({ queries }, id), trials, points);
  if (stored === undefined) throw noSearch(id);
  const items: ReturnType<typeof meanCurves>[] = [];
  for (const [i, trial] of stored.trials.entries()) {
    items.push(meanCurves(trial.state === 'running' ? curves.continued(id, trial) : trial, points));
    if (i % TRIALS_PER_TURN === TRIALS_PER_TURN - 1) await setImmediate();
  }
  return { seq: stored.seq, items };
}
