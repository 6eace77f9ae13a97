/** Whole searches at one glance: what a page needs that shows thousands of trials. */
import type { Curves } from '../contract/trials.ts';
import { meanCurves, type StoredCurves } from '../searches/curves.ts';
import type { SearchQueries } from '../searches/ports.ts';
import { findSearch, noSearch } from './find-search.ts';

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
  /** What is known of the last seconds beside what is stored. */
  readonly curves: { continued(searchId: string, trial: StoredCurves): StoredCurves };
}

/** The curves of at most so many trials, each at so many epochs at most; those that run as far as anybody knows. */
export async function searchCurves(
  { queries, curves }: SearchCurvesDependencies,
  id: string,
  trials: number,
  points: number,
): Promise<Curves> {
  const stored = await queries.curves(await findSearch({ queries }, id), trials, points);
  if (stored === undefined) throw noSearch(id);
  const items = stored.trials.map((trial) =>
    meanCurves(trial.state === 'running' ? curves.continued(id, trial) : trial, points),
  );
  return { seq: stored.seq, items };
}
