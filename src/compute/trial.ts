/** The interface of the compute core: the task of a trial, its result and its progress. */

import type { Direction } from '../algorithms/objective.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Validation } from '../data/folds.ts';
import type { Finding } from '../diagnosis/finding.ts';
import type { HiddenActivation } from '../nn/model/activations.ts';
import type { Metrics } from '../nn/training/metrics.ts';
import type { PerSeries } from '../nn/training/series.ts';
import type { LayerSignals } from '../nn/training/train.ts';

export { MemoryLimitExceeded, megabytes } from '../nn/model/memory.ts';

/** Every hyperparameter of training, decided. */
export interface TrialSettings {
  readonly learningRate: number;
  readonly l2: number;
  /** Units of every hidden layer, starting at the input; empty for softmax or linear regression. */
  readonly hiddenUnits: readonly number[];
  readonly activation: HiddenActivation;
  readonly leakyReluSlope: number;
  readonly eluAlpha: number;
  readonly initializer: 'zeros' | 'smallNormal' | 'xavier' | 'he';
  readonly weightDistribution: 'normal' | 'uniform';
  readonly smallNormalDeviation: number;
  readonly batchNorm: boolean;
  /** The share of the hidden layers' outputs dropped in every step. */
  readonly dropout: number;
  /** For classification; regression uses squared error. */
  readonly loss: 'softmaxCrossEntropy' | 'binaryCrossEntropy';
  readonly preprocessing: 'none' | 'center' | 'standardize';
  readonly optimizer: 'sgd' | 'momentum' | 'nesterov' | 'adagrad' | 'rmsprop' | 'adam' | 'adamw';
  readonly momentum: number;
  readonly weightDecay: number;
  readonly schedule: 'constant' | 'step' | 'exponential' | 'cosine';
  readonly decayFactor: number;
  /** In epochs. */
  readonly decayEvery: number;
  readonly cosineFloor: number;
  readonly warmupEpochs: number;
  /** 0: no clipping. */
  readonly clipNorm: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** In epochs; 0: no early stopping. */
  readonly patience: number;
}

export type TrialMetric =
  | 'validationAccuracy'
  | 'validationLoss'
  | 'validationMacroF1'
  | 'validationRocAuc'
  | 'validationRmse'
  | 'validationMae'
  | 'validationR2';

export interface TrialTask {
  readonly settings: TrialSettings;
  /** Its arrays are in shared memory, so posting a task to a thread does not copy rows. */
  readonly dataset: Dataset;
  readonly validation: Validation;
  readonly metric: TrialMetric;
  readonly direction: Direction;
  /** Whether the divergence rule stops it. */
  readonly divergence: boolean;
  readonly seed: number;
  /** The address of its random numbers: the number of the trial, or that of a repetition of a confirmation. */
  readonly trial: number;
  /** The number of its split into training and validation rows (data/folds.ts). Default: the one that trials share. */
  readonly split?: number | undefined;
  /** The epoch after which all unfinished folds pause. */
  readonly pauseAfter?: number | undefined;
  /** The checkpoint of this trial to continue from. */
  readonly resume?: Uint8Array | undefined;
}

/** The curves of one fold: entry i belongs to epoch i + 1; null if the number was not finite (invariant 8). */
export interface FoldCurves extends PerSeries<readonly (number | null)[]> {
  readonly fold: number;
  readonly value: number | null;
  readonly initialLoss: number | null;
  readonly learningRate: readonly (number | null)[];
  /** The largest gradient norm of all steps, before clipping. */
  readonly gradientNorm: readonly (number | null)[];
  /** The largest loss of all steps, and the number of that step, from 1. */
  readonly peakLoss: readonly (number | null)[];
  readonly peakStep: readonly number[];
  /** ½·l2·Σ weight² at the end of the epoch. */
  readonly regularizationLoss: readonly (number | null)[];
  /** For some epochs, fewer towards the end; epoch 0 is before the first step. */
  readonly signals: readonly ObservedLayers[];
}

/** The layers of a network after an epoch (nn/training/signals.ts); null if a number was not finite, or before the first step. */
export interface ObservedLayers {
  readonly epoch: number;
  readonly layers: readonly { readonly [Name in keyof LayerSignals]: number | null }[];
}

type OrNull<M> = M extends unknown ? { readonly [Name in keyof M]: number | null } : never;
/** Metrics on the validation rows for the parameters that count; null if undefined or not finite. */
export type FoldMetrics = OrNull<Metrics>;

