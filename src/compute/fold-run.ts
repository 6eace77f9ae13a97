/** Trains one fold of a trial, with preprocessing, diagnosis and the divergence rule. No thread, no clock. */
import { type InputFacts, inputFacts } from '../data/input-facts.ts';
import type { PreparedData } from '../data/preprocess.ts';
import { unscaledTarget } from '../data/scaling.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { caseOf, type Facts, type Finding } from '../diagnosis/finding.ts';
import type { FloatArray, Kernels } from '../nn/kernels/kernels.ts';
import type { LayerParameters } from '../nn/model/layer.ts';
import type { NetworkSpec } from '../nn/model/network.ts';
import type { Predictions } from '../nn/training/predictions.ts';
import { type EpochReport, type Signals, type TrainOptions, train } from '../nn/training/train.ts';
import { divergence } from './divergence.ts';
import { preparedFolds } from './prepared-folds.ts';
import { digestOf, tensorsOf } from './result-hash.ts';
import type { EpochUpdate, ObservedLayers, TrialTask } from './trial.ts';
import type { FoldState } from './trial-checkpoint.ts';
import { trainOptions } from './trial-options.ts';

export interface NamedKernels {
  readonly name: string;
  readonly kernels: Kernels;
}

export interface RunConditions {
  /** Called before every step; the fold is interrupted once it returns true. */
  readonly interrupted: () => boolean;
  /** Limit of the kernel memory of a fold. */
  readonly memoryLimit: number;
  /** Called with the learned tensors when a fold ends. Read them immediately: the memory is reused. */
  readonly onLearned?: (tensors: readonly FloatArray[]) => void;
  /** Called with the network of every fold when it ends. */
  readonly onTrained?: (trained: TrainedFold) => void;
}

/** The network that a fold's value comes from. */
export interface TrainedFold {
  readonly fold: number;
  /** The epoch of the parameters. */
  readonly epoch: number;
  readonly network: NetworkSpec;
  /** Dense copies, layer by layer. */
  readonly layers: readonly LayerParameters[];
  readonly data: PreparedData;
}

/**
 * Yields an update after every epoch; `stop` ends the fold. The result depends only on the task and the fold number, so folds can run
 * anywhere. `before` is its state when it was paused.
 *
 * Throws `MemoryLimitExceeded`, before allocating anything, if it needs more than the memory limit.
 */
export function* runFold(
  task: TrialTask,
  fold: number,
  { kernels }: NamedKernels,
  conditions: RunConditions,
  before: FoldState | undefined,
): Generator<EpochUpdate, FoldState, 'continue' | 'stop'> {
  if (before?.state === 'over') return before;
  const { dataset, validation, seed, split, settings } = task;
  const data = preparedFolds(dataset, validation, seed, settings.preprocessing, split)[fold]!;
  const options: TrainOptions = { ...trainOptions(task, data, fold, kernels), ...conditions, resume: before?.training };
  const training = train(options);
  const reports: EpochReport[] = [...(before?.reports ?? [])];
  const watcher = createWatcher(task, factsOf(task, data), before?.reports ?? []);
  let diverged: string | undefined;
  let next = training.next();
  while (!next.done) {
    const report = next.value;
    reports.push(report);
    const command = yield {
      ...updateOf(report, fold, reports[0]!),
      found: report.signals.length > 0 ? watcher.news(reports) : [],
    };
    if (task.divergence) diverged = divergence(reports[0]!.firstLoss, report);
    const pauses = task.pauseAfter !== undefined && report.epoch >= task.pauseAfter;
    next = training.next(diverged !== undefined ? 'stop' : command === 'continue' && pauses ? 'pause' : command);
  }
  if (next.value.outcome === 'paused') {
    return { state: 'paused', reports, findings: watcher.all(reports, false), training: next.value.checkpoint };
  }
  const { bestEpoch, stoppedEarly, metrics, predictions, parameters } = next.value;
  const learned = tensorsOf(parameters);
  const digest = digestOf(learned);
  conditions.onLearned?.(learned);
  conditions.onTrained?.({ fold, epoch: bestEpoch, network: options.network, layers: parameters, data });
  return {
    state: 'over',
    reports,
    bestEpoch,
    stoppedEarly,
    metrics,
    predictions: inOwnUnits(predictions, data),
    digest,
    diverged: diverged ?? null,
    findings: watcher.all(reports, true),
  };
}

