/** One stream of all searches keeps every query on the page up to date, without polling. */
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { Answer } from '../../src/contract/http.ts';
import type { ListMessage } from '../../src/contract/stream.ts';
import type { Search } from './api.ts';
import { type Connection, openStream } from './live.ts';

export type SearchPages = InfiniteData<Answer<'GET /v1/searches'>, string | undefined>;

let connection: Connection = 'connecting';
const listeners = new Set<() => void>();

export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => connection,
  );
}

export function followSearches(client: QueryClient): () => void {
  let begun = false;
  const stream = openStream<ListMessage>('/v1/events', {
    onConnection: (next) => {
      connection = next;
      for (const listener of listeners) listener();
    },
    onMessage: (message) => {
      if (message.type === 'search') upsertSearch(client, message.search);
      if (message.type === 'removed') forget(client, message.id);
      // Changes during the disconnection are unknown.
      if (message.type === 'gap' || (message.type === 'ready' && begun)) void client.invalidateQueries();
      if (message.type === 'ready') begun = true;
    },
  });
  return stream.close;
}

/** Updates a search in every query that has it, unless the known state is newer. */
export function upsertSearch(client: QueryClient, search: Search): void {
  client.setQueryData<Search>(['search', search.id], (known) =>
    known !== undefined && known.seq > search.seq ? known : search,
  );
  let listed = false;
  client.setQueriesData<SearchPages>({ queryKey: ['searches'] }, (pages) => {
    if (pages === undefined) return pages;
    return {
      ...pages,
      pages: pages.pages.map((page) => {
        if (!page.items.some(({ id }) => id === search.id)) return page;
        listed = true;
        return {
          ...page,
          items: page.items.map((one) => (one.id === search.id && one.seq <= search.seq ? search : one)),
        };
      }),
    };
  });
  if (listed) return;
  void client.invalidateQueries({ queryKey: ['searches'] });
  if (search.parent !== null) void client.invalidateQueries({ queryKey: ['children', search.parent] });
}

function forget(client: QueryClient, id: string): void {
  client.removeQueries({ queryKey: ['search', id], type: 'inactive' });
  // A view that shows it would read it again if its query were removed; the next view must.
  void client.invalidateQueries({ queryKey: ['search', id], refetchType: 'none' });
  void client.invalidateQueries({ queryKey: ['searches'] });
}
