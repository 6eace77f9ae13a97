/** Stores the trials of a file of another tool as a search that has ended. */
import type { ImportedTrials, TrialsQuery } from '../contract/imports.ts';
import { DEFAULT_PROJECT } from '../domain/project.ts';
import { Problem } from '../errors.ts';
import type { TrialsAnswer, TrialsTask } from '../imports/trials/read-trials.ts';
import { findDataset } from './find-dataset.ts';
import type { DatasetStore } from './ports/dataset-store.ts';
import type { ObservedStore } from './ports/search-store.ts';

export interface ImportTrialsDependencies {
  readonly datasets: Pick<DatasetStore, 'find'>;
  readonly observed: ObservedStore;
  /** Reads the file off the event loop. */
  readonly readTrials: (task: TrialsTask) => Promise<TrialsAnswer>;
}

export async function importTrials(
  { datasets, observed, readTrials }: ImportTrialsDependencies,
  bytes: Uint8Array,
  { dataset: name, names, project = DEFAULT_PROJECT, ...asked }: TrialsQuery,
): Promise<ImportedTrials> {
  const dataset = name === undefined ? undefined : await findDataset({ datasets }, name, undefined);
  const answer = await readTrials({ ...asked, bytes, names, dataset: dataset?.name ?? '' });
  if (answer.kind === 'refused') throw new Problem(answer.code, answer.detail, answer.issues);
  const { search, ...read } = answer.read;
  return { search: await observed.add(search, dataset, project), ...read };
}
