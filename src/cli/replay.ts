/** A trial computed again, here, from what the service says of it. */
import { type KernelsName, kernelsNames } from '../compute/kernels.ts';
import { replayTrial } from '../compute/replay.ts';
import type { TrialResult } from '../compute/trial.ts';
import { datasetFromCsv } from '../data/csv-dataset.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Search } from '../domain/search.ts';
import type { Trial } from '../domain/trial.ts';
import { trialTask } from '../domain/trial-task.ts';
import type { ApiClient } from './api-client.ts';

export interface Replay {
  /** As it is stored. */
  readonly trial: Trial;
  readonly result: TrialResult;
  /** Of the result, taken as the stored one was where that makes them equal. */
  readonly hash: string;
  /** Whether the bits are those that are stored. */
  readonly same: boolean;
}

/** Throws where the trial has no result, or where its kernels are not known here. */
export async function replayed(client: ApiClient, id: string, number: number): Promise<Replay> {
  const [search, trial] = await Promise.all([client.search(id), client.trial(id, number)]);
  if (trial.resultHash === null) throw new Error(`trial ${trial.number} has no result: it is ${trial.state}`);
  const task = trialTask(search, { number, point: trial.hyperparameters }, await datasetOf(client, search));
  const { result, hashes } = replayTrial(task, kernelsNameOf(trial.kernels));
  const same = hashes.includes(trial.resultHash);
  return { trial, result, hash: same ? trial.resultHash : hashes[0]!, same };
}

async function datasetOf(client: ApiClient, { dataset: { name, hash } }: Search): Promise<Dataset> {
  const facts = await client.dataset(name, hash);
  const csv = await client.csv(name, hash);
  return datasetFromCsv(csv, { ...facts.reading, name, target: facts.target, task: facts.task });
}

/** A replay uses the kernels that the trial was trained with: others round differently. */
function kernelsNameOf(recorded: string | null): KernelsName {
  const name = kernelsNames.find((known) => known === recorded);
  if (name === undefined) throw new Error(`the trial was trained with ${recorded} kernels, which are not known here`);
  return name;
}
