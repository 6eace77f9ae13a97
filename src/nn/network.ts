/**
 * A fully connected network: hidden layers are dense → batch norm (if on) → activation; the last layer is dense alone.
 * All its memory is allocated once, for batches of up to `maxRows` rows; forward and backward allocate nothing.
 */
import type { Activation, BatchNormCache, BatchNormParameters, FloatArray, Kernels } from './kernels.ts';

export type Loss = 'softmaxCrossEntropy' | 'meanSquaredError';

export interface NetworkSpec {
  /** Inputs, the units of every hidden layer, outputs: at least two numbers. */
  readonly sizes: readonly number[];
  readonly activation: Activation;
  readonly batchNorm: boolean;
  readonly loss: Loss;
}

/** The weight is inputs×units. A dense layer that is followed by batch norm has γ and β instead of a bias. */
export interface LayerParameters {
  readonly weight: FloatArray;
  readonly bias: FloatArray | undefined;
  readonly norm: BatchNormParameters | undefined;
}

export interface LayerGradients {
  readonly weight: FloatArray;
  readonly bias: FloatArray | undefined;
  readonly gamma: FloatArray | undefined;
  readonly beta: FloatArray | undefined;
}

export interface Layer {
  readonly inputs: number;
  readonly units: number;
  readonly activation: Activation;
  readonly parameters: LayerParameters;
  readonly gradients: LayerGradients;
  /** Before the activation (after batch norm), maxRows×units. */
  readonly z: FloatArray;
  /** After the activation, maxRows×units; the same array as `z` where the activation is linear. */
  readonly output: FloatArray;
  readonly cache: BatchNormCache | undefined;
}

export interface Network {
  readonly spec: NetworkSpec;
  readonly kernels: Kernels;
  readonly maxRows: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly layers: readonly Layer[];
  /** Everything that is learned, layer after layer (weight, then bias or γ, β); the layers' arrays are views of it. */
  readonly parameters: FloatArray;
  /** The gradient, in the same order. */
  readonly gradients: FloatArray;
  /** The loss writes its gradient by the outputs here; `backward` starts from it. maxRows × the widest layer. */
  readonly dOutputs: FloatArray;
  /** The other of the two arrays between which gradients pass from layer to layer. */
  readonly dScratch: FloatArray;
}

interface Views {
  next(length: number): { value: FloatArray; gradient: FloatArray };
}

/** Hands out consecutive views of the two flat arrays. */
function consecutiveViews(parameters: FloatArray, gradients: FloatArray): Views {
  let start = 0;
  return {
    next(length) {
      const end = start + length;
      const views = { value: parameters.subarray(start, end), gradient: gradients.subarray(start, end) };
      start = end;
      return views;
    },
  };
}

function createLayer(
  kernels: Kernels,
  views: Views,
  inputs: number,
  units: number,
  activation: Activation,
  batchNorm: boolean,
  maxRows: number,
): Layer {
  const weight = views.next(inputs * units);
  const bias = batchNorm ? undefined : views.next(units);
  const gamma = batchNorm ? views.next(units) : undefined;
  const beta = batchNorm ? views.next(units) : undefined;
  const z = kernels.allocate(maxRows * units);
  return {
    inputs,
    units,
    activation,
    parameters: {
      weight: weight.value,
      bias: bias?.value,
      norm:
        gamma && beta
          ? {
              gamma: gamma.value,
              beta: beta.value,
              runningMean: kernels.allocate(units),
              runningVar: kernels.allocate(units).fill(1),
            }
          : undefined,
    },
    gradients: { weight: weight.gradient, bias: bias?.gradient, gamma: gamma?.gradient, beta: beta?.gradient },
    z,
    output: activation === 'linear' ? z : kernels.allocate(maxRows * units),
    cache: batchNorm
      ? { normalized: kernels.allocate(maxRows * units), inverseDeviation: kernels.allocate(units) }
      : undefined,
  };
}

/** How many numbers a network learns. */
export function parameterCount({ sizes, batchNorm }: NetworkSpec): number {
  let count = 0;
  for (let l = 1; l < sizes.length; l++) {
    const normalized = batchNorm && l < sizes.length - 1;
    count += (sizes[l - 1]! + (normalized ? 2 : 1)) * sizes[l]!;
  }
  return count;
}

/** A network of zeros (running variances 1), ready for `initialize` or for parameters that are copied in. */
export function createNetwork(kernels: Kernels, spec: NetworkSpec, maxRows: number): Network {
  const { sizes, activation, batchNorm } = spec;
  if (sizes.length < 2)
    throw new RangeError(`a network has at least inputs and outputs, got sizes [${sizes.join(', ')}]`);
  const count = parameterCount(spec);
  const parameters = kernels.allocate(count);
  const gradients = kernels.allocate(count);
  const views = consecutiveViews(parameters, gradients);
  const last = sizes.length - 2;
  const layers = sizes.slice(1).map((units, l) => {
    const hidden = l < last;
    return createLayer(kernels, views, sizes[l]!, units, hidden ? activation : 'linear', hidden && batchNorm, maxRows);
  });
  const widest = Math.max(...sizes.slice(1));
  return {
    spec,
    kernels,
    maxRows,
    inputs: sizes[0]!,
    outputs: sizes.at(-1)!,
    layers,
    parameters,
    gradients,
    dOutputs: kernels.allocate(maxRows * widest),
    dScratch: kernels.allocate(maxRows * widest),
  };
}

/**
 * The outputs (rows×outputs) for `rows` rows of x (rows×inputs). In `train` mode batch norm uses the batch's statistics and
 * moves the running ones, and everything is left in place for `backward`.
 */
export function forward(network: Network, x: FloatArray, rows: number, mode: 'train' | 'evaluate'): FloatArray {
  const { kernels, layers } = network;
  let input = x;
  for (let l = 0; l < layers.length; l++) {
    const { inputs, units, activation, parameters, z, output, cache } = layers[l]!;
    const { weight, bias, norm } = parameters;
    kernels.denseForward(input, weight, bias, z, rows, inputs, units);
    if (norm !== undefined && cache !== undefined) {
      if (mode === 'train') kernels.batchNormForward(z, norm, cache, z, rows, units);
      else kernels.batchNormEvaluate(z, norm, z, rows, units);
    }
    if (activation !== 'linear') kernels.activationForward(activation, z, output, rows * units);
    input = output;
  }
  return input;
}

/**
 * The gradient of the loss by every parameter, into `network.gradients`. Needs what `forward` in `train` mode on the same x
 * has left, and the gradient by the outputs in `network.dOutputs`, which it overwrites.
 */
export function backward(network: Network, x: FloatArray, rows: number): void {
  const { kernels, layers } = network;
  let d = network.dOutputs; // by this layer's output, then, in place, by its z before and after batch norm
  let dInput = network.dScratch;
  for (let l = layers.length - 1; l >= 0; l--) {
    const { inputs, units, activation, parameters, gradients, output, cache } = layers[l]!;
    if (activation !== 'linear') kernels.activationBackward(activation, output, d, d, rows * units);
    if (parameters.norm && cache && gradients.gamma && gradients.beta) {
      kernels.batchNormBackward(d, parameters.norm.gamma, cache, gradients.gamma, gradients.beta, d, rows, units);
    }
    const input = l === 0 ? x : layers[l - 1]!.output;
    kernels.denseBackwardParameters(input, d, gradients.weight, gradients.bias, rows, inputs, units);
    if (l === 0) return;
    kernels.denseBackwardInput(d, parameters.weight, dInput, rows, inputs, units);
    const swap = d;
    d = dInput;
    dInput = swap;
  }
}
