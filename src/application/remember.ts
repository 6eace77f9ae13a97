/** Remembers what was computed of searches until more of their trials have ended. */
import { LRUCache } from 'lru-cache';
import type { Search } from '../domain/search.ts';
import { findSearch } from './find-search.ts';
import type { SearchQueries } from './ports/search-queries.ts';

const MAX_REMEMBERED = 100;

/**
 * Requests at the same time share one computation; trials that end in the meantime are included in the next one. What `of` asks for
 * is remembered apart.
 */
export function rememberedWhile<T, Of extends string | number | undefined = undefined>(
  queries: Pick<SearchQueries, 'find'>,
  /** A number that changes with what `compute` depends on. */
  version: (search: Search) => number,
  compute: (search: Search, of?: Of) => Promise<T>,
): (id: string, of?: Of) => Promise<T> {
  const kept = new LRUCache<string, { readonly version: number; readonly answer: Promise<T> }>({ max: MAX_REMEMBERED });
  return async (id, of) => {
    const key = of === undefined ? id : `${id} ${of}`;
    const search = await findSearch({ queries }, id);
    const now = version(search);
    const known = kept.get(key);
    if (known?.version === now) return known.answer;
    const answer = compute(search, of);
    answer.catch(() => kept.delete(key));
    kept.set(key, { version: now, answer });
    return answer;
  };
}
