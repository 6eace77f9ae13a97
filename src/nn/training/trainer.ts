/**
 * One training step and its buffers. The caller decides the batches (seeded epochs in train.ts, given lists in golden.ts). A step does not
 * allocate.
 */

import type { FloatArray, Kernels } from '../kernels/kernels.ts';
import type { TrainingAddress } from '../model/address.ts';
import { backward, createNetwork, drawMasks, forward, type Network, type NetworkSpec } from '../model/network.ts';
import { type Rows, takesLabels } from '../model/rows.ts';
import type { Totals } from './metrics.ts';
import { createMemory, type Optimizer, type OptimizerMemory, update } from './optimizers.ts';
import { type Schedule, scheduleFactor } from './schedules.ts';

/** What the memory of a trainer and its dropout masks depend on. */
export interface TrainerShape {
  readonly network: NetworkSpec;
  readonly optimizer: Optimizer;
  /** The most rows of a step or an evaluation chunk. */
  readonly maxRows: number;
  readonly address?: TrainingAddress | undefined;
}

export interface TrainerOptions {
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  /** Adds ½·l2·Σ weight² (dense weights only) to the loss. */
  readonly l2: number;
  /** Gradients with a larger Euclidean norm are scaled down to it. */
  readonly clipNorm: number | undefined;
  /** Steps of the whole training: the length of a cosine schedule. */
  readonly totalSteps: number;
}

/** Measurements of the last step before its update; the object is reused. */
export interface StepRecord {
  rows: number;
  /** Mean over the batch. */
  dataLoss: number;
  regularizationLoss: number;
  /** Euclidean, over all parameters, before clipping. */
  gradientNorm: number;
  learningRate: number;
  /** Correct rows; 0 for regression. */
  correct: number;
}

/** The kernel memory of a trainer. */
export interface TrainerArrays {
  readonly network: Network;
  readonly memory: OptimizerMemory;
  readonly batchX: FloatArray;
  /** Used if the loss takes class indices. */
  readonly batchLabels: Int32Array;
  /** Used if the loss takes targets. */
  readonly batchTargets: FloatArray;
}

export interface Trainer extends TrainerArrays {
  readonly options: TrainerOptions;
  readonly last: StepRecord;
  /** Updates done so far. */
  steps: number;
}

export function allocateTrainer(kernels: Kernels, shape: TrainerShape): TrainerArrays {
  const { network: spec, optimizer, maxRows, address } = shape;
  const network = createNetwork(kernels, spec, maxRows, address);
  const labels = takesLabels(spec.loss);
  return {
    network,
    memory: createMemory(kernels, optimizer, network.parameterLength),
    batchX: kernels.allocateMatrix(maxRows, network.inputs),
    batchLabels: kernels.allocateIntegers(labels ? maxRows : 0),
    batchTargets: kernels.allocateMatrix(labels ? 0 : maxRows, network.outputs),
  };
}

export function createTrainer(arrays: TrainerArrays, options: TrainerOptions): Trainer {
  return {
    ...arrays,
    options,
    last: { rows: 0, dataLoss: 0, regularizationLoss: 0, gradientNorm: 0, learningRate: 0, correct: 0 },
    steps: 0,
  };
}

function gatherBatch(trainer: Trainer, { x, y }: Rows, order: Int32Array, start: number, count: number): void {
  const { network, batchX, batchLabels, batchTargets } = trainer;
  const { kernels } = network;
  kernels.gather(x, order, start, batchX, count, network.inputs);
  if (y instanceof Int32Array) kernels.gatherIntegers(y, order, start, batchLabels, count);
  else kernels.gather(y, order, start, batchTargets, count, network.outputs);
}

/** The mean loss of `outputs` on the gathered batch; writes its gradient to `network.dOutputs`. */
function lossOf({ network, batchLabels, batchTargets }: Trainer, outputs: FloatArray, rows: number): number {
  const { spec, kernels, dOutputs, outputs: C } = network;
  switch (spec.loss) {
    case 'softmaxCrossEntropy':
      return kernels.softmaxCrossEntropy(outputs, batchLabels, dOutputs, rows, C);
    case 'binaryCrossEntropy':
      return kernels.binaryCrossEntropy(outputs, batchTargets, dOutputs, rows, C);
    case 'meanSquaredError':
      return kernels.meanSquaredError(outputs, batchTargets, dOutputs, rows, C);
  }
}

