/** One trial with its settings and curves, or a Problem that says whether it may still come. */

import type { Trial } from '../domain/trial.ts';
import { Problem } from '../errors.ts';
import { findSearch } from './find-search.ts';
import type { SearchQueries } from './ports.ts';

export async function findTrial(
  { queries }: { readonly queries: Pick<SearchQueries, 'find' | 'trial'> },
  id: string,
  number: number,
): Promise<Trial> {
  const search = await findSearch({ queries }, id);
  const trial = await queries.trial(search, number);
  if (trial !== undefined) return trial;
  const { planned, total } = search.trials;
  const when = number < total ? `; ${planned} of ${total} are decided so far` : '';
  throw new Problem('notFound', `the search has no trial ${number}${when}`);
}
