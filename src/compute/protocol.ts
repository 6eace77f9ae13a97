/** Messages between the process and its compute threads. */
import type { MessagePort } from 'node:worker_threads';
import type { Explained, ExplainTask } from './explain-model.ts';
import type { KernelsFamily } from './kernels-names.ts';
import type { ModelTask, TrainedModel } from './train-model.ts';
import type { RunOutcome, TimedUpdate, TrialTask } from './trial.ts';
import type { FoldState } from './trial-checkpoint.ts';

/** A request to train trials or folds, one after the other. Several tiny trials share a request, since a request costs as much as one. */
export interface ThreadRequest {
  readonly runs: readonly ThreadRun[];
  /** Receives `ThreadReport`s. */
  readonly port: MessagePort;
  readonly progress: Progress;
  /** Memory limit of each run in bytes. */
  readonly memoryLimit: number;
}

/** A trial, one of its folds, a model to make of it, or one to explain. */
export type ThreadRun =
  | {
      readonly task: TrialTask;
      /** The fold and its state when it was paused; undefined for all folds. */
      readonly only: { readonly fold: number; readonly before: FoldState | undefined } | undefined;
    }
  | { readonly model: ModelTask; readonly kernels: KernelsFamily }
  | { readonly explain: ExplainTask };

export type MadeModel = TrainedModel & { readonly outcome: 'model' };
export type ExplainedModel = Explained & { readonly outcome: 'explained' };

/** Shared memory with an entry per run. */
export interface Progress {
  /** Written by the process: 0, or `STOPPED`, or `REVOKED`. */
  readonly stop: Int32Array<SharedArrayBuffer>;
  /** Written by the thread when it starts the run: milliseconds since 1970; 0 before. */
  readonly startedAt: Float64Array<SharedArrayBuffer>;
  /** Written by the thread when it starts the run: which one it is. */
  readonly thread: Int32Array<SharedArrayBuffer>;
}

/** The run ends at its next step, or does not start. */
export const STOPPED = 1;
/** The run does not start; one that has started goes on. */
export const REVOKED = 2;

export function createProgress(runs: number): Progress {
  return {
    stop: new Int32Array(new SharedArrayBuffer(4 * runs)),
    startedAt: new Float64Array(new SharedArrayBuffer(8 * runs)),
    thread: new Int32Array(new SharedArrayBuffer(4 * runs)),
  };
}

/** Errors lose their class when posted, so errors that the process must distinguish are sent as ends of their own. */
export type ThreadEnd =
  | RunOutcome
  | FoldState
  | MadeModel
  | ExplainedModel
  | { readonly outcome: 'noModel'; readonly message: string }
  | { readonly outcome: 'tooLarge'; readonly bytes: number }
  | { readonly outcome: 'notStarted' }
  | { readonly outcome: 'failed'; readonly error: unknown };

/** What is new of a run. */
export interface RunReport {
  readonly run: number;
  readonly updates: readonly TimedUpdate[];
  /** Undefined while it is running. */
  readonly end: ThreadEnd | undefined;
}

export type ThreadReport = readonly RunReport[];
