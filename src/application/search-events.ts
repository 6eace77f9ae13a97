/** The event log of a search. */

import type { SearchEvent } from '../domain/events.ts';
import type { Search } from '../domain/search.ts';
import { Problem } from '../errors.ts';
import { findSearch } from './find-search.ts';
import type { SearchQueries } from './ports/search-queries.ts';

/** The search; a Problem if `after` is beyond its newest event. */
export async function findSearchAt(
  { queries }: { readonly queries: Pick<SearchQueries, 'find'> },
  id: string,
  after: number | undefined,
): Promise<Search> {
  const search = await findSearch({ queries }, id);
  if (after === undefined || after <= search.seq) return search;
  const message = `must be at most ${search.seq}, the newest seq, got ${after}`;
  throw new Problem('invalidRequest', `after: ${message}`, [{ path: 'after', message }]);
}

/** At most `limit` events; use `next` as `after` in the next request. */
export async function eventsAfter(
  { queries }: { readonly queries: Pick<SearchQueries, 'find' | 'events'> },
  id: string,
  after: number,
  limit: number,
): Promise<{ readonly events: readonly SearchEvent[]; readonly next: number }> {
  await findSearchAt({ queries }, id, after);
  const events = await queries.events(id, after, limit);
  return { events, next: events.at(-1)?.seq ?? after };
}
