/** One trial as the compute core sees it: what goes in, what comes out, what is told on the way. */
import type { Dataset } from '../data/dataset.ts';

/** Every hyperparameter of training, decided. */
export interface TrialSettings {
  readonly learningRate: number;
  readonly l2: number;
  /** Of every hidden layer, from the inputs on; empty for softmax or linear regression. */
  readonly hiddenUnits: readonly number[];
  readonly activation: 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'elu';
  readonly initializer: 'zeros' | 'smallNormal' | 'xavier' | 'he';
  readonly batchNorm: boolean;
  readonly preprocessing: 'none' | 'center' | 'standardize';
  readonly optimizer: 'sgd' | 'momentum' | 'nesterov' | 'adagrad' | 'rmsprop' | 'adam' | 'adamw';
  readonly momentum: number;
  readonly weightDecay: number;
  readonly batchSize: number;
  readonly epochs: number;
}

export interface TrialTask {
  readonly settings: TrialSettings;
  /** Its arrays lie in shared memory: sending a task to a thread copies no row. */
  readonly dataset: Dataset;
  readonly validation: { readonly type: 'holdout'; readonly fraction: number };
  readonly metric: 'validationAccuracy' | 'validationLoss' | 'validationRmse';
  /** Whether the divergence rule stops it. */
  readonly divergence: boolean;
  readonly seed: number;
  readonly trial: number;
}

/** One fold's curves: entry i belongs to epoch i + 1; null where the number was not finite (law 8). */
export interface FoldCurves {
  readonly fold: number;
  readonly value: number | null;
  readonly initialLoss: number | null;
  readonly trainLoss: readonly (number | null)[];
  readonly trainMetric: readonly (number | null)[];
  readonly validationLoss: readonly (number | null)[];
  readonly validationMetric: readonly (number | null)[];
  readonly learningRate: readonly (number | null)[];
}

export interface TrialResult {
  /** Mean of the objective over the folds; null where a fold diverged. */
  readonly value: number | null;
  readonly outcome: 'ok' | 'diverged';
  readonly reason: string | null;
  /** Completed epochs, of the fold that has most. */
  readonly epochs: number;
  readonly folds: readonly FoldCurves[];
  /** sha256 over outcome, curves and final weights: equal hashes mean equal bits. */
  readonly resultHash: string;
  readonly kernels: string;
  readonly durationMs: number;
}

/** An epoch as it ends. */
export interface EpochUpdate {
  readonly fold: number;
  readonly epoch: number;
  readonly initialLoss: number | null;
  readonly trainLoss: number | null;
  readonly trainMetric: number | null;
  readonly validationLoss: number | null;
  readonly validationMetric: number | null;
  readonly learningRate: number;
}

export interface RunOptions {
  /** Called soon after epochs end, possibly with several. */
  readonly onEpochs?: (updates: readonly EpochUpdate[]) => void;
  /** Ends the trial: `run` rejects with the signal's reason and the thread is free again, ended by force if need be. */
  readonly signal?: AbortSignal;
  readonly limitSeconds?: number;
}

/** Trains. `inline` runs where it is called, `threads` in a pool; both give the same bits. */
export interface ComputeCore {
  run(task: TrialTask, options?: RunOptions): Promise<TrialResult>;
  close(): Promise<void>;
}

/** The trial took longer than its limit. Trying it again would take as long. */
export class TimeLimitExceeded extends Error {
  constructor(seconds: number) {
    super(`the trial took longer than its limit of ${seconds} s`);
    this.name = 'TimeLimitExceeded';
  }
}