/** A fold that has finished training. */
export interface FoldResult extends FoldCurves {
  /** The epoch whose parameters, value and metrics count: the last one, or the best one with early stopping. */
  readonly bestEpoch: number;
  readonly stoppedEarly: boolean;
  readonly metrics: FoldMetrics;
  /** `confusion[c][k]`: validation rows of class c that were predicted as class k; absent for many classes. */
  readonly confusion?: readonly (readonly number[])[];
  /** For some of the validation rows, in the units of the target; null if not finite. */
  readonly predictions?: {
    readonly target: readonly (number | null)[];
    readonly predicted: readonly (number | null)[];
  };
}

/** A finding with the folds that show it; the details are those of the first fold. */
export interface FoldsFinding extends Finding {
  readonly folds: readonly number[];
}

/** The result of a finished trial. */
export interface TrialResult {
  /** Mean of the objective over the folds; null if a fold diverged. */
  readonly value: number | null;
  /** Sample standard deviation of the folds' values; null for a single fold or without a value. */
  readonly deviation: number | null;
  readonly outcome: 'ok' | 'diverged';
  readonly reason: string | null;
  /** Of all folds, worst first. */
  readonly findings: readonly FoldsFinding[];
  /** Completed epochs of the longest fold. */
  readonly epochs: number;
  readonly folds: readonly FoldResult[];
  /** sha256 over outcome, curves and final weights: equal hashes mean equal bits. */
  readonly resultHash: string;
  readonly kernels: string;
  readonly durationMs: number;
}

/** A paused trial, which can continue from its checkpoint. */
export interface PausedTrial {
  readonly outcome: 'paused';
  /** Mean of the objective over the folds so far; null if one has diverged or has no finite value yet. */
  readonly value: number | null;
  readonly epochs: number;
  readonly folds: readonly FoldCurves[];
  readonly findings: readonly FoldsFinding[];
  /** For `TrialTask.resume` of the same trial on the same kernels. */
  readonly checkpoint: Uint8Array;
  readonly kernels: string;
  /** Since it was started or resumed. */
  readonly durationMs: number;
}

export type RunOutcome = TrialResult | PausedTrial;

/** The result of a trial that was not asked to pause. */
export function resultOf(end: RunOutcome): TrialResult {
  if (end.outcome === 'paused') throw new Error('the trial is paused and has no result yet');
  return end;
}

/** A finished epoch. */
export interface EpochUpdate extends PerSeries<number | null> {
  readonly fold: number;
  readonly epoch: number;
  readonly initialLoss: number | null;
  readonly learningRate: number;
  readonly gradientNorm: number | null;
  readonly peakLoss: number | null;
  readonly peakStep: number;
  readonly regularizationLoss: number | null;
  readonly signals: readonly ObservedLayers[];
  /** Findings that are new with this epoch. */
  readonly found: readonly Finding[];
}

/** A finished epoch with its end time by the local clock, in milliseconds since 1970. */
export type TimedUpdate = EpochUpdate & { readonly at: number };

export interface RunOptions {
  /** Called shortly after epochs end, possibly with several. */
  readonly onEpochs?: (updates: readonly TimedUpdate[]) => void;
  /** Aborts the trial: `run` rejects with the signal's reason, and the thread becomes free, terminated if necessary. */
  readonly signal?: AbortSignal;
  /** Keeps the trial from starting: `run` rejects with the signal's reason. A trial whose first fold has started goes on. */
  readonly revoke?: AbortSignal | undefined;
  readonly limitSeconds?: number;
  /** Called when a thread has ended the trial, or one of its folds. */
  readonly onThread?: ((run: ThreadTime) => void) | undefined;
}

/** What a thread did for a trial; times in milliseconds since 1970. */
export interface ThreadTime {
  /** Undefined where it trained all folds, one after the other. */
  readonly fold: number | undefined;
  readonly thread: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** How busy compute threads are. */
export interface ThreadLoad {
  readonly threads: number;
  readonly busy: number;
}

/** Trains trials: inline or in a thread pool, with the same bits. */
export interface ComputeCore {
  /** Resolves with a result, or with a paused trial if the task asks for it. */
  run(task: TrialTask, options?: RunOptions): Promise<RunOutcome>;
  /** Trials that this runs in one turn of the event loop are trained one after the other, at less cost each: for tiny trials. */
  series(): Pick<ComputeCore, 'run'>;
  close(): Promise<void>;
}

/** The trial took longer than its limit; a retry would take as long. */
export class TimeLimitExceeded extends Error {
  constructor(seconds: number) {
    super(`the trial took longer than its limit of ${seconds} s`);
    this.name = 'TimeLimitExceeded';
  }
}
