/**
 * A fully connected network: hidden layers are dense → batch norm (if on) → activation; the last layer is dense alone.
 * All its memory is allocated once, for batches of up to `maxRows` rows; forward and backward allocate nothing.
 */
import type { BatchNormCache, BatchNormParameters, ElementwiseActivation, FloatArray, Kernels } from './kernels.ts';
import { createLayout, type Layout, matrix, type Place, readDense } from './layout.ts';

export type Activation = ElementwiseActivation;
export type Loss = 'softmaxCrossEntropy' | 'meanSquaredError';

export interface NetworkSpec {
  /** Inputs, the units of every hidden layer, outputs: at least two numbers. */
  readonly sizes: readonly number[];
  readonly activation: Activation;
  /** Of leakyRelu below 0; 0.01 unless given. */
  readonly slope?: number | undefined;
  /** Of elu: its limit far below 0 is −α; 1 unless given. */
  readonly alpha?: number | undefined;
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
  /** The slope or α of the activation; what the others ignore. */
  readonly activationConstant: number;
  readonly layers: readonly Layer[];
  /** Numbers in `parameters`, padding included; known even where no memory was given for them. */
  readonly parameterLength: number;
  /** Everything that is learned, layer after layer (weight, then bias or γ, β); the layers' arrays are views of it. */
  readonly parameters: FloatArray;
  /** The gradient, in the same order. */
  readonly gradients: FloatArray;
  /** What batch norm remembers for evaluation, layer after layer (running mean, running variance). */
  readonly statistics: FloatArray;
  /** Where the tensors lie in `parameters` and `gradients`, and in `statistics`. */
  readonly parameterPlaces: readonly Place[];
  readonly statisticsPlaces: readonly Place[];
  /** The loss writes its gradient by the outputs here; `backward` starts from it. maxRows × the widest layer. */
  readonly dOutputs: FloatArray;
  /** The other of the two arrays between which gradients pass from layer to layer. */
  readonly dScratch: FloatArray;
}

interface LayerPlaces {
  readonly weight: Place;
  readonly bias: Place | undefined;
  readonly gamma: Place | undefined;
  readonly beta: Place | undefined;
  readonly runningMean: Place | undefined;
  readonly runningVar: Place | undefined;
}

function placesOf(
  inputs: number,
  units: number,
  batchNorm: boolean,
  parameters: Layout,
  statistics: Layout,
): LayerPlaces {
  const vector = (layout: Layout, wanted: boolean) => (wanted ? layout.place(1, units) : undefined);
  return {
    weight: parameters.place(inputs, units),
    bias: vector(parameters, !batchNorm),
    gamma: vector(parameters, batchNorm),
    beta: vector(parameters, batchNorm),
    runningMean: vector(statistics, batchNorm),
    runningVar: vector(statistics, batchNorm),
  };
}

function matrixAt({ stride }: Kernels, flat: FloatArray, { start, rows, columns }: Place): FloatArray {
  return flat.subarray(start, start + rows * stride(columns));
}

function vectorAt(flat: FloatArray, place: Place | undefined): FloatArray | undefined {
  return place && flat.subarray(place.start, place.start + place.columns);
}

interface FlatArrays {
  readonly parameters: FloatArray;
  readonly gradients: FloatArray;
  readonly statistics: FloatArray;
}

function createLayer(
  kernels: Kernels,
  { parameters, gradients, statistics }: FlatArrays,
  places: LayerPlaces,
  activation: Activation,
  maxRows: number,
): Layer {
  const { rows: inputs, columns: units } = places.weight;
  const gamma = vectorAt(parameters, places.gamma);
  const beta = vectorAt(parameters, places.beta);
  const runningMean = vectorAt(statistics, places.runningMean);
  const runningVar = vectorAt(statistics, places.runningVar)?.fill(1);
  const z = kernels.allocateMatrix(maxRows, units);
  return {
    inputs,
    units,
    activation,
    parameters: {
      weight: matrixAt(kernels, parameters, places.weight),
      bias: vectorAt(parameters, places.bias),
      norm: gamma && beta && runningMean && runningVar && { gamma, beta, runningMean, runningVar },
    },
    gradients: {
      weight: matrixAt(kernels, gradients, places.weight),
      bias: vectorAt(gradients, places.bias),
      gamma: vectorAt(gradients, places.gamma),
      beta: vectorAt(gradients, places.beta),
    },
    z,
    output: activation === 'linear' ? z : kernels.allocateMatrix(maxRows, units),
    cache: gamma && {
      normalized: kernels.allocateMatrix(maxRows, units),
      inverseDeviation: kernels.allocate(units),
    },
  };
}

