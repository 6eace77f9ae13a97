/**
 * A fully connected network: hidden layers are dense → batch norm (optional) → activation → dropout (optional); the last layer is only dense. A
 * maxout unit is the maximum of MAXOUT_PIECES adjacent columns of its dense layer. All memory is allocated once for batches of up to `maxRows`
 * rows; forward and backward do not allocate.
 */

import { type FloatArray, type Kernels, MAXOUT_PIECES } from '../kernels/kernels.ts';
import type { Activation } from './activations.ts';
import type { TrainingAddress } from './address.ts';
import { createLayer, type Layer, placesOf } from './layer.ts';
import { createLayout, matrix, type Place, readDense } from './layout.ts';

export type Loss = 'softmaxCrossEntropy' | 'binaryCrossEntropy' | 'meanSquaredError';

export interface NetworkSpec {
  /** Inputs, the units of every hidden layer, outputs: at least two numbers. */
  readonly sizes: readonly number[];
  readonly activation: Activation;
  /** Slope of leakyRelu below 0. Default: 0.01. */
  readonly slope?: number | undefined;
  /** α of elu, whose limit for negative inputs is −α. Default: 1. */
  readonly alpha?: number | undefined;
  readonly batchNorm: boolean;
  /** Dropout rate of hidden layers, below 1. Default: 0. */
  readonly dropout?: number | undefined;
  readonly loss: Loss;
}

export interface Network {
  readonly spec: NetworkSpec;
  readonly kernels: Kernels;
  readonly maxRows: number;
  readonly inputs: number;
  readonly outputs: number;
  /** The slope or α of the activation; other activations ignore it. */
  readonly activationConstant: number;
  readonly layers: readonly Layer[];
  /** Lengths of `parameters` and `statistics` including padding; also known without allocated memory. */
  readonly parameterLength: number;
  readonly statisticsLength: number;
  /** All parameters, layer by layer (weight, then bias or γ, β); the layers' arrays are views of it. */
  readonly parameters: FloatArray;
  /** The gradient, in the same order. */
  readonly gradients: FloatArray;
  /** Running statistics of batch norm, layer by layer (mean, variance). */
  readonly statistics: FloatArray;
  /** Places of the tensors in `parameters` and `gradients`, and in `statistics`. */
  readonly parameterPlaces: readonly Place[];
  readonly statisticsPlaces: readonly Place[];
  /** The gradient of the loss by the outputs, from which `backward` starts. maxRows × the largest stride of a layer. */
  readonly dOutputs: FloatArray;
  /** The second buffer for passing gradients between layers. */
  readonly dScratch: FloatArray;
}

export function constantOf({ activation, slope = 0.01, alpha = 1 }: NetworkSpec): number {
  return activation === 'leakyRelu' ? slope : alpha;
}

const ANYWHERE: TrainingAddress = { seed: 0, trial: 0, fold: 0 };

/**
 * A network of zeros (running variances 1), to be initialized or filled with copied parameters. The address is used for dropout masks.
 */
export function createNetwork(
  kernels: Kernels,
  spec: NetworkSpec,
  maxRows: number,
  address: TrainingAddress = ANYWHERE,
): Network {
  const { sizes, activation, batchNorm, dropout = 0 } = spec;
  if (sizes.length < 2)
    throw new RangeError(`a network needs at least inputs and outputs, got sizes [${sizes.join(', ')}]`);
  const last = sizes.length - 2;
  const parameterLayout = createLayout(kernels);
  const statisticsLayout = createLayout(kernels);
  const places = sizes.slice(1).map((units, l) => {
    const columns = activation === 'maxout' && l < last ? MAXOUT_PIECES * units : units;
    return placesOf(sizes[l]!, columns, batchNorm && l < last, parameterLayout, statisticsLayout);
  });
  const flat = {
    parameters: kernels.allocate(parameterLayout.length),
    gradients: kernels.allocate(parameterLayout.length),
    statistics: kernels.allocate(statisticsLayout.length),
  };
  const layers = places.map((of, index) => {
    const hidden = index < last;
    const its = hidden ? { activation, dropout } : { activation: 'linear' as const, dropout: 0 };
    return createLayer(kernels, flat, of, { ...its, maxRows, address, index });
  });
  const widths = layers.flatMap(({ units, columns }) => [units, columns]);
  const widest = widths.reduce((a, b) => (kernels.stride(b) > kernels.stride(a) ? b : a));
  const present = (...those: (Place | undefined)[]) => those.filter((place) => place !== undefined);
  return {
    spec,
    kernels,
    maxRows,
    inputs: sizes[0]!,
    outputs: sizes.at(-1)!,
    activationConstant: constantOf(spec),
    layers,
    parameterLength: parameterLayout.length,
    statisticsLength: statisticsLayout.length,
    ...flat,
    parameterPlaces: places.flatMap(({ weight, bias, gamma, beta }) => present(weight, bias, gamma, beta)),
    statisticsPlaces: places.flatMap(({ runningMean, runningVar }) => present(runningMean, runningVar)),
    dOutputs: kernels.allocateMatrix(maxRows, widest),
    dScratch: kernels.allocateMatrix(maxRows, widest),
  };
}

