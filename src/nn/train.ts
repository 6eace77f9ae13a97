/**
 * Training as a generator: it yields a report after every epoch and is told whether to go on. It knows no thread, no queue
 * and no clock; the same options give the same bits.
 */
import { randomAt } from '../random.ts';
import { type Initializer, initialize, type TrainingAddress } from './initializers.ts';
import type { FloatArray, Kernels } from './kernels.ts';
import { bytesFor } from './memory.ts';
import { accuracy, clearTotals, meanLoss, rmse, type Totals } from './metrics.ts';
import { type LayerParameters, type NetworkSpec, readLayer } from './network.ts';
import type { Optimizer } from './optimizers.ts';
import { allocateOrder, allocateRows, fillRows, type Rows, takesLabels } from './rows.ts';
import type { Schedule } from './schedules.ts';
import {
  allocateTrainer,
  createTrainer,
  evaluateRows,
  regularizationLoss,
  step,
  type Trainer,
  type TrainerArrays,
} from './trainer.ts';

/** One fold, ready for training. y holds class indices (Int32Array), or targets rows×outputs. */
export interface TrainingData {
  readonly trainX: FloatArray;
  readonly trainY: Int32Array | FloatArray;
  readonly validationX: FloatArray;
  readonly validationY: Int32Array | FloatArray;
  readonly trainRows: number;
  readonly validationRows: number;
  readonly inputs: number;
  /** Classes, or numbers to predict. */
  readonly outputs: number;
  /** How many of the target's own units one unit of y stands for, where targets were standardized; else 1. */
  readonly targetScale: number;
}

export interface TrainOptions {
  readonly kernels: Kernels;
  readonly network: NetworkSpec;
  readonly initializer: Initializer;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly l2: number;
  readonly clipNorm?: number | undefined;
  readonly batchSize: number;
  readonly epochs: number;
  readonly data: TrainingData;
  readonly address: TrainingAddress;
  /** Asked before every step; once it says true, `Interrupted` is thrown. */
  readonly interrupted?: (() => boolean) | undefined;
}

/**
 * Losses are means over rows of the data loss alone. Those of training are running means over the epoch's batches, each seen
 * before its update and in training mode: at the start of training they lag behind what the network can do at the epoch's end.
 * The metric is accuracy for classes, and for regression the root mean squared error in the target's own units.
 */
export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  readonly trainLoss: number;
  readonly trainMetric: number;
  readonly validationLoss: number;
  readonly validationMetric: number;
  /** ½·l2·Σ weight² at the epoch's end. */
  readonly regularizationLoss: number;
  /** Of the epoch's last step. */
  readonly learningRate: number;
  /** The greatest norm of a step's gradient in this epoch, before clipping; NaN once any was. */
  readonly gradientNorm: number;
  /** Data loss of the epoch's first batch, before its update: in epoch 1, the loss before anything was learned. */
  readonly firstLoss: number;
}

export type Verdict = 'continue' | 'stop';

export interface TrainingResult {
  /** Epochs done: fewer than asked for after a `stop`. */
  readonly epochs: number;
  readonly steps: number;
  /** Data loss of the first batch before the first update; NaN where there was none. */
  readonly initialLoss: number;
  /** The parameters at the end, layer by layer: dense copies. */
  readonly parameters: readonly LayerParameters[];
}

/** Thrown out of `train` when `interrupted` says so. */
export class Interrupted extends Error {
  constructor() {
    super('training was interrupted');
    this.name = 'Interrupted';
  }
}

/** Rows evaluated at once; fixed, so that how a sum is split does not depend on the batch size. */
const EVALUATION_ROWS = 256;

/** What decides how much memory a training run takes. */
export interface TrainingShape {
  readonly network: NetworkSpec;
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  readonly data: Pick<TrainingData, 'trainRows' | 'validationRows'>;
}

/** Everything of a training run that takes memory of the kernels. */
interface TrainingArrays {
  readonly trainer: TrainerArrays;
  readonly train: Rows;
  readonly validation: Rows;
  /** The training rows in the order of the epoch. */
  readonly order: Int32Array;
  /** 0, 1, 2, … */
  readonly validationOrder: Int32Array;
}

function allocate(kernels: Kernels, { network, optimizer, batchSize, data }: TrainingShape): TrainingArrays {
  const { trainRows, validationRows } = data;
  const { sizes, loss } = network;
  const [inputs, outputs] = [sizes[0]!, sizes.at(-1)!];
  const maxRows = Math.max(Math.min(batchSize, trainRows), EVALUATION_ROWS);
  return {
    trainer: allocateTrainer(kernels, { network, optimizer, maxRows }),
    train: allocateRows(kernels, trainRows, inputs, outputs, loss),
    validation: allocateRows(kernels, validationRows, inputs, outputs, loss),
    order: allocateOrder(kernels, trainRows),
    validationOrder: allocateOrder(kernels, validationRows),
  };
}

/** Bytes of the kernels' memory that such a training run will take. */
export function memoryOf(kernels: Kernels, shape: TrainingShape): number {
  return bytesFor(kernels, (counting) => allocate(counting, shape));
}

