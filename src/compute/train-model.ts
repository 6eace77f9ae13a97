/** Makes the model of a trial by computing the trial again, or by training its settings on all rows. */
import type { InputColumn } from '../data/columns.ts';
import { countFolds, foldsOf, learningRowsOf } from '../data/folds.ts';
import { prepare } from '../data/preprocess.ts';
import type { CsvReading } from '../data/reading.ts';
import { encodeLayer, modelColumns, modelReading } from '../models/encode.ts';
import { type Member, MODEL_FORMAT, type Model } from '../models/model.ts';
import { constantOf, type Loss } from '../nn/model/network.ts';
import { type EpochReport, train } from '../nn/training/train.ts';
import { type NamedKernels, type RunConditions, type TrainedFold, updateOf } from './fold-run.ts';
import type { KernelsFamily } from './kernels-names.ts';
import { outOfFold, type PredictedRows, predictTestRows } from './out-of-fold.ts';
import type { EpochUpdate, RunOptions, TrialResult, TrialTask } from './trial.ts';
import { trainOptions } from './trial-options.ts';
import { runTrial, type Untimed } from './trial-run.ts';

export interface ModelTask {
  /** Without `pauseAfter` and `resume`. */
  readonly task: TrialTask;
  /** How the data set was read: `readCsv` of its file gives the columns. */
  readonly columns: readonly InputColumn[];
  readonly reading: CsvReading;
  /** Predict every fold's validation rows, for ensembles; not for a refit. */
  readonly predictsOutOfFold?: boolean;
  /** Trains one network on all of `rows` (by default every row that is not a test row) instead of one per fold. */
  readonly refit?: { readonly epochs: number; readonly rows?: Uint32Array | undefined } | undefined;
}

export interface TrainedModel {
  readonly model: Model;
  /** The trial's result, to compare its hash with the stored one; undefined for a refit. */
  readonly result: Untimed<TrialResult> | undefined;
  /** If it was asked for. */
  readonly outOfFold?: PredictedRows;
  /** If the search has test rows and no rows were given. */
  readonly test?: PredictedRows | undefined;
}

/** Makes models in a thread. */
export interface ModelMaker {
  /** With kernels of the given family. Rejects with `NoModel` if training diverges. */
  makeModel(model: ModelTask, kernels: KernelsFamily, options?: RunOptions): Promise<TrainedModel>;
}

/** A trial that has no model; retrying cannot help. */
export class NoModel extends Error {}

/**
 * Yields an update after every epoch, like `runTrial`. The model has the parameters that the trial's value comes from: the best epoch of every
 * fold with early stopping, else the last one. Throws `NoModel` if training diverges.
 */
export function* trainModel(
  model: ModelTask,
  kernels: NamedKernels,
  conditions: RunConditions,
): Generator<EpochUpdate, TrainedModel, 'continue' | 'stop'> {
  const { task, refit } = model;
  if (refit !== undefined) {
    const made = yield* refitted(model, refit, kernels, conditions);
    // Rows of the caller's choice may be test rows.
    return { model: made, result: undefined, test: refit.rows === undefined ? predictTestRows(task, made) : undefined };
  }
  const folds: TrainedFold[] = [];
  const onTrained = (fold: TrainedFold) => {
    folds.push(fold);
    conditions.onTrained?.(fold);
  };
  const result = yield* runTrial(task, kernels, { ...conditions, onTrained });
  if (result.outcome === 'paused') throw new Error('a model needs a trial that was not asked to pause');
  if (result.outcome === 'diverged') throw new NoModel(`trial ${task.trial} has no model: ${result.reason}`);
  const members = folds.map((fold) => memberOf(model, kernels, fold, { fold: fold.fold, weight: 1 / folds.length }));
  const splits = foldsOf(task.dataset, task.validation, task.seed, task.split);
  const trained = new Set(splits.flatMap(({ trainRows }) => [...trainRows]));
  const made = modelOf(model, members, trained);
  const test = predictTestRows(task, made);
  return { model: made, result, test, ...(model.predictsOutOfFold && { outOfFold: outOfFold(task, made) }) };
}

/**
 * Trains on all rows for a number of epochs. The learning rate follows the trial's schedule, which is as long as the trial would have been.
 * Losses in updates are those of training rows: nothing is left to validate with.
 */
function* refitted(
  model: ModelTask,
  { epochs, rows }: NonNullable<ModelTask['refit']>,
  { kernels, name }: NamedKernels,
  conditions: RunConditions,
): Generator<EpochUpdate, Model, 'continue' | 'stop'> {
  const { task } = model;
  const { dataset, validation, trial } = task;
  const trainRows = rows ?? learningRowsOf(dataset, validation, task.seed);
  if (!(Number.isInteger(epochs) && epochs > 0))
    throw new RangeError(`epochs must be a whole number above 0, got ${epochs}`);
  const settings = { ...task.settings, epochs: Math.max(epochs, task.settings.epochs), patience: 0 };
  const data = prepare(dataset, { trainRows, validationRows: trainRows.subarray(0, 1) }, settings.preprocessing);
  const fold = countFolds(validation); // random numbers that no fold has used
  const options = { ...trainOptions({ ...task, settings }, data, fold, kernels), ...conditions, signals: false };
  const training = train(options);
  let first: EpochReport | undefined;
  let next = training.next();
  while (!next.done) {
    const report = next.value;
    first ??= report;
    if (!Number.isFinite(report.trainLoss)) {
      throw new NoModel(`trial ${trial} has no model: the loss was not finite in epoch ${report.epoch} on all rows`);
    }
    const command = yield { ...updateOf(report, fold, first), found: [] };
    next = training.next(report.epoch >= epochs ? 'stop' : command);
  }
  if (next.value.outcome === 'paused') throw new Error('a refit does not pause');
  const { parameters, bestEpoch } = next.value;
  const trained = { fold, epoch: bestEpoch, network: options.network, layers: parameters, data };
  conditions.onTrained?.(trained);
  return modelOf(model, [memberOf(model, { name, kernels }, trained, { fold: null, weight: 1 })], trainRows);
}

const outputsOf: Readonly<Record<Loss, Member['outputs']>> = {
  softmaxCrossEntropy: 'softmax',
  binaryCrossEntropy: 'sigmoid',
  meanSquaredError: 'value',
};

function memberOf(
  { task }: ModelTask,
  { name }: NamedKernels,
  { network, layers, data, epoch }: TrainedFold,
  { fold, weight }: Pick<Member, 'fold' | 'weight'>,
): Member {
  const { fill, offset, scale } = data.scaling;
  const last = layers.length - 1;
  const constant = constantOf(network);
  return {
    weight,
    trial: task.trial,
    fold,
    epoch,
    kernels: name as KernelsFamily,
    outputs: outputsOf[network.loss],
    preprocessing: {
      kind: task.settings.preprocessing,
      fill: Array.from(fill),
      offset: Array.from(offset),
      scale: Array.from(scale),
    },
    target: { offset: data.targetOffset, scale: data.targetScale },
    layers: layers.map((layer, l) =>
      encodeLayer(layer, network.sizes[l]!, l < last ? network.activation : 'linear', constant),
    ),
  };
}

function modelOf({ task, columns, reading }: ModelTask, members: readonly Member[], rows: Iterable<number>): Model {
  const { dataset } = task;
  return {
    format: MODEL_FORMAT,
    task: dataset.task,
    target: dataset.targetName,
    classes: dataset.classes,
    dataset: { name: dataset.name, hash: dataset.hash },
    reading: modelReading(reading),
    columns: modelColumns(columns, dataset.x, dataset.features, rows),
    members,
  };
}
