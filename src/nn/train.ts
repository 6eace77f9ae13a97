/**
 * Training as a generator: it yields a report after every epoch and is told whether to go on. It knows no thread, no queue
 * and no clock; the same options give the same bits.
 */
import { randomAt } from '../random.ts';
import { type Initializer, initialize, type TrainingAddress } from './initializers.ts';
import type { FloatArray, Kernels } from './kernels.ts';
import { accuracy, clearTotals, meanLoss, rmse, type Totals } from './metrics.ts';
import type { LayerParameters, NetworkSpec } from './network.ts';
import type { Optimizer } from './optimizers.ts';
import type { Schedule } from './schedules.ts';
import { createTrainer, evaluateRows, regularizationLoss, step, type Trainer } from './trainer.ts';

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
  /** The parameters at the end, layer by layer: views into the network, valid until its kernels are used again. */
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

/** The sums of one epoch, filled again and again. */
interface EpochSums {
  readonly train: Totals;
  readonly validation: Totals;
  firstLoss: number;
  gradientNorm: number;
}

export function* train(options: TrainOptions): Generator<EpochReport, TrainingResult, Verdict> {
  checkOptions(options);
  const { data, epochs, address } = options;
  const batchSize = Math.min(options.batchSize, data.trainRows);
  const trainer = createTrainer({
    ...options,
    clipNorm: options.clipNorm,
    maxRows: Math.max(batchSize, EVALUATION_ROWS),
    totalSteps: epochs * Math.ceil(data.trainRows / batchSize),
  });
  initialize(trainer.network, options.initializer, address);
  const validationOrder = Uint32Array.from({ length: data.validationRows }, (_, i) => i);
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
    const order = randomAt({ ...address, purpose: 'shuffle', epoch }).permutation(data.trainRows);
    trainEpoch(trainer, options, order, batchSize, sums);
    evaluate(trainer, data, validationOrder, sums.validation);
    if (epoch === 1) initialLoss = sums.firstLoss;
    const verdict = yield reportOf(trainer, options, epoch, sums);
    if (verdict === 'stop') break;
  }
  const parameters = trainer.network.layers.map((layer) => layer.parameters);
  return { epochs: epoch, steps: trainer.steps, initialLoss, parameters };
}

/** What would otherwise go wrong silently: typed arrays read as undefined beyond their end. */
function checkOptions({ network, data, batchSize, epochs }: TrainOptions): void {
  const { sizes, loss } = network;
  const classes = loss === 'softmaxCrossEntropy';
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
  { data, interrupted }: TrainOptions,
  order: Uint32Array,
  batchSize: number,
  sums: EpochSums,
): void {
  const { last } = trainer;
  const rows = { x: data.trainX, y: data.trainY };
  clearTotals(sums.train);
  sums.gradientNorm = 0;
  for (let start = 0; start < order.length; start += batchSize) {
    if (interrupted?.()) throw new Interrupted();
    step(trainer, rows, order, start, Math.min(batchSize, order.length - start));
    if (start === 0) sums.firstLoss = last.dataLoss;
    sums.train.rows += last.rows;
    sums.train.loss += last.dataLoss * last.rows;
    sums.train.correct += last.correct;
    sums.gradientNorm = Math.max(sums.gradientNorm, last.gradientNorm); // NaN wins over any number
  }
}

function evaluate(trainer: Trainer, data: TrainingData, order: Uint32Array, totals: Totals): void {
  const rows = { x: data.validationX, y: data.validationY };
  clearTotals(totals);
  for (let start = 0; start < order.length; start += EVALUATION_ROWS) {
    evaluateRows(trainer, rows, order, start, Math.min(EVALUATION_ROWS, order.length - start), totals);
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
