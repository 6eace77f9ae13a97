/** A data set by its name, the newest version unless a hash says which, or a Problem that there is none. */

import { Problem } from '../errors.ts';
import type { DatasetSummary } from '../searches/dataset-record.ts';
import type { DatasetStore } from '../searches/ports.ts';

export async function findDataset(
  { datasets }: { readonly datasets: Pick<DatasetStore, 'find'> },
  name: string,
  hash: string | undefined,
): Promise<DatasetSummary> {
  const found = await datasets.find(name, hash);
  if (found === undefined) throw noDataset(name, hash);
  return found;
}

/** Its text, which gives the same rows by its reading. */
export async function datasetCsv(
  { datasets }: { readonly datasets: Pick<DatasetStore, 'csv'> },
  name: string,
  hash: string | undefined,
): Promise<string> {
  const csv = await datasets.csv(name, hash);
  if (csv === undefined) throw noDataset(name, hash);
  return csv;
}

function noDataset(name: string, hash: string | undefined): Problem {
  return new Problem('notFound', `there is no data set ${name}${hash === undefined ? '' : ` with the hash ${hash}`}`);
}