/** Diagnoses a running fold. Reports each finding once, also across pauses: findings of `earlier` reports are not repeated. */
function createWatcher({ settings }: TrialTask, facts: Facts, earlier: readonly EpochReport[]) {
  const all = (reports: readonly EpochReport[], over: boolean) => diagnose(caseOf(settings, facts, reports, over));
  const reported = new Set(
    earlier.flatMap(({ signals }, i) =>
      signals.length > 0 ? all(earlier.slice(0, i + 1), false).map(({ code }) => code) : [],
    ),
  );
  return {
    all,
    news: (reports: readonly EpochReport[]): Finding[] => {
      const found = all(reports, false).filter(({ code }) => !reported.has(code));
      for (const { code } of found) reported.add(code);
      return found;
    },
  };
}

/** Converts standardized targets back to their original units. */
function inOwnUnits(predictions: Predictions | undefined, data: PreparedData): Predictions | undefined {
  if (predictions === undefined || 'confusion' in predictions) return predictions;
  const own = (value: number) => unscaledTarget(value, data.targetScale, data.targetOffset);
  return { target: predictions.target.map(own), predicted: predictions.predicted.map(own) };
}

const inputsOf = new WeakMap<PreparedData, InputFacts>();

export function factsOf({ dataset }: Pick<TrialTask, 'dataset'>, data: PreparedData): Facts {
  const inputs = inputsOf.get(data) ?? inputFacts(data);
  inputsOf.set(data, inputs);
  const { trainRows, validationRows } = data;
  return {
    classes: dataset.task === 'classification' ? dataset.classes.length : 0,
    trainRows,
    validationRows,
    ...inputs,
  };
}

/** JSON has no non-finite numbers (invariant 8). */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

export function updateOf(report: EpochReport, fold: number, first: EpochReport): Omit<EpochUpdate, 'found'> {
  return {
    fold,
    epoch: report.epoch,
    initialLoss: finite(first.firstLoss),
    trainLoss: finite(report.trainLoss),
    trainMetric: finite(report.trainMetric),
    validationLoss: finite(report.validationLoss),
    validationMetric: finite(report.validationMetric),
    learningRate: report.learningRate,
    gradientNorm: finite(report.gradientNorm),
    peakLoss: finite(report.peakLoss),
    peakStep: report.peakStep,
    regularizationLoss: finite(report.regularizationLoss),
    signals: report.signals.map(observedLayers),
  };
}

/** Significant digits of stored signals, to save space. */
const SIGNAL_DIGITS = 4;

export function shortened(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(SIGNAL_DIGITS)) : null;
}

const ofSignals = new WeakMap<Signals, ObservedLayers>();

/** Of an epoch they are published, and stored with the trial's curves at its end. */
export function observedLayers(signals: Signals): ObservedLayers {
  const known = ofSignals.get(signals) ?? withoutNoise(signals);
  ofSignals.set(signals, known);
  return known;
}

function withoutNoise({ epoch, layers }: Signals): ObservedLayers {
  return {
    epoch,
    layers: layers.map(({ mean, deviation, unitDeviation, saturated, dead, gradientNorm, updateRatio }) => ({
      mean: shortened(mean),
      deviation: shortened(deviation),
      unitDeviation: shortened(unitDeviation),
      saturated: shortened(saturated),
      dead: shortened(dead),
      gradientNorm: shortened(gradientNorm),
      updateRatio: shortened(updateRatio),
    })),
  };
}
