/** The best trials of a search, and whether the best one is clearly the best. */

import { certaintyOf } from '../algorithms/certainty.ts';
import type { Best } from '../contract/trials.ts';
import { countFolds } from '../data/folds.ts';
import { stagesOf } from '../domain/stages.ts';
import { findSearch } from './find-search.ts';
import type { SearchQueries } from './ports.ts';

/** The best trial is compared with this many others, even if fewer are requested. */
const COMPARED = 50;

export async function bestTrials(
  { queries }: { readonly queries: Pick<SearchQueries, 'find' | 'best'> },
  id: string,
  limit: number,
): Promise<Best> {
  const search = await findSearch({ queries }, id);
  const ranked = await queries.best(search, Math.max(limit, COMPARED));
  const scored = ranked.flatMap(({ number, value, deviation }) =>
    value === null ? [] : [{ number, value, deviation }],
  );
  const { validation } = stagesOf(search)[search.best?.stage ?? 0] ?? search.specification;
  return { items: ranked.slice(0, limit), certainty: certaintyOf(scored, countFolds(validation)) };
}
