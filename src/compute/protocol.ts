/** Messages between the process and its compute threads. */
import type { MessagePort } from 'node:worker_threads';
import type { RunOutcome, TimedUpdate, TrialTask } from './trial.ts';
import type { FoldState } from './trial-checkpoint.ts';

/** A request to train a trial or one of its folds. */
export interface ThreadRequest {
  readonly task: TrialTask;
  /** The fold and its state when it was paused; undefined for all folds. */
  readonly only: { readonly fold: number; readonly before: FoldState | undefined } | undefined;
  /** Receives the epochs. */
  readonly port: MessagePort;
  /** One shared word: once it is not 0, the trial ends at its next step. */
  readonly stop: Int32Array<SharedArrayBuffer>;
  /** Memory limit of the trial in bytes. */
  readonly memoryLimit: number;
}

/** Errors lose their class when posted, so errors that the process must distinguish are sent as responses. */
export type ThreadResponse = RunOutcome | FoldState | { readonly outcome: 'tooLarge'; readonly bytes: number };
export type ThreadReport = readonly TimedUpdate[];