/** The dense outputs (rows×outputs) of the last `forward`. */
export function readOutputs({ kernels, layers, outputs }: Network, rows: number): FloatArray {
  return readDense(kernels, layers.at(-1)!.output, [matrix(rows, outputs)]);
}

/** Copies the outputs of the last `forward` for the rows `order[start]`, … to these rows of `to`, dense rows×outputs. */
export function keepOutputs(
  { kernels, layers, outputs: C }: Network,
  order: Int32Array,
  start: number,
  rows: number,
  to: FloatArray,
): void {
  const { output } = layers[layers.length - 1]!;
  const stride = kernels.stride(C);
  for (let i = 0; i < rows; i++) {
    const row = order[start + i]! * C;
    for (let j = 0; j < C; j++) to[row + j] = output[i * stride + j]!;
  }
}

/** Draws the dropout masks of a training step for `rows` rows, used by `forward` in `train` mode and by `backward`. */
export function drawMasks({ kernels, layers }: Network, step: number, rows: number): void {
  for (let l = 0; l < layers.length; l++) {
    const { dropout, units } = layers[l]!;
    if (dropout === undefined) continue;
    dropout.address.c3 = step;
    kernels.dropoutMask(dropout.mask, dropout.threshold, dropout.address, rows, units);
  }
}

/**
 * The outputs (rows×outputs) for `rows` rows of x (rows×inputs). In `train` mode dropout is applied, batch norm uses the batch statistics and
 * updates the running ones, and intermediate results are kept for `backward`.
 */
export function forward(network: Network, x: FloatArray, rows: number, mode: 'train' | 'evaluate'): FloatArray {
  const { kernels, layers, activationConstant } = network;
  const training = mode === 'train';
  let input = x;
  for (let l = 0; l < layers.length; l++) {
    const { inputs, units, columns, activation, parameters, z, activated, output, cache, dropout } = layers[l]!;
    const { weight, bias, norm } = parameters;
    kernels.denseForward(input, weight, bias, z, rows, inputs, columns);
    if (norm !== undefined && cache !== undefined) {
      if (training) kernels.batchNormForward(z, norm, cache, z, rows, columns);
      else kernels.batchNormEvaluate(z, norm, z, rows, columns);
    }
    if (activation === 'maxout') kernels.maxoutForward(z, activated, rows, units);
    else if (activation !== 'linear') {
      kernels.activationForward(activation, activationConstant, z, activated, rows, units);
    }
    input = activated;
    if (dropout !== undefined && training) {
      kernels.multiply(activated, dropout.mask, output, rows, units);
      input = output;
    }
  }
  return input;
}

/**
 * Computes the gradient of the loss by every parameter into `network.gradients`. Requires `forward` in `train` mode on the same x, and the
 * gradient by the outputs in `network.dOutputs`, which it overwrites.
 */
export function backward(network: Network, x: FloatArray, rows: number): void {
  const { kernels, layers, activationConstant } = network;
  let d = network.dOutputs; // by this layer's output, then before dropout, then by z after and before batch norm
  let other = network.dScratch;
  let swap = d;
  for (let l = layers.length - 1; l >= 0; l--) {
    const { inputs, units, columns, activation, parameters, gradients, z, activated, cache, dropout } = layers[l]!;
    if (dropout !== undefined) kernels.multiply(d, dropout.mask, d, rows, units);
    if (activation === 'maxout') {
      kernels.maxoutBackward(z, d, other, rows, units);
      swap = d;
      d = other;
      other = swap;
    } else if (activation !== 'linear') {
      kernels.activationBackward(activation, activationConstant, z, activated, d, d, rows, units);
    }
    if (parameters.norm && cache && gradients.gamma && gradients.beta) {
      kernels.batchNormBackward(d, parameters.norm.gamma, cache, gradients.gamma, gradients.beta, d, rows, columns);
    }
    const input = l === 0 ? x : layers[l - 1]!.output;
    kernels.denseBackwardParameters(input, d, gradients.weight, gradients.bias, rows, inputs, columns);
    if (l === 0) return;
    kernels.denseBackwardInput(d, parameters.weight, other, rows, inputs, columns);
    swap = d;
    d = other;
    other = swap;
  }
}
