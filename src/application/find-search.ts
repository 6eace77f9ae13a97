/** Finds a search by id; a Problem `notFound` otherwise. */

import type { Search } from '../domain/search.ts';
import { Problem } from '../errors.ts';
import type { SearchQueries } from './ports/search-queries.ts';

export async function findSearch(
  { queries }: { readonly queries: Pick<SearchQueries, 'find'> },
  id: string,
): Promise<Search> {
  const search = await queries.find(id);
  if (search === undefined) throw noSearch(id);
  return search;
}

export function noSearch(id: string): Problem {
  return new Problem('notFound', `there is no search ${id}`);
}