function constantOf({ activation, slope = 0.01, alpha = 1 }: NetworkSpec): number {
  return activation === 'leakyRelu' ? slope : alpha;
}

/** A network of zeros (running variances 1), ready for `initialize` or for parameters that are copied in. */
export function createNetwork(kernels: Kernels, spec: NetworkSpec, maxRows: number): Network {
  const { sizes, activation, batchNorm } = spec;
  if (sizes.length < 2)
    throw new RangeError(`a network has at least inputs and outputs, got sizes [${sizes.join(', ')}]`);
  const last = sizes.length - 2;
  const parameterLayout = createLayout(kernels);
  const statisticsLayout = createLayout(kernels);
  const places = sizes
    .slice(1)
    .map((units, l) => placesOf(sizes[l]!, units, batchNorm && l < last, parameterLayout, statisticsLayout));
  const flat = {
    parameters: kernels.allocate(parameterLayout.length),
    gradients: kernels.allocate(parameterLayout.length),
    statistics: kernels.allocate(statisticsLayout.length),
  };
  const layers = places.map((of, l) => createLayer(kernels, flat, of, l < last ? activation : 'linear', maxRows));
  const widest = sizes.slice(1).reduce((a, b) => (kernels.stride(b) > kernels.stride(a) ? b : a));
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

/** Copies of a layer's parameters, dense, whatever the kernels' stride. */
export function readLayer({ kernels }: Network, { inputs, units, parameters }: Layer): LayerParameters {
  const { weight, bias, norm } = parameters;
  return {
    weight: readDense(kernels, weight, [matrix(inputs, units)]),
    bias: bias?.slice(),
    norm: norm && {
      gamma: norm.gamma.slice(),
      beta: norm.beta.slice(),
      runningMean: norm.runningMean.slice(),
      runningVar: norm.runningVar.slice(),
    },
  };
}

/**
 * The outputs (rows×outputs) for `rows` rows of x (rows×inputs). In `train` mode batch norm uses the batch's statistics and
 * moves the running ones, and everything is left in place for `backward`.
 */
export function forward(network: Network, x: FloatArray, rows: number, mode: 'train' | 'evaluate'): FloatArray {
  const { kernels, layers, activationConstant } = network;
  let input = x;
  for (let l = 0; l < layers.length; l++) {
    const { inputs, units, activation, parameters, z, output, cache } = layers[l]!;
    const { weight, bias, norm } = parameters;
    kernels.denseForward(input, weight, bias, z, rows, inputs, units);
    if (norm !== undefined && cache !== undefined) {
      if (mode === 'train') kernels.batchNormForward(z, norm, cache, z, rows, units);
      else kernels.batchNormEvaluate(z, norm, z, rows, units);
    }
    if (activation !== 'linear') kernels.activationForward(activation, activationConstant, z, output, rows, units);
    input = output;
  }
  return input;
}

/**
 * The gradient of the loss by every parameter, into `network.gradients`. Needs what `forward` in `train` mode on the same x
 * has left, and the gradient by the outputs in `network.dOutputs`, which it overwrites.
 */
export function backward(network: Network, x: FloatArray, rows: number): void {
  const { kernels, layers, activationConstant } = network;
  let d = network.dOutputs; // by this layer's output, then, in place, by its z before and after batch norm
  let dInput = network.dScratch;
  for (let l = layers.length - 1; l >= 0; l--) {
    const { inputs, units, activation, parameters, gradients, z, output, cache } = layers[l]!;
    if (activation !== 'linear') {
      kernels.activationBackward(activation, activationConstant, z, output, d, d, rows, units);
    }
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
