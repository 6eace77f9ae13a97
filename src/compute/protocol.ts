/** What passes between the process and its compute threads. */
import type { MessagePort } from 'node:worker_threads';
import type { RunOutcome, TimedUpdate, TrialTask } from './trial.ts';
import type { FoldState } from './trial-checkpoint.ts';

/** Sent to a thread for every trial, or for one fold of it. */
export interface ThreadRequest {
  readonly task: TrialTask;
  /** Its number, and what it had come to when it was paused; all folds, where it is undefined. */
  readonly only: { readonly fold: number; readonly before: FoldState | undefined } | undefined;
  /** Where epochs are told. */
  readonly port: MessagePort;
  /** One shared word: the trial ends at its next step once it is not 0. */
  readonly stop: Int32Array<SharedArrayBuffer>;
  /** The most memory, in bytes, that the trial may take. */
  readonly memoryLimit: number;
}

/** Errors lose their class on the way, so what the process must tell apart comes as an answer. */
export type ThreadResponse = RunOutcome | FoldState | { readonly outcome: 'tooLarge'; readonly bytes: number };
export type ThreadReport = readonly TimedUpdate[];
