/** Runs the folds of a trial and joins their results. The result is the same wherever the folds ran. */
import { countFolds } from '../data/folds.ts';
import { finite, type NamedKernels, observedLayers, type RunConditions, runFold, shortened } from './fold-run.ts';
import { type HashedCurves, hashResult } from './result-hash.ts';
import type {
  EpochUpdate,
  FoldCurves,
  FoldMetrics,
  FoldResult,
  FoldsFinding,
  PausedTrial,
  TrialResult,
  TrialTask,
} from './trial.ts';
import { type FoldEnd, type FoldState, readCheckpoint, writeCheckpoint } from './trial-checkpoint.ts';

export type Untimed<T> = T extends unknown ? Omit<T, 'durationMs'> : never;

/** The state of the folds when the trial was paused; empty for a new trial. */
export function earlierFolds(task: TrialTask, kernels: string): readonly FoldState[] {
  return task.resume === undefined ? [] : readCheckpoint(task.resume, task, kernels);
}

/** Whether this fold ends the trial: it has no value, so later folds are not run or do not count. */
export function endsTrial(state: FoldState): boolean {
  return state.state === 'over' && state.diverged !== null;
}

/** Runs all folds sequentially. Yields an update after every epoch; `stop` ends the fold. */
export function* runTrial(
  task: TrialTask,
  kernels: NamedKernels,
  conditions: RunConditions,
): Generator<EpochUpdate, Untimed<TrialResult | PausedTrial>, 'continue' | 'stop'> {
  const earlier = earlierFolds(task, kernels.name);
  const folds: FoldState[] = [];
  for (let fold = 0; fold < countFolds(task.validation); fold++) {
    const state = yield* runFold(task, fold, kernels, conditions, earlier[fold]);
    folds.push(state);
    if (endsTrial(state)) break;
  }
  return joinFolds(task, kernels.name, folds);
}

/**
 * Joins the folds to a result, or to a paused trial if one is paused. All folds pause after the same epoch, so the value is the mean over all.
 * Folds after one that ended the trial do not count.
 */
export function joinFolds(
  task: TrialTask,
  kernels: string,
  folds: readonly FoldState[],
): Untimed<TrialResult | PausedTrial> {
  const last = folds.findIndex(endsTrial);
  const counted = last < 0 ? folds : folds.slice(0, last + 1);
  const splits = countFolds(task.validation);
  const over = counted.filter((state) => state.state === 'over');
  if (over.length === counted.length) return resultOf(task, kernels, over, splits);
  const curves = counted.map((state, fold) => curvesOf(state, fold, task));
  return {
    outcome: 'paused',
    value: meanValue(curves, splits),
    epochs: epochsOf(curves),
    folds: curves,
    findings: joinFindings(counted),
    checkpoint: writeCheckpoint(task, kernels, counted),
    kernels,
  };
}

function resultOf(task: TrialTask, kernels: string, folds: readonly FoldEnd[], splits: number): Untimed<TrialResult> {
  const curves = folds.map((state, fold) => curvesOf(state, fold, task));
  const value = meanValue(curves, splits);
  const outcome = value === null ? 'diverged' : 'ok';
  const reason = folds.find(({ diverged }) => diverged !== null)?.diverged ?? 'the objective was not finite';
  const digests = folds.map(({ digest }) => digest);
  return {
    value,
    deviation: value === null ? null : deviationOf(curves, value),
    outcome,
    reason: outcome === 'ok' ? null : reason,
    epochs: epochsOf(curves),
    folds: folds.map((state, fold) => foldResult(state, curves[fold]!)),
    findings: joinFindings(folds),
    resultHash: hashResult(kernels, digests, outcome, curves.map(hashed)),
    kernels,
  };
}

/** A finding counts if at least half of the folds show it: in a single fold it may be chance. */
function joinFindings(folds: readonly FoldState[]): FoldsFinding[] {
  const byCode = new Map<string, FoldsFinding>();
  folds.forEach(({ findings }, fold) => {
    for (const finding of findings) {
      const known = byCode.get(finding.code) ?? { ...finding, evidence: finiteNumbers(finding.evidence), folds: [] };
      byCode.set(finding.code, { ...known, folds: [...known.folds, fold] });
    }
  });
  return [...byCode.values()].filter((finding) => 2 * finding.folds.length >= folds.length);
}

function finiteNumbers(evidence: Readonly<Record<string, number | null>>): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(evidence).map(([name, value]) => [name, value === null ? null : finite(value)]),
  );
}

function foldResult({ bestEpoch, stoppedEarly, metrics, predictions }: FoldEnd, curves: FoldCurves): FoldResult {
  const finiteMetrics = Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, finite(value)]));
  return { ...curves, bestEpoch, stoppedEarly, metrics: finiteMetrics as FoldMetrics, ...predictionsOf(predictions) };
}

function predictionsOf(predictions: FoldEnd['predictions']): Pick<FoldResult, 'confusion' | 'predictions'> {
  if (predictions === undefined) return {};
  if ('confusion' in predictions) return predictions;
  const { target, predicted } = predictions;
  return { predictions: { target: target.map(shortened), predicted: predicted.map(shortened) } };
}

/** The mean over all folds; null if a fold has no value. */
function meanValue(folds: readonly FoldCurves[], splits: number): number | null {
  const values = folds.map(({ value }) => value).filter((value) => value !== null);
  return values.length === splits ? values.reduce((a, b) => a + b, 0) / splits : null;
}

/** The sample standard deviation of the folds' values; null for a single fold. */
function deviationOf(folds: readonly FoldCurves[], mean: number): number | null {
  if (folds.length < 2) return null;
  const squares = folds.reduce((sum, { value }) => sum + ((value ?? mean) - mean) ** 2, 0);
  return Math.sqrt(squares / (folds.length - 1));
}

function epochsOf(folds: readonly FoldCurves[]): number {
  return Math.max(...folds.map(({ trainLoss }) => trainLoss.length));
}

/** The epoch that counts: the best so far with early stopping, else the last. */
function countingEpoch(state: FoldState): number {
  return state.state === 'over' ? state.bestEpoch : (state.training.best?.epoch ?? state.reports.length);
}

function curvesOf(state: FoldState, fold: number, { metric }: TrialTask): FoldCurves {
  const { reports } = state;
  const counting = endsTrial(state) ? undefined : reports[countingEpoch(state) - 1];
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
    gradientNorm: reports.map(({ gradientNorm }) => finite(gradientNorm)),
    peakLoss: reports.map(({ peakLoss }) => finite(peakLoss)),
    peakStep: reports.map(({ peakStep }) => peakStep),
    regularizationLoss: reports.map(({ regularizationLoss }) => finite(regularizationLoss)),
    signals: reports.flatMap(({ signals }) => signals.map(observedLayers)),
  };
}

/** The hash covers these keys in this order; other fields can be added without changing it. */
export function hashed(curves: FoldCurves): HashedCurves {
  const { fold, value, initialLoss, trainLoss, trainMetric, validationLoss, validationMetric, learningRate } = curves;
  return { fold, value, initialLoss, trainLoss, trainMetric, validationLoss, validationMetric, learningRate };
}
