/**
 * A fully connected network: hidden layers are dense → batch norm (if on) → activation → dropout (if on); the last layer is
 * dense alone. A maxout unit is MAXOUT_PIECES units of its dense layer, side by side, of which the greatest counts. All memory
 * is allocated once, for batches of up to `maxRows` rows; forward and backward allocate nothing.
 */

import type { Activation } from './activation-names.ts';
import type { TrainingAddress } from './address.ts';
import { type FloatArray, type Kernels, MAXOUT_PIECES } from './kernels.ts';
import { createLayer, type Layer, placesOf } from './layer.ts';
import { createLayout, matrix, type Place, readDense } from './layout.ts';

export type Loss = 'softmaxCrossEntropy' | 'binaryCrossEntropy' | 'meanSquaredError';

export interface NetworkSpec {
  /** Inputs, the units of every hidden layer, outputs: at least two numbers. */
  readonly sizes: readonly number[];
  readonly activation: Activation;
  /** Of leakyRelu below 0; 0.01 unless given. */
  readonly slope?: number | undefined;
  /** Of elu: its limit far below 0 is −α; 1 unless given. */
  readonly alpha?: number | undefined;
  readonly batchNorm: boolean;
  /** The share of a hidden layer's outputs that every training step drops, below 1; 0 unless given. */
  readonly dropout?: number | undefined;
  readonly loss: Loss;
}

export interface Network {
  readonly spec: NetworkSpec;
  readonly kernels: Kernels;
  readonly maxRows: number;
  readonly inputs: number;
  readonly outputs: number;
  /** The slope or α of the activation; what the others ignore. */
  readonly activationConstant: number;
  readonly layers: readonly Layer[];
  /** Numbers in `parameters` and in `statistics`, padding included; known even where no memory was given for them. */
  readonly parameterLength: number;
  readonly statisticsLength: number;
  /** Everything that is learned, layer after layer (weight, then bias or γ, β); the layers' arrays are views of it. */
  readonly parameters: FloatArray;
  /** The gradient, in the same order. */
  readonly gradients: FloatArray;
  /** What batch norm remembers for evaluation, layer after layer (running mean, running variance). */
  readonly statistics: FloatArray;
  /** Where the tensors lie in `parameters` and `gradients`, and in `statistics`. */
  readonly parameterPlaces: readonly Place[];
  readonly statisticsPlaces: readonly Place[];
  /** The loss writes its gradient by the outputs here; `backward` starts from it. maxRows × the widest stride of a layer. */
  readonly dOutputs: FloatArray;
  /** The other of the two arrays between which gradients pass from layer to layer. */
  readonly dScratch: FloatArray;
}

function constantOf({ activation, slope = 0.01, alpha = 1 }: NetworkSpec): number {
  return activation === 'leakyRelu' ? slope : alpha;
}

const ANYWHERE: TrainingAddress = { seed: 0, trial: 0, fold: 0 };

/**
 * A network of zeros (running variances 1), ready for `initialize` or for parameters that are copied in. The address is that of
 * its dropout's masks.
 */
export function createNetwork(
  kernels: Kernels,
  spec: NetworkSpec,
  maxRows: number,
  address: TrainingAddress = ANYWHERE,
): Network {
  const { sizes, activation, batchNorm, dropout = 0 } = spec;
  if (sizes.length < 2)
    throw new RangeError(`a network has at least inputs and outputs, got sizes [${sizes.join(', ')}]`);
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

/** The outputs (rows×outputs) that the last `forward` left, dense. */
export function readOutputs({ kernels, layers, outputs }: Network, rows: number): FloatArray {
  return readDense(kernels, layers.at(-1)!.output, [matrix(rows, outputs)]);
}

/** Puts the outputs that the last `forward` left for the rows `order[start]`, … at those rows of `to`, dense rows×outputs. */
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

/** The masks of a training step for `rows` rows, which `forward` in `train` mode and `backward` then use. */
export function drawMasks({ kernels, layers }: Network, step: number, rows: number): void {
  for (let l = 0; l < layers.length; l++) {
    const { dropout, units } = layers[l]!;
    if (dropout === undefined) continue;
    dropout.address.c3 = step;
    kernels.dropoutMask(dropout.mask, dropout.threshold, dropout.address, rows, units);
  }
}

/**
 * The outputs (rows×outputs) for `rows` rows of x (rows×inputs). In `train` mode dropout is applied, batch norm uses the batch's
 * statistics and moves the running ones, and everything is left in place for `backward`.
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
 * The gradient of the loss by every parameter, into `network.gradients`. Needs what `forward` in `train` mode on the same x
 * has left, and the gradient by the outputs in `network.dOutputs`, which it overwrites.
 */
export function backward(network: Network, x: FloatArray, rows: number): void {
  const { kernels, layers, activationConstant } = network;
  let d = network.dOutputs; // by this layer's output, then by what was activated, then by z after and before batch norm
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
