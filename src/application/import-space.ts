/** Reads the search space of a file of another tool; a data set decides which metrics there are. */
import type { ImportRequest } from '../contract/imports.ts';
import { readSpace } from '../imports/read-space.ts';
import type { ImportedSpace } from '../imports/to-specification.ts';
import { findDataset } from './find-dataset.ts';
import type { DatasetStore } from './ports.ts';

export async function importSpace(
  dependencies: { readonly datasets: Pick<DatasetStore, 'find'> },
  { dataset: name, ...request }: ImportRequest,
): Promise<ImportedSpace> {
  const dataset = name === undefined ? undefined : await findDataset(dependencies, name, undefined);
  return readSpace({ ...request, dataset });
}
