/** One epoch of training: steps, evaluation and report. */
import { wordsOf } from '../../random.ts';
import type { TrainingAddress } from '../model/address.ts';
import { keepOutputs } from '../model/network.ts';
import { EVALUATION_ROWS, type TrainingArrays } from './arrays.ts';
import { type Answers, clearTotals, type Metric, meanLoss, measure, needsOutputs, type Totals } from './metrics.ts';
import type { Signals } from './signals.ts';
import { evaluateRows, regularizationLoss, step, type Trainer } from './trainer.ts';

/**
 * Losses are means of the data loss over rows, without regularization. The training loss is the mean over the batches of the epoch, each
 * before its update and in training mode, so early in training it lags behind the network at the end of the epoch. Metrics are in the units of
 * the target; the training metric uses the outputs that each row got with its batch.
 */
export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  readonly trainLoss: number;
  readonly trainMetric: number;
  readonly validationLoss: number;
  readonly validationMetric: number;
  /** ½·l2·Σ weight² at the end of the epoch. */
  readonly regularizationLoss: number;
  /** Learning rate of the last step. */
  readonly learningRate: number;
  /** The largest gradient norm of a step, before clipping; NaN if any was NaN. */
  readonly gradientNorm: number;
  /** The largest data loss of a batch and its step, from 1; the first NaN if there is any. */
  readonly peakLoss: number;
  readonly peakStep: number;
  /** Signals measured in this epoch: at most once, in the first also before its first step. */
  readonly signals: readonly Signals[];
  /** Data loss of the first batch before its update: in epoch 1, the initial loss. */
  readonly firstLoss: number;
}

/** Sums of an epoch; the object is reused. */
export interface EpochSums {
  readonly train: Totals;
  readonly validation: Totals;
  firstLoss: number;
  gradientNorm: number;
  peakLoss: number;
  peakStep: number;
}

export function createSums(): EpochSums {
  return {
    train: { rows: 0, loss: 0, correct: 0 },
    validation: { rows: 0, loss: 0, correct: 0 },
    firstLoss: Number.NaN,
    gradientNorm: 0,
    peakLoss: Number.NEGATIVE_INFINITY,
    peakStep: 0,
  };
}

/** The data for the metrics: dense, class indices or targets. */
export interface Truth {
  readonly trainY: Answers['y'];
  readonly validationY: Answers['y'];
  readonly targetScale: number;
}

export interface EpochOptions {
  readonly address: TrainingAddress;
  readonly batchSize: number;
  readonly metric: Metric;
  readonly data: Truth;
  readonly interrupted?: (() => boolean) | undefined;
}

/** Thrown when `interrupted` returns true. */
export class Interrupted extends Error {
  constructor() {
    super('training was interrupted');
    this.name = 'Interrupted';
  }
}

/** Trains on all rows once, in an order specific to the epoch; the last batch may be smaller. If the epoch is observed, `previous` keeps the parameters before its last step. */
export function trainEpoch(
  trainer: Trainer,
  { train: rows, order, trainOutputs, previous }: TrainingArrays,
  { address, batchSize, metric, interrupted }: EpochOptions,
  epoch: number,
  observed: boolean,
  sums: EpochSums,
): void {
  const { last, network } = trainer;
  const keep = needsOutputs(metric);
  network.kernels.shuffle(order, rows.count, wordsOf({ ...address, purpose: 'shuffle', epoch }));
  clearTotals(sums.train);
  sums.gradientNorm = 0;
  sums.peakLoss = Number.NEGATIVE_INFINITY;
  for (let start = 0; start < rows.count; start += batchSize) {
    if (interrupted?.()) throw new Interrupted();
    if (observed && start + batchSize >= rows.count) previous.set(network.parameters);
    step(trainer, rows, order, start, Math.min(batchSize, rows.count - start));
    if (keep) keepOutputs(network, order, start, last.rows, trainOutputs);
    if (start === 0) sums.firstLoss = last.dataLoss;
    if (!(last.dataLoss <= sums.peakLoss) && !Number.isNaN(sums.peakLoss)) {
      sums.peakLoss = last.dataLoss;
      sums.peakStep = start / batchSize + 1;
    }
    sums.train.rows += last.rows;
    sums.train.loss += last.dataLoss * last.rows;
    sums.train.correct += last.correct;
    sums.gradientNorm = Math.max(sums.gradientNorm, last.gradientNorm); // NaN propagates
  }
}

/** Evaluates the validation rows, without changing parameters or statistics. */
export function evaluate(trainer: Trainer, arrays: TrainingArrays, totals: Totals): void {
  const { validation: rows, validationOrder: order, validationOutputs } = arrays;
  clearTotals(totals);
  for (let start = 0; start < rows.count; start += EVALUATION_ROWS) {
    const count = Math.min(EVALUATION_ROWS, rows.count - start);
    evaluateRows(trainer, rows, order, start, count, totals);
    keepOutputs(trainer.network, order, start, count, validationOutputs);
  }
}

/** The results of the last evaluation. */
export function validationAnswers(
  { validationOutputs: outputs }: TrainingArrays,
  data: Truth,
  sums: EpochSums,
): Answers {
  return { totals: sums.validation, outputs, y: data.validationY, targetScale: data.targetScale };
}

export function reportOf(
  trainer: Trainer,
  arrays: TrainingArrays,
  { metric, data }: EpochOptions,
  epoch: number,
  sums: EpochSums,
  signals: readonly Signals[],
): EpochReport {
  const { targetScale } = data;
  const answers = { totals: sums.train, outputs: arrays.trainOutputs, y: data.trainY, targetScale };
  return {
    epoch,
    trainLoss: meanLoss(sums.train),
    trainMetric: measure(metric, answers),
    validationLoss: meanLoss(sums.validation),
    validationMetric: measure(metric, validationAnswers(arrays, data, sums)),
    regularizationLoss: regularizationLoss(trainer),
    learningRate: trainer.last.learningRate,
    gradientNorm: sums.gradientNorm,
    peakLoss: sums.peakLoss,
    peakStep: sums.peakStep,
    signals,
    firstLoss: sums.firstLoss,
  };
}