/** The sums of one epoch, filled again and again. */
interface EpochSums {
  readonly train: Totals;
  readonly validation: Totals;
  firstLoss: number;
  gradientNorm: number;
}

/** Takes the whole memory of its kernels: they serve one training run at a time. */
export function* train(options: TrainOptions): Generator<EpochReport, TrainingResult, Verdict> {
  checkOptions(options);
  const { kernels, data, epochs, address } = options;
  kernels.reset(memoryOf(kernels, options));
  const arrays = allocate(kernels, options);
  fillRows(kernels, arrays.train, data.trainX, data.trainY);
  fillRows(kernels, arrays.validation, data.validationX, data.validationY);
  const batchSize = Math.min(options.batchSize, data.trainRows);
  const trainer = createTrainer(arrays.trainer, {
    ...options,
    clipNorm: options.clipNorm,
    totalSteps: epochs * Math.ceil(data.trainRows / batchSize),
  });
  initialize(trainer.network, options.initializer, address);
  const sums: EpochSums = {
    train: { rows: 0, loss: 0, correct: 0 },
    validation: { rows: 0, loss: 0, correct: 0 },
    firstLoss: Number.NaN,
    gradientNorm: 0,
  };
  let initialLoss = Number.NaN;
  let epoch = 0;
  while (epoch < epochs) {
    epoch++;
    arrays.order.set(randomAt({ ...address, purpose: 'shuffle', epoch }).permutation(data.trainRows));
    trainEpoch(trainer, arrays, options, batchSize, sums);
    evaluate(trainer, arrays, sums.validation);
    if (epoch === 1) initialLoss = sums.firstLoss;
    const verdict = yield reportOf(trainer, options, epoch, sums);
    if (verdict === 'stop') break;
  }
  const parameters = trainer.network.layers.map((layer) => readLayer(trainer.network, layer));
  return { epochs: epoch, steps: trainer.steps, initialLoss, parameters };
}

/** What would otherwise go wrong silently: typed arrays read as undefined beyond their end. */
function checkOptions({ network, data, batchSize, epochs }: TrainOptions): void {
  const { sizes, loss } = network;
  const classes = takesLabels(loss);
  const expected = (rows: number) => rows * (classes ? 1 : data.outputs);
  const checks: [boolean, string][] = [
    [
      sizes[0] === data.inputs && sizes.at(-1) === data.outputs,
      'the network does not have the inputs and outputs of the data',
    ],
    [data.trainX.length === data.trainRows * data.inputs, 'trainX is not trainRows×inputs'],
    [data.validationX.length === data.validationRows * data.inputs, 'validationX is not validationRows×inputs'],
    [data.trainY.length === expected(data.trainRows), 'trainY does not fit trainRows'],
    [data.validationY.length === expected(data.validationRows), 'validationY does not fit validationRows'],
    [data.trainRows > 0, 'there are no training rows'],
    [classes === data.trainY instanceof Int32Array, `trainY is not of the kind that ${loss} needs`],
    [Number.isInteger(batchSize) && batchSize > 0, `batchSize must be a whole number above 0, got ${batchSize}`],
    [Number.isInteger(epochs) && epochs >= 0, `epochs must be a whole number, got ${epochs}`],
  ];
  for (const [holds, fault] of checks) if (!holds) throw new RangeError(fault);
}

/** All training rows once, in `order`, the last batch ragged. */
function trainEpoch(
  trainer: Trainer,
  { train: rows, order }: TrainingArrays,
  { interrupted }: TrainOptions,
  batchSize: number,
  sums: EpochSums,
): void {
  const { last } = trainer;
  clearTotals(sums.train);
  sums.gradientNorm = 0;
  for (let start = 0; start < rows.count; start += batchSize) {
    if (interrupted?.()) throw new Interrupted();
    step(trainer, rows, order, start, Math.min(batchSize, rows.count - start));
    if (start === 0) sums.firstLoss = last.dataLoss;
    sums.train.rows += last.rows;
    sums.train.loss += last.dataLoss * last.rows;
    sums.train.correct += last.correct;
    sums.gradientNorm = Math.max(sums.gradientNorm, last.gradientNorm); // NaN wins over any number
  }
}

function evaluate(trainer: Trainer, { validation: rows, validationOrder }: TrainingArrays, totals: Totals): void {
  clearTotals(totals);
  for (let start = 0; start < rows.count; start += EVALUATION_ROWS) {
    evaluateRows(trainer, rows, validationOrder, start, Math.min(EVALUATION_ROWS, rows.count - start), totals);
  }
}

function reportOf(trainer: Trainer, { network, data }: TrainOptions, epoch: number, sums: EpochSums): EpochReport {
  const metric = (totals: Totals) =>
    network.loss === 'softmaxCrossEntropy' ? accuracy(totals) : rmse(totals, data.targetScale);
  return {
    epoch,
    trainLoss: meanLoss(sums.train),
    trainMetric: metric(sums.train),
    validationLoss: meanLoss(sums.validation),
    validationMetric: metric(sums.validation),
    regularizationLoss: regularizationLoss(trainer),
    learningRate: trainer.last.learningRate,
    gradientNorm: sums.gradientNorm,
    firstLoss: sums.firstLoss,
  };
}
