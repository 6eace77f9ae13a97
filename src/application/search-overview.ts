/** Compact views of a whole search, for pages that show thousands of trials. */
import type { Curves } from '../contract/trials.ts';
import { meanCurves, type StoredCurves } from '../domain/curves.ts';
import { findSearch, noSearch } from './find-search.ts';
import { inTurns } from './in-turns.ts';
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
  const items = await inTurns(stored.trials, (trial) =>
    meanCurves(trial.state === 'running' ? curves.continued(id, trial) : trial, points),
  );
  return { seq: stored.seq, items };
}
