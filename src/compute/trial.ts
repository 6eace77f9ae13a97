/** One trial as the compute core sees it: what goes in, what comes out, what is told on the way. */

import type { Direction } from '../algorithms/objective.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Validation } from '../data/folds.ts';
import type { Finding } from '../diagnosis/finding.ts';
import type { HiddenActivation } from '../nn/model/activation-names.ts';
import type { Metrics } from '../nn/training/metrics.ts';
import type { PerSeries } from '../nn/training/series.ts';
import type { LayerSignals } from '../nn/training/train.ts';

export { MemoryLimitExceeded, megabytes } from '../nn/model/memory.ts';

/** Every hyperparameter of training, decided. */
export interface TrialSettings {
  readonly learningRate: number;
  readonly l2: number;
  /** Of every hidden layer, from the inputs on; empty for softmax or linear regression. */
  readonly hiddenUnits: readonly number[];
  readonly activation: HiddenActivation;
  readonly leakyReluSlope: number;
  readonly eluAlpha: number;
  readonly initializer: 'zeros' | 'smallNormal' | 'xavier' | 'he';
  readonly weightDistribution: 'normal' | 'uniform';
  readonly smallNormalDeviation: number;
  readonly batchNorm: boolean;
  /** The share of the hidden layers' outputs that every step drops. */
  readonly dropout: number;
  /** Of classes; what is learned of quantities is their squared error. */
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
  /** Its arrays lie in shared memory: sending a task to a thread copies no row. */
  readonly dataset: Dataset;
  readonly validation: Validation;
  readonly metric: TrialMetric;
  readonly direction: Direction;
  /** Whether the divergence rule stops it. */
  readonly divergence: boolean;
  readonly seed: number;
  readonly trial: number;
  /** The epoch after which every fold that is not over is put aside. */
  readonly pauseAfter?: number | undefined;
  /** The checkpoint that this same trial was paused into: it goes on from there. */
  readonly resume?: Uint8Array | undefined;
}

/** One fold's curves: entry i belongs to epoch i + 1; null where the number was not finite (invariant 8). */
export interface FoldCurves extends PerSeries<readonly (number | null)[]> {
  readonly fold: number;
  readonly value: number | null;
  readonly initialLoss: number | null;
  readonly learningRate: readonly (number | null)[];
  /** The greatest norm of a step's gradient, before clipping. */
  readonly gradientNorm: readonly (number | null)[];
  /** The greatest loss of a step, and which it was, from 1. */
  readonly peakLoss: readonly (number | null)[];
  readonly peakStep: readonly number[];
  /** ½·l2·Σ weight² at the epoch's end. */
  readonly regularizationLoss: readonly (number | null)[];
  /** Some epochs, thinned towards the end; epoch 0 is before the first step. */
  readonly signals: readonly ObservedLayers[];
}

/** The layers of a network after an epoch (nn/training/signals.ts); null where a number was not finite, or before the first step. */
export interface ObservedLayers {
  readonly epoch: number;
  readonly layers: readonly { readonly [Name in keyof LayerSignals]: number | null }[];
}

type OrNull<M> = M extends unknown ? { readonly [Name in keyof M]: number | null } : never;
/** What the validation rows give for the parameters that count; null where a metric is not defined, or not finite. */
export type FoldMetrics = OrNull<Metrics>;

/** A fold whose training is over. */
export interface FoldResult extends FoldCurves {
  /** The epoch whose parameters, value and metrics count: the last one, or the best one with early stopping. */
  readonly bestEpoch: number;
  readonly stoppedEarly: boolean;
  readonly metrics: FoldMetrics;
  /** Rows of class c that were taken for class k: `confusion[c][k]`, of the validation rows; not where there are many classes. */
  readonly confusion?: readonly (readonly number[])[];
  /** Some of the validation rows, in the target's own units; null where not finite. */
  readonly predictions?: {
    readonly target: readonly (number | null)[];
    readonly predicted: readonly (number | null)[];
  };
}

/** What was found in some folds, told of the first of them. */
export interface FoldsFinding extends Finding {
  readonly folds: readonly number[];
}

/** A trial that is over. */
export interface TrialResult {
  /** Mean of the objective over the folds; null where a fold diverged. */
  readonly value: number | null;
  /** Of the folds' values, from their mean (n − 1); null where there is one fold, or no value. */
  readonly deviation: number | null;
  readonly outcome: 'ok' | 'diverged';
  readonly reason: string | null;
  /** Of all folds, the worst first. */
  readonly findings: readonly FoldsFinding[];
  /** Completed epochs, of the fold that has most. */
  readonly epochs: number;
  readonly folds: readonly FoldResult[];
  /** sha256 over outcome, curves and final weights: equal hashes mean equal bits. */
  readonly resultHash: string;
  readonly kernels: string;
  readonly durationMs: number;
}

/** A trial that was put aside: no result, but what may become one. */
export interface PausedTrial {
  readonly outcome: 'paused';
  /** Mean of the objective over the folds so far; null where one has diverged, or has no finite value yet. */
  readonly value: number | null;
  readonly epochs: number;
  readonly folds: readonly FoldCurves[];
  readonly findings: readonly FoldsFinding[];
  /** For `TrialTask.resume`, of the same trial, on the same kernels. */
  readonly checkpoint: Uint8Array;
  readonly kernels: string;
  /** Since it began or was resumed. */
  readonly durationMs: number;
}

export type RunOutcome = TrialResult | PausedTrial;

/** The result of a trial that was not told to pause. */
export function resultOf(end: RunOutcome): TrialResult {
  if (end.outcome === 'paused') throw new Error('the trial was paused, and has no result yet');
  return end;
}

/** An epoch as it ends. */
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
  /** What is found in it since this epoch. */
  readonly found: readonly Finding[];
}

/** An epoch, and when it ended where it was trained, in milliseconds since 1970. */
export type TimedUpdate = EpochUpdate & { readonly at: number };

export interface RunOptions {
  /** Called soon after epochs end, possibly with several. */
  readonly onEpochs?: (updates: readonly TimedUpdate[]) => void;
  /** Ends the trial: `run` rejects with the signal's reason and the thread is free again, ended by force if need be. */
  readonly signal?: AbortSignal;
  readonly limitSeconds?: number;
}

/** Trains. `inline` runs where it is called, `threads` in a pool; both give the same bits. */
export interface ComputeCore {
  /** Gives a result, or a pause where the task asks for one. */
  run(task: TrialTask, options?: RunOptions): Promise<RunOutcome>;
  close(): Promise<void>;
}

/** The trial took longer than its limit. Trying it again would take as long. */
export class TimeLimitExceeded extends Error {
  constructor(seconds: number) {
    super(`the trial took longer than its limit of ${seconds} s`);
    this.name = 'TimeLimitExceeded';
  }
}
