/** Deletes a data set that no search uses; with `force`, one that searches use too. */

import { isOpen, type Search } from '../domain/search.ts';
import type { DatasetFacts } from '../domain/specification/specification.ts';
import { Problem } from '../errors.ts';
import type { DatasetStore } from './ports/dataset-store.ts';
import type { SearchStore } from './ports/search-store.ts';

/** How often searches that are started in the meantime are cancelled before giving up. */
const MAX_TRIES = 10;

/**
 * Deletes all versions. Without `force`, throws a Problem `datasetInUse` if any search uses one of them. With `force`, open searches on it are
 * cancelled first, since they could not continue.
 */
export async function removeDataset(
  { datasets, store }: { readonly datasets: DatasetStore; readonly store: SearchStore },
  name: string,
  force: boolean,
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { removed, uses } = await datasets.remove(name, force);
    if (removed) return;
    if (!force) throw inUse(name, uses.length, uses.filter(({ state }) => isOpen(state)).length);
    for (const { id } of uses.filter(({ state }) => isOpen(state))) await cancelled(store, id);
  }
  throw new Problem('datasetInUse', `searches on ${name} keep being started; try again later`);
}

function inUse(name: string, searches: number, open: number): Problem {
  const uses = searches === 1 ? '1 search uses' : `${searches} searches use`;
  const still = open > 0 ? `, ${open} of them still open` : '';
  return new Problem('datasetInUse', `${uses} ${name}${still}; force=true deletes it anyway`);
}

/** Ignores searches that have ended or were deleted in the meantime. */
async function cancelled(store: SearchStore, id: string): Promise<void> {
  try {
    await store.transition(id, 'cancel');
  } catch (error) {
    if (!(error instanceof Problem && ['wrongState', 'notFound'].includes(error.code))) throw error;
  }
}

/** Facts of a data set version; undefined if it does not exist. */
export type DatasetFactsOf = (name: string, hash?: string) => Promise<DatasetFacts | undefined>;

/** Throws a Problem if the data set of a search was deleted: it cannot train more trials. */
export async function refuseWithoutDataset({ dataset: { name, hash } }: Search, facts: DatasetFactsOf): Promise<void> {
  if ((await facts(name, hash)) !== undefined) return;
  throw new Problem(
    'wrongState',
    `its data set ${name} was deleted: its results remain, but nothing more can be trained`,
  );
}
