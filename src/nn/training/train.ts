/**
 * Training as a generator: it yields a report after every epoch and receives a command. No thread, queue or clock; the same options give the
 * same bits.
 */
import type { FloatArray, Kernels } from '../kernels/kernels.ts';
import { MAX_STEPS, type TrainingAddress } from '../model/address.ts';
import { type InitialWeights, initialize } from '../model/initializers.ts';
import { type LayerParameters, readLayer } from '../model/layer.ts';
import { MemoryLimitExceeded } from '../model/memory.ts';
import type { NetworkSpec } from '../model/network.ts';
import { fillRows } from '../model/rows.ts';
import { allocateTraining, memoryOf, type TrainingArrays } from './arrays.ts';
import { applyCheckpoint, type Checkpoint, type Progress, takeCheckpoint } from './checkpoint.ts';
import { isBestEpoch, isExhausted } from './early-stopping.ts';
import {
  createSums,
  type EpochOptions,
  type EpochReport,
  type EpochSums,
  evaluate,
  reportOf,
  trainEpoch,
  validationAnswers,
} from './epochs.ts';
import { allMetrics, type Metrics, measuredMetric, type Objective } from './metrics.ts';
import type { Optimizer } from './optimizers.ts';
import { type Predictions, predictionsOf } from './predictions.ts';
import type { Schedule } from './schedules.ts';
import { drawProbe, isObserved, observe, type Signals } from './signals.ts';
import { createTrainer, type Trainer } from './trainer.ts';

export { memoryOf, type TrainingShape } from './arrays.ts';
export { type EpochReport, Interrupted } from './epochs.ts';
export type { LayerSignals, Signals } from './signals.ts';

/** The data of one fold. y has class indices (Int32Array) or targets rows×outputs. */
export interface TrainingData {
  readonly trainX: FloatArray;
  readonly trainY: Int32Array | FloatArray;
  readonly validationX: FloatArray;
  readonly validationY: Int32Array | FloatArray;
  readonly trainRows: number;
  readonly validationRows: number;
  readonly inputs: number;
  /** Number of classes or of predicted numbers. */
  readonly outputs: number;
  /** The scale of standardized targets: one unit of y in original units; else 1. */
  readonly targetScale: number;
}

export interface TrainOptions extends InitialWeights {
  readonly kernels: Kernels;
  readonly network: NetworkSpec;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly l2: number;
  readonly clipNorm?: number | undefined;
  readonly batchSize: number;
  readonly epochs: number;
  readonly data: TrainingData;
  readonly address: TrainingAddress;
  /** The metric of reports and early stopping. Default: minimize the validation loss. */
  readonly objective?: Objective | undefined;
  /**
   * Early stopping (Prechelt 1998): training ends after this many epochs without improvement, and the best epoch is restored. Default: 0, which
   * turns it off; then the last epoch counts.
   */
  readonly patience?: number | undefined;
  /** The checkpoint to resume; with otherwise the same options, the bits are those of uninterrupted training. */
  readonly resume?: Checkpoint | undefined;
  /** Limit of kernel memory in bytes: `MemoryLimitExceeded` is thrown before allocating more. */
  readonly memoryLimit?: number | undefined;
  /** Whether signals are measured. Default: true. */
  readonly signals?: boolean | undefined;
  /** Called before every step; `Interrupted` is thrown once it returns true. */
  readonly interrupted?: (() => boolean) | undefined;
}

/** After the last epoch, `pause` has no effect: training ends. */
export type TrainingCommand = 'continue' | 'stop' | 'pause';

export interface TrainingResult {
  readonly outcome: 'ended';
  /** Completed epochs; fewer than requested after `stop` or early stopping. */
  readonly epochs: number;
  readonly steps: number;
  /** Data loss of the first batch before the first update; NaN if there was none. */
  readonly initialLoss: number;
  /** The epoch of these parameters and metrics: the last one, or the best one with early stopping. */
  readonly bestEpoch: number;
  /** Whether early stopping ended it. */
  readonly stoppedEarly: boolean;
  /** On the validation rows. */
  readonly metrics: Metrics;
  /** On the same rows. */
  readonly predictions: Predictions | undefined;
  /** Dense copies, layer by layer. */
  readonly parameters: readonly LayerParameters[];
}

export interface PausedTraining {
  readonly outcome: 'paused';
  readonly checkpoint: Checkpoint;
}

/** The state of a training run. */
interface Run {
  readonly options: TrainOptions & EpochOptions;
  readonly arrays: TrainingArrays;
  readonly trainer: Trainer;
  readonly sums: EpochSums;
  readonly progress: Progress;
}

/** Uses the whole memory of the kernels, so kernels can only do one training run at a time. */
export function* train(
  options: TrainOptions,
): Generator<EpochReport, TrainingResult | PausedTraining, TrainingCommand> {
  checkOptions(options);
  const run = begin(options);
  const { arrays, trainer, sums, progress } = run;
  let stoppedEarly = false;
  while (progress.epoch < options.epochs && !stoppedEarly) {
    const before = progress.epoch === 0 ? observeLayers(run) : [];
    progress.epoch++;
    trainEpoch(trainer, arrays, run.options, progress.epoch, isObservedEpoch(run), sums);
    evaluate(trainer, arrays, sums.validation);
    if (progress.epoch === 1) progress.initialLoss = sums.firstLoss;
    const signals = [...before, ...observeLayers(run)];
    const report = reportOf(trainer, arrays, run.options, progress.epoch, sums, signals);
    stoppedEarly = hasStoppedEarly(run, report);
    const command = yield report;
    if (command === 'stop') break;
    if (command === 'pause' && progress.epoch < options.epochs && !stoppedEarly) {
      return { outcome: 'paused', checkpoint: takeCheckpoint(trainer, arrays, progress) };
    }
  }
  return resultOf(run, stoppedEarly);
}

