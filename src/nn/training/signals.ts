/**
 * Signals for the diagnosis of training: the spread of activations by layer, saturated and dead units, gradient norms and update ratios.
 * Measuring them does not affect training.
 */
import { randomAt } from '../../random.ts';
import type { FloatArray, Kernels } from '../kernels/kernels.ts';
import type { Activation } from '../model/activations.ts';
import type { TrainingAddress } from '../model/address.ts';
import type { Layer } from '../model/layer.ts';
import { forward, type Network } from '../model/network.ts';
import type { Rows } from '../model/rows.ts';
import type { Trainer } from './trainer.ts';

/** Signals of one layer. */
export interface LayerSignals {
  /** Mean of its outputs over all units and probe rows, in evaluation mode. */
  readonly mean: number;
  readonly deviation: number;
  /** Root mean square difference between units on the same row; 0 if all units have the same output. */
  readonly unitDeviation: number;
  /** Share of sigmoid or tanh outputs with a slope below a twentieth of its maximum. */
  readonly saturated: number;
  /** Share of the units that are zero on every probe row. */
  readonly dead: number;
  /** Euclidean norm of the gradient of the layer's weights in the epoch's last step; NaN before the first. */
  readonly gradientNorm: number;
  /** Norm of that step's update relative to the norm of the weights: about 1e-3 for a good learning rate. NaN before the first. */
  readonly updateRatio: number;
}

export interface Signals {
  /** Completed epochs; 0 is before the first step. */
  readonly epoch: number;
  readonly layers: readonly LayerSignals[];
}

/** The most rows a probe has. */
const PROBE_ROWS = 128;
/** The probe costs extra forward passes, so it is limited to this part of an epoch's rows, but at least a few. */
const PROBE_PART = 24;
const MIN_ROWS = 16;

export function probeRows(trainRows: number): number {
  const part = Math.max(MIN_ROWS, Math.floor(trainRows / PROBE_PART));
  return Math.min(PROBE_ROWS, part, trainRows);
}

/** Training rows drawn once and used in every epoch, so that changes are due to the network. */
export function drawProbe(probe: Int32Array, trainRows: number, address: TrainingAddress): void {
  probe.set(
    randomAt({ ...address, purpose: 'probe' })
      .permutation(trainRows)
      .subarray(0, probe.length),
  );
}

/** Every epoch at first, then eight per octave, and the last one: this bounds storage and suits a log scale. */
export function isObserved(epoch: number, epochs: number): boolean {
  return epoch === epochs || epoch % Math.max(1, 2 ** (Math.floor(Math.log2(epoch)) - 3)) === 0;
}

const SATURATED = 0.05;
/** tanh: slope 1 − a², at most 1. */
const TANH_LIMIT = Math.sqrt(1 - SATURATED);
/** sigmoid: slope a·(1 − a), at most ¼. */
const SIGMOID_LIMIT = 0.5 + 0.5 * Math.sqrt(1 - SATURATED);

/** The limits beyond which an output counts as saturated; infinite if the activation does not saturate. */
function limitsOf(activation: Activation): readonly [low: number, high: number] {
  if (activation === 'tanh') return [-TANH_LIMIT, TANH_LIMIT];
  if (activation === 'sigmoid') return [1 - SIGMOID_LIMIT, SIGMOID_LIMIT];
  return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
}

const NO_STEP = { gradientNorm: Number.NaN, updateRatio: Number.NaN };

/** `before` has the parameters before the last step; undefined before the first step. */
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
      ...spreadOf(layer, kernels, rows),
      ...(moves?.[l] ?? NO_STEP),
    })),
  };
}

/** Overwrites `before` with the update of the parameters. */
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

function spreadOf(
  { activated, units, activation }: Layer,
  kernels: Kernels,
  rows: number,
): Pick<LayerSignals, 'mean' | 'deviation' | 'unitDeviation' | 'saturated' | 'dead'> {
  const [low, high] = limitsOf(activation);
  const { sum, squares, between, dead, beyond } = kernels.spread(activated, rows, units, low, high);
  const count = rows * units;
  const mean = sum / count;
  return {
    mean,
    deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)),
    unitDeviation: Math.sqrt(between / rows),
    saturated: beyond / count,
    dead: dead / units,
  };
}
