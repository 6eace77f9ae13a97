/**
 * What a good teacher looks at while a network learns: how activations spread from layer to layer, which units are saturated or
 * dead, how large gradients are and how far a step moves the weights. Nothing here changes what is learned.
 */
import { randomAt } from '../../random.ts';
import type { FloatArray } from '../kernels/kernels.ts';
import type { Activation } from '../model/activation-names.ts';
import type { TrainingAddress } from '../model/address.ts';
import type { Layer } from '../model/layer.ts';
import { forward, type Network } from '../model/network.ts';
import type { Rows } from '../model/rows.ts';
import type { Trainer } from './trainer.ts';

/** Of one layer, hidden or the last, the inputs' side first. */
export interface LayerSignals {
  /** Of its outputs, over all units and the probe's rows, in evaluation mode. */
  readonly mean: number;
  readonly deviation: number;
  /** How much the units differ from each other on the same row (root mean square); 0 where all do the same. */
  readonly unitDeviation: number;
  /** Share of the outputs of sigmoid or tanh where its slope is below a twentieth of its greatest. */
  readonly saturated: number;
  /** Share of the units that are zero on every row of the probe. */
  readonly dead: number;
  /** Euclidean norm of the gradient by the layer's weights at the epoch's last step; NaN before the first. */
  readonly gradientNorm: number;
  /** How far that step moved the weights, by their own norm: about 1e-3 where the learning rate is right. NaN before the first. */
  readonly updateRatio: number;
}

export interface Signals {
  /** Completed: 0 is before the first step. */
  readonly epoch: number;
  readonly layers: readonly LayerSignals[];
}

/** The most rows a probe has. */
const PROBE_ROWS = 128;
/** A probe passes through the network without learning, so it is kept to this part of an epoch's rows; but never below a few. */
const PROBE_PART = 24;
const MIN_ROWS = 16;

export function probeRows(trainRows: number): number {
  const part = Math.max(MIN_ROWS, Math.floor(trainRows / PROBE_PART));
  return Math.min(PROBE_ROWS, part, trainRows);
}

/** Training rows, drawn once: the same for every epoch, so that what changes is the network. */
export function drawProbe(probe: Int32Array, trainRows: number, address: TrainingAddress): void {
  probe.set(
    randomAt({ ...address, purpose: 'probe' })
      .permutation(trainRows)
      .subarray(0, probe.length),
  );
}

/** Every epoch at first, then eight to an octave, and the last: curves are looked at on a log scale, and storage is bounded. */
export function isObserved(epoch: number, epochs: number): boolean {
  return epoch === epochs || epoch % Math.max(1, 2 ** (Math.floor(Math.log2(epoch)) - 3)) === 0;
}

const SATURATED = 0.05;
/** tanh: slope 1 − a², at most 1. */
const TANH_LIMIT = Math.sqrt(1 - SATURATED);
/** sigmoid: slope a·(1 − a), at most ¼. */
const SIGMOID_LIMIT = 0.5 + 0.5 * Math.sqrt(1 - SATURATED);

/** Beyond which an output counts as saturated; undefined where none does. */
function limitsOf(activation: Activation): readonly [low: number, high: number] | undefined {
  if (activation === 'tanh') return [-TANH_LIMIT, TANH_LIMIT];
  if (activation === 'sigmoid') return [1 - SIGMOID_LIMIT, SIGMOID_LIMIT];
  return undefined;
}

function saturatedOf(
  activated: FloatArray,
  units: number,
  stride: number,
  rows: number,
  limits: readonly [low: number, high: number] | undefined,
): number {
  if (limits === undefined) return 0;
  const [low, high] = limits;
  let saturated = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < units; j++) {
      const a = activated[i * stride + j]!;
      if (a < low || a > high) saturated++;
    }
  }
  return saturated;
}

const NO_STEP = { gradientNorm: Number.NaN, updateRatio: Number.NaN };

/** `before` holds the parameters as they were before the last step; undefined where there was none. */
export function observe(
  { network, batchX }: Pick<Trainer, 'network' | 'batchX'>,
  train: Rows,
  probe: Int32Array,
  epoch: number,
  before: FloatArray | undefined,
): Signals {
  const { kernels, layers, inputs } = network;
  const rows = probe.length;
  kernels.gather(train.x, probe, 0, batchX, rows, inputs);
  forward(network, batchX, rows, 'evaluate');
  const moves = before === undefined ? undefined : movesOf(network, before);
  return {
    epoch,
    layers: layers.map((layer, l) => ({
      ...spreadOf(layer, kernels.stride(layer.units), rows),
      ...(moves?.[l] ?? NO_STEP),
    })),
  };
}

/** Overwrites `before` with how far the parameters came. */
function movesOf({ kernels, layers, parameters }: Network, before: FloatArray) {
  kernels.addScaled(parameters, -1, before, before.length);
  return layers.map(({ parameters: { weight }, gradients }) => {
    const { length } = weight;
    const start = (weight.byteOffset - parameters.byteOffset) / weight.BYTES_PER_ELEMENT;
    const moved = Math.sqrt(kernels.sumOfSquares(before.subarray(start, start + length), length));
    return {
      gradientNorm: Math.sqrt(kernels.sumOfSquares(gradients.weight, length)),
      updateRatio: moved === 0 ? 0 : moved / Math.sqrt(kernels.sumOfSquares(weight, length)),
    };
  });
}

type Spread = Pick<LayerSignals, 'mean' | 'deviation' | 'unitDeviation' | 'saturated' | 'dead'>;

function spreadOf({ activated, units, activation }: Layer, stride: number, rows: number): Spread {
  const alive = new Uint8Array(units);
  let [sum, squares, between] = [0, 0, 0];
  for (let i = 0; i < rows; i++) {
    let rowSum = 0;
    let rowSquares = 0;
    for (let j = 0; j < units; j++) {
      const a = activated[i * stride + j]!;
      rowSum += a;
      rowSquares += a * a;
      if (a !== 0) alive[j] = 1;
    }
    sum += rowSum;
    squares += rowSquares;
    between += Math.max(0, rowSquares / units - (rowSum / units) ** 2);
  }
  const count = rows * units;
  const mean = sum / count;
  return {
    mean,
    deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)),
    unitDeviation: Math.sqrt(between / rows),
    saturated: saturatedOf(activated, units, stride, rows, limitsOf(activation)) / count,
    dead: alive.reduce((dead, lives) => dead - lives, units) / units,
  };
}
