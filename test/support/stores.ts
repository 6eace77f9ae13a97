/** Stores of searches, as tests see them. */

import { createMemoryStore } from '../../src/adapters/memory/search-store.ts';
import type { Database } from '../../src/adapters/postgres/connection.ts';
import { createSearchQueries } from '../../src/adapters/postgres/search-queries.ts';
import { createSearchStore } from '../../src/adapters/postgres/search-store.ts';
import type { Specification } from '../../src/domain/specification/specification.ts';
import { facts } from './search-in-memory.ts';
import type { InspectableStore, SeenRun, SeenTrial } from './store-commands.ts';

export function inMemory(): InspectableStore {
  const store = createMemoryStore();
  return {
    store,
    find: async (id) => store.find(id)!,
    trials: async (id) => {
      return store
        .trials(id)
        .filter(({ confirms }) => confirms === undefined)
        .map(seenTrial);
    },
    runs: async (id) => store.trials(id).flatMap(seenRun).sort(byNumber),
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
    runs: async (id) => (await queries.runs(await find(id))).flatMap(seenRun).sort(byNumber),
    events: async (id) => {
      const events = await queries.events(id, 0, 10_000);
      return events.map(({ seq, type, data }) => ({ seq, type, data: plain(data) }));
    },
  };
}

function seenTrial({ number, state, attempt, rung, value, epochs, found }: SeenTrial): SeenTrial {
  return { number, state, attempt, rung, value, epochs, found };
}

function seenRun(
  trial: SeenTrial & Pick<SeenRun, 'number'> & { readonly confirms?: SeenRun['confirms'] | undefined },
): SeenRun[] {
  return trial.confirms === undefined ? [] : [{ ...seenTrial(trial), confirms: trial.confirms }];
}

function byNumber(a: SeenTrial, b: SeenTrial): number {
  return a.number - b.number;
}

/** As it comes back from JSON, without what is not there. */
function plain(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data));
}

export async function create({ store }: InspectableStore, specification: Specification): Promise<string> {
  const dataset = { ...facts, name: 'iris' };
  const { search } = await store.create({
    baselines: [],
    ...{ specification, project: 'default', dataset, parent: null, warnings: [], idempotency: undefined },
  });
  return search.id;
}
