/** Recomputes a trial locally from its data in the service. */
import { fastestOf, type KernelsName } from '../compute/kernels-names.ts';
import { replayTrial } from '../compute/replay.ts';
import type { TrialResult } from '../compute/trial.ts';
import { datasetFromCsv } from '../data/csv-dataset.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Search } from '../domain/search.ts';
import { refuseObserved } from '../domain/specification/observed.ts';
import type { Trial } from '../domain/trial.ts';
import { trialTask } from '../domain/trial-task.ts';
import type { ApiClient } from './api-client.ts';

export interface Replay {
  /** The stored trial. */
  readonly trial: Trial;
  readonly result: TrialResult;
  /** The hash of the result; if a version of the hash matches the stored one, that version. */
  readonly hash: string;
  /** Whether the bits are equal to the stored ones. */
  readonly same: boolean;
}

/** Throws if the trial has no result or its kernels are not available. */
export async function replayed(client: ApiClient, id: string, number: number): Promise<Replay> {
  const [search, trial] = await Promise.all([client.search(id), client.trial(id, number)]);
  refuseObserved(search.specification, 'recomputed');
  if (trial.resultHash === null) throw new Error(`trial ${trial.number} has no result: it is ${trial.state}`);
  const task = trialTask(search, { ...trial, point: trial.hyperparameters }, await datasetOf(client, search));
  const { result, hashes } = replayTrial(task, kernelsNameOf(trial.kernels));
  const same = hashes.includes(trial.resultHash);
  return { trial, result, hash: same ? trial.resultHash : hashes[0]!, same };
}

async function datasetOf(client: ApiClient, { dataset: { name, hash } }: Search): Promise<Dataset> {
  const facts = await client.dataset(name, hash);
  const csv = await client.csv(name, hash);
  return datasetFromCsv(csv, { ...facts.reading, name, target: facts.target, task: facts.task });
}

/** A replay must use kernels of the family that the trial was trained with, because others round differently. */
function kernelsNameOf(recorded: string | null): KernelsName {
  if (recorded === null || !Object.hasOwn(fastestOf, recorded)) {
    throw new Error(`the trial was trained with ${recorded} kernels, which are not available here`);
  }
  return fastestOf[recorded as keyof typeof fastestOf];
}