/** Rows whose outputs all have the right sign: above 0 if the target is above ½. NaN is never right. */
function countOnSide({ network, batchTargets }: Trainer, outputs: FloatArray, rows: number): number {
  const { kernels, outputs: C } = network;
  const stride = kernels.stride(C);
  let correct = 0;
  for (let i = 0; i < rows; i++) {
    let right = true;
    for (let p = i * stride; p < i * stride + C; p++) {
      right &&= batchTargets[p]! > 0.5 ? outputs[p]! > 0 : outputs[p]! <= 0;
    }
    if (right) correct++;
  }
  return correct;
}

/** Correct rows of the gathered batch; 0 for regression. */
function correctOf(trainer: Trainer, outputs: FloatArray, rows: number): number {
  const { spec, kernels, outputs: C } = trainer.network;
  switch (spec.loss) {
    case 'softmaxCrossEntropy':
      return kernels.countCorrect(outputs, trainer.batchLabels, rows, C);
    case 'binaryCrossEntropy':
      return countOnSide(trainer, outputs, rows);
    case 'meanSquaredError':
      return 0;
  }
}

/** ½·l2·Σ weight² over the current dense weights. */
export function regularizationLoss({ network, options }: Trainer): number {
  if (options.l2 === 0) return 0;
  let sum = 0;
  for (let l = 0; l < network.layers.length; l++) {
    const { weight } = network.layers[l]!.parameters;
    sum += network.kernels.sumOfSquares(weight, weight.length);
  }
  return 0.5 * options.l2 * sum;
}

/** Adds l2·weight, the gradient of ½·l2·Σ weight². */
function regularize({ network, options }: Trainer): void {
  if (options.l2 === 0) return;
  for (let l = 0; l < network.layers.length; l++) {
    const { parameters, gradients } = network.layers[l]!;
    network.kernels.addScaled(parameters.weight, options.l2, gradients.weight, parameters.weight.length);
  }
}

/**
 * Computes the gradient at the `count` rows `order[start]`, … of `data`, and sets `trainer.last`. A non-finite loss is recorded like any other;
 * the caller handles it.
 */
export function computeGradient(trainer: Trainer, data: Rows, order: Int32Array, start: number, count: number): void {
  const { network, options, last } = trainer;
  const { kernels, gradients } = network;
  gatherBatch(trainer, data, order, start, count);
  drawMasks(network, trainer.steps, count);
  const outputs = forward(network, trainer.batchX, count, 'train');
  last.rows = count;
  last.dataLoss = lossOf(trainer, outputs, count);
  last.correct = correctOf(trainer, outputs, count);
  last.regularizationLoss = regularizationLoss(trainer);
  backward(network, trainer.batchX, count);
  regularize(trainer);
  last.gradientNorm = Math.sqrt(kernels.sumOfSquares(gradients, gradients.length));
  last.learningRate =
    options.optimizer.learningRate * scheduleFactor(options.schedule, trainer.steps, options.totalSteps);
}

/** Updates along that gradient, clipped to `clipNorm` (Pascanu, Mikolov & Bengio 2013). */
export function applyGradient(trainer: Trainer): void {
  const { network, options, memory, last } = trainer;
  const { gradients, kernels } = network;
  if (options.clipNorm !== undefined && last.gradientNorm > options.clipNorm) {
    kernels.scale(gradients, options.clipNorm / last.gradientNorm, gradients.length);
  }
  trainer.steps++;
  update(network, options.optimizer, memory, last.learningRate, trainer.steps);
}

/** One training step: gradient and update. */
export function step(trainer: Trainer, data: Rows, order: Int32Array, start: number, count: number): void {
  computeGradient(trainer, data, order, start, count);
  applyGradient(trainer);
}

/** Adds the loss and the number of correct rows of `count` rows, in evaluation mode, to `totals`. Does not change parameters or statistics. */
export function evaluateRows(
  trainer: Trainer,
  data: Rows,
  order: Int32Array,
  start: number,
  count: number,
  totals: Totals,
): void {
  gatherBatch(trainer, data, order, start, count);
  const outputs = forward(trainer.network, trainer.batchX, count, 'evaluate');
  totals.rows += count;
  totals.loss += lossOf(trainer, outputs, count) * count;
  totals.correct += correctOf(trainer, outputs, count);
}
