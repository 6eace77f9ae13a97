/** What passes between the process and its compute threads. */
import type { MessagePort } from 'node:worker_threads';
import type { EpochUpdate, TrialResult, TrialTask } from './trial.ts';

/** Sent to a thread for every trial. */
export interface ThreadRequest {
  readonly task: TrialTask;
  /** Where epochs are told. */
  readonly port: MessagePort;
  /** One shared word: the trial ends at its next step once it is not 0. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

export type ThreadResponse = TrialResult;
export type ThreadReport = readonly EpochUpdate[];
