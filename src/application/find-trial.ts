/** Finds a trial with its settings and curves; otherwise a Problem `notFound` that says whether it may still be planned. */

import type { Trial } from '../domain/trial.ts';
import { Problem } from '../errors.ts';
import { findSearch } from './find-search.ts';
import type { SearchQueries } from './ports/search-queries.ts';

export async function findTrial(
  { queries }: { readonly queries: Pick<SearchQueries, 'find' | 'trial'> },
  id: string,
  number: number,
): Promise<Trial> {
  const search = await findSearch({ queries }, id);
  const trial = await queries.trial(search, number);
  if (trial !== undefined) return trial;
  const { planned, total } = search.trials;
  const when = number < total ? `; ${planned} of ${total} are planned so far` : '';
  throw new Problem('notFound', `the search has no trial ${number}${when}`);
}
