/** One fold of a trial, trained: split, preprocessed, watched by the divergence rule. It knows no thread and no clock. */
import { type InputFacts, inputFacts } from '../data/input-facts.ts';
import type { PreparedData } from '../data/preprocess.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { caseOf, type Facts, type Finding } from '../diagnosis/finding.ts';
import type { FloatArray, Kernels } from '../nn/kernels/kernels.ts';
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
  /** Asked before every step; once it says true, the fold is interrupted. */
  readonly interrupted: () => boolean;
  /** The most memory of the kernels that a fold may take. */
  readonly memoryLimit: number;
  /** Given everything a fold has learned once it is over, to be read at once: the memory is used again. */
  readonly onLearned?: (tensors: readonly FloatArray[]) => void;
}

/**
 * Yields every epoch's update; `stop` ends it there. What it comes to depends on the task and the fold's number alone, so folds
 * may run anywhere. `before` is what it had come to when it was paused.
 *
 * Throws `MemoryLimitExceeded` before anything is allocated, where it needs more than its memory limit.
 */
export function* runFold(
  task: TrialTask,
  fold: number,
  { kernels }: NamedKernels,
  conditions: RunConditions,
  before: FoldState | undefined,
): Generator<EpochUpdate, FoldState, 'continue' | 'stop'> {
  if (before?.state === 'over') return before;
  const data = preparedFolds(task.dataset, task.validation, task.seed, task.settings.preprocessing)[fold]!;
  const options: TrainOptions = { ...trainOptions(task, data, fold, kernels), ...conditions, resume: before?.training };
  const training = train(options);
  const reports: EpochReport[] = [...(before?.reports ?? [])];
  const look = watch(task, factsOf(task, data), before?.reports ?? []);
  let diverged: string | undefined;
  let next = training.next();
  while (!next.done) {
    const report = next.value;
    reports.push(report);
    const verdict = yield {
      ...updateOf(report, fold, reports[0]!),
      found: report.signals.length > 0 ? look.news(reports) : [],
    };
    if (task.divergence) diverged = divergence(reports[0]!.firstLoss, report);
    const pauses = task.pauseAfter !== undefined && report.epoch >= task.pauseAfter;
    next = training.next(diverged !== undefined ? 'stop' : verdict === 'continue' && pauses ? 'pause' : verdict);
  }
  if (next.value.outcome === 'paused') {
    return { state: 'paused', reports, findings: look.all(reports, false), training: next.value.checkpoint };
  }
  const { bestEpoch, stoppedEarly, metrics, predictions, parameters } = next.value;
  const learned = tensorsOf(parameters);
  const digest = digestOf(learned);
  conditions.onLearned?.(learned);
  return {
    state: 'over',
    reports,
    bestEpoch,
    stoppedEarly,
    metrics,
    predictions: inOwnUnits(predictions, data),
    digest,
    diverged: diverged ?? null,
    findings: look.all(reports, true),
  };
}

/** Diagnoses a fold as it goes; tells each finding once, over pauses too: what was told of `earlier` reports is not told again. */
function watch({ settings }: TrialTask, facts: Facts, earlier: readonly EpochReport[]) {
  const all = (reports: readonly EpochReport[], over: boolean) => diagnose(caseOf(settings, facts, reports, over));
  const told = new Set(
    earlier.flatMap(({ signals }, i) =>
      signals.length > 0 ? all(earlier.slice(0, i + 1), false).map(({ code }) => code) : [],
    ),
  );
  return {
    all,
    news: (reports: readonly EpochReport[]): Finding[] => {
      const found = all(reports, false).filter(({ code }) => !told.has(code));
      for (const { code } of found) told.add(code);
      return found;
    },
  };
}

/** Targets are learned standardized; people read them as they were. */
function inOwnUnits(predictions: Predictions | undefined, data: PreparedData): Predictions | undefined {
  if (predictions === undefined || 'confusion' in predictions) return predictions;
  const own = (value: number) => value * data.targetScale + data.targetOffset;
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

/** A number as JSON can carry it (invariant 8). */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function updateOf(report: EpochReport, fold: number, first: EpochReport): Omit<EpochUpdate, 'found'> {
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

/** Digits that are kept of what is only looked at: more tell nothing, and are stored a thousand times. */
const SIGNAL_DIGITS = 4;

export function shortened(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(SIGNAL_DIGITS)) : null;
}

export function observedLayers({ epoch, layers }: Signals): ObservedLayers {
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
