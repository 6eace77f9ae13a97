/** Converts the settings of a trial to training options. */
import type { Dataset } from '../data/dataset.ts';
import type { PreparedData } from '../data/preprocess.ts';
import type { Kernels } from '../nn/kernels/kernels.ts';
import type { Loss } from '../nn/model/network.ts';
import type { Objective } from '../nn/training/metrics.ts';
import { optimizerOf } from '../nn/training/optimizers.ts';
import type { Schedule } from '../nn/training/schedules.ts';
import { memoryOf, type TrainingShape, type TrainOptions } from '../nn/training/train.ts';
import type { TrialMetric, TrialSettings, TrialTask } from './trial.ts';

/** What the size of a network depends on. */
export interface DatasetShape extends Pick<Dataset, 'task' | 'features'> {
  readonly classes: readonly string[];
}

/** What each metric of a search computes on validation rows. */
export const scoredMetrics: Readonly<Record<TrialMetric, Objective['metric']>> = {
  validationAccuracy: 'accuracy',
  validationLoss: 'loss',
  validationMacroF1: 'macroF1',
  validationRocAuc: 'rocAuc',
  validationRmse: 'rmse',
  validationMae: 'mae',
  validationR2: 'r2',
};

function lossOf({ loss }: TrialSettings, { task }: DatasetShape): Loss {
  return task === 'classification' ? loss : 'meanSquaredError';
}

/** Inputs, hidden layers and outputs: one output per class, or a single one for binary cross-entropy and regression. */
function sizesOf(settings: TrialSettings, dataset: DatasetShape): number[] {
  const outputs = lossOf(settings, dataset) === 'softmaxCrossEntropy' ? dataset.classes.length : 1;
  return [dataset.features, ...settings.hiddenUnits, outputs];
}

/** Converts schedules from epochs to steps. */
function scheduleOf(settings: TrialSettings, trainRows: number): Schedule {
  const { schedule: type, decayFactor: gamma, decayEvery, cosineFloor: floor, batchSize, warmupEpochs } = settings;
  const stepsAnEpoch = Math.ceil(trainRows / batchSize);
  const every = decayEvery * stepsAnEpoch;
  const warmup = Math.round(warmupEpochs * stepsAnEpoch);
  switch (type) {
    case 'constant':
      return { type, warmup };
    case 'step':
    case 'exponential':
      return { type, gamma, every, warmup };
    case 'cosine':
      return { type, floor, warmup };
  }
}

function shapeOf(
  settings: TrialSettings,
  dataset: DatasetShape,
  { metric, direction }: Pick<TrialTask, 'metric' | 'direction'>,
  rows: TrainingShape['data'],
): TrainingShape {
  const { activation, leakyReluSlope: slope, eluAlpha: alpha, batchNorm, dropout, batchSize, patience } = settings;
  const sizes = sizesOf(settings, dataset);
  return {
    network: { sizes, activation, slope, alpha, batchNorm, dropout, loss: lossOf(settings, dataset) },
    optimizer: optimizerOf(settings),
    batchSize,
    data: rows,
    objective: { metric: scoredMetrics[metric], direction },
    patience,
  };
}

/** Bytes of kernel memory that a trial with these settings needs for the given rows. */
export function trialMemory(
  kernels: Kernels,
  settings: TrialSettings,
  dataset: DatasetShape,
  objective: Pick<TrialTask, 'metric' | 'direction'>,
  rows: TrainingShape['data'],
): number {
  return memoryOf(kernels, shapeOf(settings, dataset, objective, rows));
}

export function trainOptions(task: TrialTask, data: PreparedData, fold: number, kernels: Kernels): TrainOptions {
  const { settings, dataset, seed, trial } = task;
  const { initializer, weightDistribution, smallNormalDeviation, l2, clipNorm, epochs } = settings;
  return {
    ...shapeOf(settings, dataset, task, data),
    kernels,
    initializer,
    weightDistribution,
    smallNormalDeviation,
    schedule: scheduleOf(settings, data.trainRows),
    l2,
    clipNorm: clipNorm > 0 ? clipNorm : undefined,
    epochs,
    data,
    address: { seed, trial, fold },
  };
}
