/** Deleting a data set: not while searches use it, unless that is what is wanted. */

import { isOpen, type Search } from '../domain/search.ts';
import type { DatasetFacts } from '../domain/specification/specification.ts';
import { Problem } from '../errors.ts';
import type { DatasetStore, SearchStore } from './ports.ts';

/** How often searches that begin meanwhile are cancelled too before giving up. */
const MAX_TRIES = 10;

/**
 * Deletes all versions. Without `force` a Problem `datasetInUse` where any search, over or not, was made on one of them; with it,
 * those that are open are cancelled first, for they could not go on.
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
  throw new Problem('datasetInUse', `searches on ${name} keep being started; try again when they are not`);
}

function inUse(name: string, searches: number, open: number): Problem {
  const of = searches === 1 ? '1 search was' : `${searches} searches were`;
  const still = open > 0 ? `, of which ${open} are not over` : '';
  return new Problem('datasetInUse', `${of} made on ${name}${still}; force=true deletes it all the same`);
}

/** One that has ended or gone meanwhile need not be cancelled. */
async function cancelled(store: SearchStore, id: string): Promise<void> {
  try {
    await store.transition(id, 'cancel');
  } catch (error) {
    if (!(error instanceof Problem && ['wrongState', 'notFound'].includes(error.code))) throw error;
  }
}

/** What is known of a version of a data set; undefined where it is not there. */
export type DatasetFactsOf = (name: string, hash?: string) => Promise<DatasetFacts | undefined>;

/** A search whose data set was deleted has no rows to go on with: a Problem where one is asked to. */
export async function refuseWithoutDataset({ dataset: { name, hash } }: Search, facts: DatasetFactsOf): Promise<void> {
  if ((await facts(name, hash)) !== undefined) return;
  throw new Problem('wrongState', `its data set ${name} was deleted: it can be looked at, and no more trained`);
}
