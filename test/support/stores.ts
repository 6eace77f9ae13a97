/** Stores of searches, as tests see them. */
import type { Database } from '../../src/adapters/connection.ts';
import { createMemoryStore } from '../../src/adapters/memory/search-store.ts';
import { createSearchQueries } from '../../src/adapters/search-queries.ts';
import { createSearchStore } from '../../src/adapters/search-store.ts';
import type { Specification } from '../../src/searches/specification.ts';
import { facts } from './search-in-memory.ts';
import type { InspectableStore, SeenTrial } from './store-commands.ts';

export function inMemory(): InspectableStore {
  const store = createMemoryStore();
  return {
    store,
    find: async (id) => store.find(id)!,
    trials: async (id) => store.trials(id).map(seenTrial),
    events: async (id) => store.events(id).map(({ seq, type, data }) => ({ seq, type, data: plain(data) })),
  };
}

export function inPostgres(database: Database): InspectableStore {
  const queries = createSearchQueries(database);
  const find = async (id: string) => (await queries.find(id))!;
  return {
    store: createSearchStore(database),
    find,
    trials: async (id) => {
      const { items } = await queries.trials(await find(id), { sort: 'number', limit: 1000 });
      return items.map(seenTrial);
    },
    events: async (id) => {
      const events = await queries.events(id, 0, 10_000);
      return events.map(({ seq, type, data }) => ({ seq, type, data: plain(data) }));
    },
  };
}

function seenTrial({ number, state, attempt, rung, value, epochs, found }: SeenTrial): SeenTrial {
  return { number, state, attempt, rung, value, epochs, found };
}

/** As it comes back from JSON, without what is not there. */
function plain(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data));
}

export async function create({ store }: InspectableStore, specification: Specification): Promise<string> {
  const dataset = { ...facts, name: 'iris' };
  const { search } = await store.create({
    ...{ specification, dataset, parent: null, warnings: [], idempotency: undefined },
  });
  return search.id;
}
