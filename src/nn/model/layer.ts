/** One layer of a network: its parameters as views of the flat arrays, and its memory for a batch. */

import {
  type BatchNormCache,
  type BatchNormParameters,
  type FloatArray,
  type Kernels,
  MAXOUT_PIECES,
} from '../kernels/kernels.ts';
import { type Activation, activationLoops } from './activations.ts';
import type { TrainingAddress } from './address.ts';
import { createDropout, type Dropout, keepThreshold } from './dropout.ts';
import { type Layout, matrix, type Place, readDense } from './layout.ts';

/**
 * The weight is inputs×columns, vectors have one number per column. A dense layer followed by batch norm has γ and β instead of a bias.
 */
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
  /** Columns of the dense layer: one per unit, or MAXOUT_PIECES per unit. */
  readonly columns: number;
  readonly activation: Activation;
  readonly parameters: LayerParameters;
  readonly gradients: LayerGradients;
  /** Before the activation (after batch norm), maxRows×columns. */
  readonly z: FloatArray;
  /** After the activation, maxRows×units; the same array as `z` if the backward pass does not need z. */
  readonly activated: FloatArray;
  /** After dropout in training: the input of the next layer. The same array as `activated` without dropout. */
  readonly output: FloatArray;
  readonly cache: BatchNormCache | undefined;
  readonly dropout: Dropout | undefined;
}

export interface LayerPlaces {
  readonly weight: Place;
  readonly bias: Place | undefined;
  readonly gamma: Place | undefined;
  readonly beta: Place | undefined;
  readonly runningMean: Place | undefined;
  readonly runningVar: Place | undefined;
}

/** Allocates the places of a layer's tensors, in memory order. */
export function placesOf(
  inputs: number,
  columns: number,
  batchNorm: boolean,
  parameters: Layout,
  statistics: Layout,
): LayerPlaces {
  const vector = (layout: Layout, wanted: boolean) => (wanted ? layout.place(1, columns) : undefined);
  return {
    weight: parameters.place(inputs, columns),
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

export interface FlatArrays {
  readonly parameters: FloatArray;
  readonly gradients: FloatArray;
  readonly statistics: FloatArray;
}

export interface LayerOptions {
  readonly activation: Activation;
  /** The dropout rate. */
  readonly dropout: number;
  readonly maxRows: number;
  readonly address: TrainingAddress;
  /** Index from 0, starting at the input. */
  readonly index: number;
}

function needsZ(activation: Activation): boolean {
  return activation === 'maxout' || activationLoops[activation].needsZ === true;
}

/** Creates a layer from its places: views of the flat arrays, and memory for a batch. */
export function createLayer(kernels: Kernels, flat: FlatArrays, places: LayerPlaces, options: LayerOptions): Layer {
  const { activation, maxRows, address, index } = options;
  const { rows: inputs, columns } = places.weight;
  const units = activation === 'maxout' ? columns / MAXOUT_PIECES : columns;
  const z = kernels.allocateMatrix(maxRows, columns);
  const activated = needsZ(activation) ? kernels.allocateMatrix(maxRows, units) : z;
  const threshold = keepThreshold(options.dropout);
  const drops = threshold < keepThreshold(0);
  return {
    inputs,
    units,
    columns,
    activation,
    parameters: parametersAt(kernels, flat, places),
    gradients: {
      weight: matrixAt(kernels, flat.gradients, places.weight),
      bias: vectorAt(flat.gradients, places.bias),
      gamma: vectorAt(flat.gradients, places.gamma),
      beta: vectorAt(flat.gradients, places.beta),
    },
    z,
    activated,
    output: drops ? kernels.allocateMatrix(maxRows, units) : activated,
    cache: places.gamma && {
      normalized: kernels.allocateMatrix(maxRows, columns),
      inverseDeviation: kernels.allocate(columns),
    },
    dropout: drops ? createDropout(kernels, threshold, maxRows, units, address, index) : undefined,
  };
}

function parametersAt(kernels: Kernels, { parameters, statistics }: FlatArrays, places: LayerPlaces): LayerParameters {
  const gamma = vectorAt(parameters, places.gamma);
  const beta = vectorAt(parameters, places.beta);
  const runningMean = vectorAt(statistics, places.runningMean);
  const runningVar = vectorAt(statistics, places.runningVar)?.fill(1);
  return {
    weight: matrixAt(kernels, parameters, places.weight),
    bias: vectorAt(parameters, places.bias),
    norm: gamma && beta && runningMean && runningVar && { gamma, beta, runningMean, runningVar },
  };
}

/** Dense copies of a layer's parameters. */
export function readLayer(kernels: Kernels, { inputs, columns, parameters }: Layer): LayerParameters {
  const { weight, bias, norm } = parameters;
  return {
    weight: readDense(kernels, weight, [matrix(inputs, columns)]),
    bias: bias?.slice(),
    norm: norm && {
      gamma: norm.gamma.slice(),
      beta: norm.beta.slice(),
      runningMean: norm.runningMean.slice(),
      runningVar: norm.runningVar.slice(),
    },
  };
}
