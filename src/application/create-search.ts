/** Creates a search from a request. */
import { createHash } from 'node:crypto';
import type { Search } from '../domain/search.ts';
import { parseSpecification, type SpecificationContext } from './parse-specification.ts';
import { briefly, type Planner } from './planner.ts';
import type { SearchStore } from './ports/search-store.ts';
import { currentSpan, inSpan } from './tracing.ts';

export interface CreateSearchDependencies extends SpecificationContext {
  readonly store: Pick<SearchStore, 'create'>;
  readonly planner: Pick<Planner, 'plan'>;
}

export interface CreateSearchOptions {
  /** The search that it refines. */
  readonly parent?: string | undefined;
  /** Requests with the same key and body create the search once. */
  readonly idempotencyKey?: string | undefined;
}

/** Validates `body`, stores the search and plans its first trials; `created` is false if the idempotency key was used before. */
export async function createSearch(
  dependencies: CreateSearchDependencies,
  body: unknown,
  { parent, idempotencyKey: key }: CreateSearchOptions = {},
): Promise<{ readonly search: Search; readonly created: boolean }> {
  const { store, planner } = dependencies;
  const parsed = await parseSpecification(body, dependencies);
  const requestHash = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const idempotency = key === undefined ? undefined : { key, requestHash };
  const rows = await dependencies.datasets.load(parsed.dataset.name);
  // A version that was uploaded in the meantime has other rows.
  const baselines =
    rows?.hash === parsed.dataset.hash ? await dependencies.rowWork.baselines(parsed.specification, rows) : [];
  const answer = await inSpan(currentSpan(), 'create search', async (span) => {
    const stored = await store.create({ ...parsed, baselines, parent: parent ?? null, idempotency });
    span.set({ 'search.id': stored.search.id, 'search.created': stored.created });
    return stored;
  });
  if (answer.created) await briefly(planner.plan(answer.search.id, answer.search));
  return answer;
}
