/** Finds a data set by name, and by hash or in its newest version; a Problem `notFound` otherwise. */

import type { DatasetSummary } from '../domain/dataset-record.ts';
import { Problem } from '../errors.ts';
import type { DatasetStore } from './ports/dataset-store.ts';

export async function findDataset(
  { datasets }: { readonly datasets: Pick<DatasetStore, 'find'> },
  name: string,
  hash: string | undefined,
): Promise<DatasetSummary> {
  const found = await datasets.find(name, hash);
  if (found === undefined) throw noDataset(name, hash);
  return found;
}

/** Its CSV in UTF-8, which gives the same rows when read with its `reading`. */
export async function datasetCsv(
  { datasets }: { readonly datasets: Pick<DatasetStore, 'csv'> },
  name: string,
  hash: string | undefined,
): Promise<Buffer> {
  const csv = await datasets.csv(name, hash);
  if (csv === undefined) throw noDataset(name, hash);
  return csv;
}

function noDataset(name: string, hash: string | undefined): Problem {
  return new Problem('notFound', `there is no data set ${name}${hash === undefined ? '' : ` with the hash ${hash}`}`);
}