function isObservedEpoch({ options, progress: { epoch } }: Run): boolean {
  return options.signals !== false && (epoch === 0 || isObserved(epoch, options.epochs));
}

/** Measures signals after observed epochs and before the first step. */
function observeLayers(run: Run): Signals[] {
  const { trainer, arrays, progress } = run;
  const { epoch } = progress;
  if (!isObservedEpoch(run)) return [];
  return [observe(trainer, arrays.train, arrays.probe, epoch, epoch === 0 ? undefined : arrays.previous)];
}

function begin(options: TrainOptions): Run {
  const { kernels, data, epochs, address, resume, memoryLimit = Number.POSITIVE_INFINITY } = options;
  const needed = memoryOf(kernels, options);
  if (needed > memoryLimit) throw new MemoryLimitExceeded(needed, memoryLimit);
  kernels.reset(needed);
  const arrays = allocateTraining(kernels, options);
  fillRows(kernels, arrays.train, data.trainX, data.trainY);
  fillRows(kernels, arrays.validation, data.validationX, data.validationY);
  drawProbe(arrays.probe, data.trainRows, address);
  const batchSize = Math.min(options.batchSize, data.trainRows);
  const totalSteps = epochs * Math.ceil(data.trainRows / batchSize);
  const trainer = createTrainer(arrays.trainer, { ...options, clipNorm: options.clipNorm, totalSteps });
  const progress = { epoch: 0, initialLoss: Number.NaN, best: { epoch: 0, value: Number.NaN } };
  if (resume === undefined) initialize(trainer.network, options, address);
  else applyCheckpoint(resume, trainer, arrays, progress);
  const metric = measuredMetric(options.network.loss, options.objective);
  return { options: { ...options, batchSize, metric }, arrays, trainer, sums: createSums(), progress };
}

const MIN_LOSS: Objective = { metric: 'loss', direction: 'minimize' };

/** Records the epoch if it is the best so far, and returns whether patience is exhausted. A non-finite value is never the best. */
function hasStoppedEarly({ options, trainer, arrays, progress }: Run, report: EpochReport): boolean {
  const { patience = 0, objective = MIN_LOSS, epochs } = options;
  if (patience === 0) return false;
  const { best, epoch } = progress;
  const value = objective.metric === 'loss' ? report.validationLoss : report.validationMetric;
  if (isBestEpoch(value, best, objective.direction)) {
    best.epoch = epoch;
    best.value = value;
    arrays.bestParameters.set(trainer.network.parameters);
    arrays.bestStatistics.set(trainer.network.statistics);
  }
  return isExhausted(best, epoch, patience) && epoch < epochs;
}

function resultOf({ options, trainer, arrays, sums, progress }: Run, stoppedEarly: boolean): TrainingResult {
  const { epoch, best, initialLoss } = progress;
  const { network, steps } = trainer;
  const goesBack = best.epoch > 0 && best.epoch < epoch;
  if (goesBack) {
    network.parameters.set(arrays.bestParameters);
    network.statistics.set(arrays.bestStatistics);
  }
  if (goesBack || epoch === 0) evaluate(trainer, arrays, sums.validation);
  const answers = validationAnswers(arrays, options.data, sums);
  return {
    outcome: 'ended',
    epochs: epoch,
    steps,
    initialLoss,
    bestEpoch: goesBack ? best.epoch : epoch,
    stoppedEarly,
    metrics: allMetrics(answers),
    predictions: predictionsOf(answers),
    parameters: network.layers.map((layer) => readLayer(network.kernels, layer)),
  };
}

/** Checks for errors that would otherwise be silent, since typed arrays return undefined beyond their end. */
function checkOptions({ network, data, batchSize, epochs, patience = 0 }: TrainOptions): void {
  const { sizes, loss, dropout = 0 } = network;
  const classes = loss !== 'meanSquaredError';
  const outputs = loss === 'binaryCrossEntropy' ? 1 : data.outputs;
  const expected = (rows: number) => rows * (classes ? 1 : data.outputs);
  const steps = epochs * Math.ceil(data.trainRows / batchSize);
  const checks: [boolean, string][] = [
    [
      sizes[0] === data.inputs && sizes.at(-1) === outputs,
      'the network does not have the inputs and outputs of the data',
    ],
    [loss !== 'binaryCrossEntropy' || data.outputs === 2, `${loss} needs two classes, got ${data.outputs}`],
    [data.trainX.length === data.trainRows * data.inputs, 'trainX is not trainRows×inputs'],
    [data.validationX.length === data.validationRows * data.inputs, 'validationX is not validationRows×inputs'],
    [data.trainY.length === expected(data.trainRows), 'trainY does not fit trainRows'],
    [data.validationY.length === expected(data.validationRows), 'validationY does not fit validationRows'],
    [data.trainRows > 0, 'there are no training rows'],
    [classes === data.trainY instanceof Int32Array, `trainY is not of the kind that ${loss} needs`],
    [Number.isInteger(batchSize) && batchSize > 0, `batchSize must be a whole number above 0, got ${batchSize}`],
    [Number.isInteger(epochs) && epochs >= 0, `epochs must be a whole number, got ${epochs}`],
    [Number.isInteger(patience) && patience >= 0, `patience must be a whole number, got ${patience}`],
    [dropout >= 0 && dropout < 1, `dropout must be at least 0 and below 1, got ${dropout}`],
    [dropout === 0 || steps <= MAX_STEPS, `dropout supports ${MAX_STEPS} steps, got ${steps}`],
  ];
  for (const [holds, message] of checks) if (!holds) throw new RangeError(message);
}
