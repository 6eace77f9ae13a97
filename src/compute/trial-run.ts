/** One trial from its settings to its value: split, preprocess, train every fold. It knows no thread and no clock. */
import type { Kernels } from '../nn/kernels.ts';
import { type EpochReport, type TrainOptions, train } from '../nn/train.ts';
import { divergence } from './divergence.ts';
import { preparedFolds } from './prepared-folds.ts';
import { hashResult, tensorsOf } from './result-hash.ts';
import type { EpochUpdate, FoldCurves, FoldMetrics, FoldResult, PausedTrial, TrialResult, TrialTask } from './trial.ts';
import { type FoldEnd, type FoldState, readCheckpoint, writeCheckpoint } from './trial-checkpoint.ts';
import { trainOptions } from './trial-options.ts';

export interface NamedKernels {
  readonly name: string;
  readonly kernels: Kernels;
}

export interface RunConditions {
  /** Asked before every step; once it says true, the trial is interrupted. */
  readonly interrupted: () => boolean;
  /** The most memory of the kernels that a trial may take. */
  readonly memoryLimit: number;
}

type Untimed<T> = T extends unknown ? Omit<T, 'durationMs'> : never;

/**
 * Yields every epoch's update; `stop` ends the fold there. The duration is the caller's to measure.
 *
 * A pause puts aside every fold after the same epoch, so that the value then is the mean over all folds. Throws `MemoryLimitExceeded`
 * before anything is allocated, where the trial needs more than its memory limit.
 */
export function* runTrial(
  task: TrialTask,
  { name, kernels }: NamedKernels,
  { interrupted, memoryLimit }: RunConditions,
): Generator<EpochUpdate, Untimed<TrialResult | PausedTrial>, 'continue' | 'stop'> {
  const splits = preparedFolds(task.dataset, task.validation, task.seed, task.settings.preprocessing);
  const earlier = task.resume === undefined ? [] : readCheckpoint(task.resume, task, name);
  const folds: FoldState[] = [];
  for (const [fold, data] of splits.entries()) {
    const before = earlier[fold];
    const options = { ...trainOptions(task, data, fold, kernels), interrupted, memoryLimit };
    const state = before?.state === 'over' ? before : yield* runFold(task, options, before);
    folds.push(state);
    if (state.state === 'over' && state.diverged !== null) break;
  }
  const over = folds.filter((state) => state.state === 'over');
  return over.length === folds.length
    ? resultOf(task, name, over, splits.length)
    : pausedTrial(task, name, folds, splits.length);
}

function* runFold(
  task: TrialTask,
  options: TrainOptions,
  before: FoldState | undefined,
): Generator<EpochUpdate, FoldState, 'continue' | 'stop'> {
  const resume = before?.state === 'paused' ? before.training : undefined;
  const training = train({ ...options, resume });
  const reports: EpochReport[] = [...(before?.reports ?? [])];
  let diverged: string | undefined;
  let next = training.next();
  while (!next.done) {
    const report = next.value;
    reports.push(report);
    const verdict = yield updateOf(report, options.address.fold, reports[0]!);
    if (task.divergence) diverged = divergence(reports[0]!.firstLoss, report);
    const pauses = task.pauseAfter !== undefined && report.epoch >= task.pauseAfter;
    next = training.next(diverged !== undefined ? 'stop' : verdict === 'continue' && pauses ? 'pause' : verdict);
  }
  if (next.value.outcome === 'paused') return { state: 'paused', reports, training: next.value.checkpoint };
  const { bestEpoch, stoppedEarly, metrics, parameters } = next.value;
  return {
    state: 'over',
    reports,
    bestEpoch,
    stoppedEarly,
    metrics,
    tensors: tensorsOf(parameters),
    diverged: diverged ?? null,
  };
}

function resultOf(task: TrialTask, kernels: string, folds: readonly FoldEnd[], splits: number): Untimed<TrialResult> {
  const curves = folds.map((state, fold) => curvesOf(state, fold, task));
  const value = meanValue(curves, splits);
  const outcome = value === null ? 'diverged' : 'ok';
  const reason = folds.find(({ diverged }) => diverged !== null)?.diverged ?? 'the objective was not a finite number';
  return {
    value,
    outcome,
    reason: outcome === 'ok' ? null : reason,
    epochs: epochsOf(curves),
    folds: folds.map((state, fold) => foldResult(state, curves[fold]!)),
    resultHash: hashResult(
      kernels,
      folds.flatMap(({ tensors }) => tensors),
      outcome,
      curves,
    ),
    kernels,
  };
}

function pausedTrial(
  task: TrialTask,
  kernels: string,
  folds: readonly FoldState[],
  splits: number,
): Untimed<PausedTrial> {
  const curves = folds.map((state, fold) => curvesOf(state, fold, task));
  return {
    outcome: 'paused',
    value: meanValue(curves, splits),
    epochs: epochsOf(curves),
    folds: curves,
    checkpoint: writeCheckpoint(task, kernels, folds),
    kernels,
  };
}

function foldResult({ bestEpoch, stoppedEarly, metrics }: FoldEnd, curves: FoldCurves): FoldResult {
  const finiteMetrics = Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, finite(value)]));
  return { ...curves, bestEpoch, stoppedEarly, metrics: finiteMetrics as FoldMetrics };
}

/** The mean over all folds; null where one has none. */
function meanValue(folds: readonly FoldCurves[], splits: number): number | null {
  const values = folds.map(({ value }) => value).filter((value) => value !== null);
  return values.length === splits ? values.reduce((a, b) => a + b, 0) / splits : null;
}

function epochsOf(folds: readonly FoldCurves[]): number {
  return Math.max(...folds.map(({ trainLoss }) => trainLoss.length));
}

/** A number as JSON can carry it (law 8). */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function updateOf(report: EpochReport, fold: number, first: EpochReport): EpochUpdate {
  return {
    fold,
    epoch: report.epoch,
    initialLoss: finite(first.firstLoss),
    trainLoss: finite(report.trainLoss),
    trainMetric: finite(report.trainMetric),
    validationLoss: finite(report.validationLoss),
    validationMetric: finite(report.validationMetric),
    learningRate: report.learningRate,
  };
}

/** The report of the epoch that counts: the best so far with early stopping, else the last. */
function countingReport(state: FoldState): EpochReport | undefined {
  const { reports } = state;
  const best = state.state === 'over' ? state.bestEpoch : (state.training.best?.epoch ?? reports.length);
  return reports[best - 1];
}

/** The hash covers these, key by key in this order. */
function curvesOf(state: FoldState, fold: number, { metric }: TrialTask): FoldCurves {
  const { reports } = state;
  const counting = state.state === 'over' && state.diverged !== null ? undefined : countingReport(state);
  const value = metric === 'validationLoss' ? counting?.validationLoss : counting?.validationMetric;
  return {
    fold,
    value: value === undefined ? null : finite(value),
    initialLoss: finite(reports[0]?.firstLoss ?? Number.NaN),
    trainLoss: reports.map(({ trainLoss }) => finite(trainLoss)),
    trainMetric: reports.map(({ trainMetric }) => finite(trainMetric)),
    validationLoss: reports.map(({ validationLoss }) => finite(validationLoss)),
    validationMetric: reports.map(({ validationMetric }) => finite(validationMetric)),
    learningRate: reports.map(({ learningRate }) => learningRate),
  };
}
