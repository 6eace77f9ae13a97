/** One trial from its settings to its value: split, preprocess, train every fold. It knows no thread and no clock. */
import { createHash, type Hash } from 'node:crypto';
import type { Dataset } from '../data/dataset.ts';
import type { PreparedData } from '../data/preprocess.ts';
import type { FloatArray, Kernels } from '../nn/kernels.ts';
import type { LayerParameters } from '../nn/layer.ts';
import { optimizerOf } from '../nn/optimizers.ts';
import { type EpochReport, type TrainOptions, train, type Verdict } from '../nn/train.ts';
import { divergence } from './divergence.ts';
import { preparedFolds } from './prepared-folds.ts';
import type { EpochUpdate, FoldCurves, TrialResult, TrialSettings, TrialTask } from './trial.ts';

export interface NamedKernels {
  readonly name: string;
  readonly kernels: Kernels;
}

/** Yields every epoch's update; `stop` ends the fold there. The duration is the caller's to measure. */
export function* runTrial(
  task: TrialTask,
  { name, kernels }: NamedKernels,
  interrupted: () => boolean,
): Generator<EpochUpdate, Omit<TrialResult, 'durationMs'>, Verdict> {
  const splits = preparedFolds(task.dataset, task.validation, task.seed, task.settings.preprocessing);
  const hash = createHash('sha256').update(`${name}\n`);
  const folds: FoldCurves[] = [];
  let reason: string | null = null;
  for (const [fold, data] of splits.entries()) {
    const done = yield* runFold(task, data, fold, kernels, interrupted, hash);
    folds.push(done.curves);
    reason = done.diverged ?? reason;
    if (reason !== null) break;
  }
  const values = folds.map(({ value }) => value).filter((value) => value !== null);
  const outcome = reason === null && values.length === splits.length ? 'ok' : 'diverged';
  const value = outcome === 'ok' ? values.reduce((a, b) => a + b, 0) / values.length : null;
  hash.update(`${outcome} ${JSON.stringify(folds)}`);
  return {
    value,
    outcome,
    reason: outcome === 'ok' ? null : (reason ?? 'the objective was not a finite number'),
    epochs: Math.max(...folds.map(({ trainLoss }) => trainLoss.length)),
    folds,
    resultHash: hash.digest('hex'),
    kernels: name,
  };
}

function* runFold(
  task: TrialTask,
  data: PreparedData,
  fold: number,
  kernels: Kernels,
  interrupted: () => boolean,
  hash: Hash,
): Generator<EpochUpdate, { curves: FoldCurves; diverged: string | undefined }, Verdict> {
  const training = train(trainOptions(task, data, fold, kernels, interrupted));
  const reports: EpochReport[] = [];
  let diverged: string | undefined;
  let next = training.next();
  while (!next.done) {
    const report = next.value;
    reports.push(report);
    const verdict = yield updateOf(report, fold, reports[0]!);
    if (task.divergence) diverged = divergence(reports[0]!.firstLoss, report);
    next = training.next(diverged === undefined ? verdict : 'stop');
  }
  if (next.value.outcome === 'paused') throw new Error('a fold was paused');
  for (const layer of next.value.parameters) hashLayer(hash, layer);
  return { curves: curvesOf(reports, fold, diverged === undefined ? task.metric : undefined), diverged };
}

function trainOptions(
  { settings, dataset, seed, trial }: TrialTask,
  data: PreparedData,
  fold: number,
  kernels: Kernels,
  interrupted: () => boolean,
): TrainOptions {
  return {
    kernels,
    network: {
      sizes: sizesOf(settings, dataset),
      activation: settings.activation,
      batchNorm: settings.batchNorm,
      loss: dataset.task === 'classification' ? 'softmaxCrossEntropy' : 'meanSquaredError',
    },
    initializer: settings.initializer,
    optimizer: optimizerOf(settings),
    schedule: { type: 'constant' },
    l2: settings.l2,
    batchSize: settings.batchSize,
    epochs: settings.epochs,
    data,
    address: { seed, trial, fold },
    interrupted,
  };
}

/** Inputs, hidden layers, outputs. */
function sizesOf(settings: TrialSettings, dataset: Dataset): number[] {
  return [dataset.features, ...settings.hiddenUnits, dataset.task === 'classification' ? dataset.classes.length : 1];
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

function curvesOf(reports: readonly EpochReport[], fold: number, metric: TrialTask['metric'] | undefined): FoldCurves {
  const last = reports.at(-1);
  const value = metric === 'validationLoss' ? last?.validationLoss : last?.validationMetric;
  return {
    fold,
    value: metric === undefined || value === undefined ? null : finite(value),
    initialLoss: finite(reports[0]?.firstLoss ?? Number.NaN),
    trainLoss: reports.map(({ trainLoss }) => finite(trainLoss)),
    trainMetric: reports.map(({ trainMetric }) => finite(trainMetric)),
    validationLoss: reports.map(({ validationLoss }) => finite(validationLoss)),
    validationMetric: reports.map(({ validationMetric }) => finite(validationMetric)),
    learningRate: reports.map(({ learningRate }) => learningRate),
  };
}

function hashLayer(hash: Hash, { weight, bias, norm }: LayerParameters): void {
  const all: (FloatArray | undefined)[] = [weight, bias, norm?.gamma, norm?.beta, norm?.runningMean, norm?.runningVar];
  for (const values of all) if (values !== undefined) hash.update(bytesOf(values));
}

const ONE_NAN = 0x7fc00000;

/** The bits of float32 values, with one pattern for every NaN: processors differ in its sign and payload. */
export function bytesOf(values: FloatArray): Uint8Array {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  for (let i = 0; i < bits.length; i++) if (Number.isNaN(values[i]!)) bits[i] = ONE_NAN;
  return new Uint8Array(bits.buffer);
}
