/**
 * The arithmetic of training as an interface for all implementations of kernels.
 *
 * Letters mean the same everywhere: N rows of the batch, D inputs, H units, C classes or outputs; `dx` is the gradient of the
 * loss by `x`. A matrix of N rows and D columns is flat and row-major with rows `stride(D)` numbers apart: at least D, or more if an
 * implementation pads rows. A vector of H numbers has `stride(H)` numbers of memory. Padding is finite but meaningless; kernels may write to
 * it (in gradients of parameters, always zeros). Memory beyond the given sizes is neither read nor written. All arrays passed in come from
 * this implementation's `allocate…` (or are views of such arrays), so it can keep them in its own memory.
 */

import type { AddressWords } from '../../random.ts';
import type { ElementwiseActivation } from '../model/activations.ts';
import type { FloatArray } from './float-array.ts';

export type { FloatArray } from './float-array.ts';

/** The batch normalization parameters of one layer; all of length H. */
export interface BatchNormParameters {
  readonly gamma: FloatArray;
  readonly beta: FloatArray;
  readonly runningMean: FloatArray;
  readonly runningVar: FloatArray;
}

/** Results of the forward pass of batch normalization that the backward pass needs. */
export interface BatchNormCache {
  /** x̂, N×H */
  readonly normalized: FloatArray;
  /** 1 / √(variance + ε), H */
  readonly inverseDeviation: FloatArray;
}

export interface AdamConstants {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Added to the variance under the root, in training and in evaluation. */
export const BATCH_NORM_EPSILON = 1e-5;
/** The weight of a batch in the running statistics. */
export const BATCH_NORM_MOMENTUM = 0.1;
/** Linear pieces of a maxout unit: the two of the lecture, max(x·w₁ + b₁, x·w₂ + b₂). */
export const MAXOUT_PIECES = 2;

/** Standard normal numbers, or uniform ones from −√3 to √3. */
export type WeightDistribution = 'normal' | 'uniform';

/** What `spread` measures of outputs, in float64. */
export interface Spread {
  /** Σ x */
  readonly sum: number;
  /** Σ x² */
  readonly squares: number;
  /** The sum over rows of the variance within the row, max(0, Σ x² / H − (Σ x / H)²). */
  readonly between: number;
  /** Number of columns that are zero in every row; NaN is not zero. */
  readonly dead: number;
  /** Number of outputs below the lower limit or above the upper one; NaN is neither. */
  readonly beyond: number;
}

export interface Kernels {
  readonly name: string;
  /** Distance between rows of a matrix with `columns` columns, in numbers. */
  stride(columns: number): number;
  /** Bytes of an allocation of `length` numbers. */
  bytesOf(length: number): number;
  /** Frees all allocations and reserves `bytes`: call it before a training run, not during one. */
  reset(bytes: number): void;
  /** A vector: `length` zeros in this implementation's precision, padded to `stride(length)`. */
  allocate(length: number): FloatArray;
  /** A matrix: rows·stride(columns) zeros. */
  allocateMatrix(rows: number, columns: number): FloatArray;
  /** Labels, or the order of rows. */
  allocateIntegers(length: number): Int32Array;

  /** Copies the rows `order[start]` … `order[start + N − 1]` of `from` (D columns) to `to`. */
  gather(from: FloatArray, order: Int32Array, start: number, to: FloatArray, N: number, D: number): void;
  /** The same for one integer per row. */
  gatherIntegers(from: Int32Array, order: Int32Array, start: number, to: Int32Array, N: number): void;

  /** z = x·W + b, rows alike: x N×D, W D×H, b H (or none), z N×H. */
  denseForward(
    x: FloatArray,
    weight: FloatArray,
    bias: FloatArray | undefined,
    z: FloatArray,
    N: number,
    D: number,
    H: number,
  ): void;
  /** dW = xᵀ·dz and db = the column sums of dz; both are overwritten. */
  denseBackwardParameters(
    x: FloatArray,
    dz: FloatArray,
    dWeight: FloatArray,
    dBias: FloatArray | undefined,
    N: number,
    D: number,
    H: number,
  ): void;
  /** dx = dz·Wᵀ */
  denseBackwardInput(dz: FloatArray, weight: FloatArray, dx: FloatArray, N: number, D: number, H: number): void;

  /** a = f(z), N×H; `a` may be `z`. `constant` is the slope of leakyRelu below 0 and the α of elu; others ignore it. */
  activationForward(
    activation: ElementwiseActivation,
    constant: number,
    z: FloatArray,
    a: FloatArray,
    N: number,
    H: number,
  ): void;
  /** dz = da·f′(z), from z and a = f(z); `dz` may be `da`. If activations.ts does not require z, z may have been overwritten by a. */
  activationBackward(
    activation: ElementwiseActivation,
    constant: number,
    z: FloatArray,
    a: FloatArray,
    da: FloatArray,
    dz: FloatArray,
    N: number,
    H: number,
  ): void;
  /** a[i,j] = max(z[i,2j], z[i,2j+1]): z N×2H, a N×H */
  maxoutForward(z: FloatArray, a: FloatArray, N: number, H: number): void;
  /** The gradient goes to the larger piece, or to the first if they are equal: da N×H, z and dz N×2H, overwritten. */
  maxoutBackward(z: FloatArray, da: FloatArray, dz: FloatArray, N: number, H: number): void;

  /**
   * The mask of inverted dropout, N×H: 1/p if a unit is kept, else 0, with p = threshold/65536. Unit (i,j) is kept if
   * bits < threshold, bits being half (j mod 2, the lower first) of word ⌊(j mod 8)/2⌋ of the Philox block whose counter is
   * (i·⌈H/8⌉ + ⌊j/8⌋, c1, c2, c3).
   */
  dropoutMask(mask: FloatArray, threshold: number, address: AddressWords, N: number, H: number): void;
  /** out = x ⊙ y, N×H; `out` may be one of them. */
  multiply(x: FloatArray, y: FloatArray, out: FloatArray, N: number, H: number): void;

  /**
   * Random weights of mean 0 and this deviation, rows×columns: the standard normal or uniform numbers of the stream at `address` (random.ts), row
   * by row, times `deviation`.
   */
  drawWeights(
    weight: FloatArray,
    rows: number,
    columns: number,
    distribution: WeightDistribution,
    deviation: number,
    address: AddressWords,
  ): void;
  /** order = the permutation of 0 … count − 1 of the stream at `address`. */
  shuffle(order: Int32Array, count: number, address: AddressWords): void;

  /** y = γ·x̂ + β with the batch's own mean and variance; moves the running statistics. `y` may be `z`. */
  batchNormForward(
    z: FloatArray,
    parameters: BatchNormParameters,
    cache: BatchNormCache,
    y: FloatArray,
    N: number,
    H: number,
  ): void;
  /** y = γ·(z − runningMean) / √(runningVar + ε) + β. `y` may be `z`. */
  batchNormEvaluate(z: FloatArray, parameters: BatchNormParameters, y: FloatArray, N: number, H: number): void;
  /** dγ = Σ dy·x̂, dβ = Σ dy (overwritten), and dz through the batch's mean and variance. `dz` may be `dy`. */
  batchNormBackward(
    dy: FloatArray,
    gamma: FloatArray,
    cache: BatchNormCache,
    dGamma: FloatArray,
    dBeta: FloatArray,
    dz: FloatArray,
    N: number,
    H: number,
  ): void;

  /** The mean over the rows of −ln softmax(outputs)[label]; writes its gradient. outputs, dOutputs N×C; labels N. */
  softmaxCrossEntropy(outputs: FloatArray, labels: Int32Array, dOutputs: FloatArray, N: number, C: number): number;
  /**
   * The mean over rows and outputs of −t·ln σ(o) − (1 − t)·ln(1 − σ(o)), targets t from 0 to 1; writes its gradient. All N×C.
   */
  binaryCrossEntropy(outputs: FloatArray, targets: FloatArray, dOutputs: FloatArray, N: number, C: number): number;
  /** The mean over rows and outputs of (output − target)²; writes its gradient. All N×C. */
  meanSquaredError(outputs: FloatArray, targets: FloatArray, dOutputs: FloatArray, N: number, C: number): number;
  /** Number of rows whose label has the largest output (the first on ties; NaN is never the largest). outputs N×C. */
  countCorrect(outputs: FloatArray, labels: Int32Array, N: number, C: number): number;

  /**
   * How outputs spread, a N×H; −∞ and ∞ are no limits. A sum of a row runs in the order of its columns, and rows are added in their order: all
   * kernels give the same bits.
   */
  spread(a: FloatArray, N: number, H: number, low: number, high: number): Spread;

  /** Σ x² over `count` numbers, padding included. */
  sumOfSquares(x: FloatArray, count: number): number;
  /** x ← factor·x */
  scale(x: FloatArray, factor: number, count: number): void;
  /** y ← y + factor·x */
  addScaled(x: FloatArray, factor: number, y: FloatArray, count: number): void;

  /** w ← w − η·g */
  updateSgd(w: FloatArray, g: FloatArray, count: number, rate: number): void;
  /** v ← μ·v + g, then w ← w − η·v, or with Nesterov's look ahead w ← w − η·(g + μ·v) */
  updateMomentum(
    w: FloatArray,
    g: FloatArray,
    v: FloatArray,
    count: number,
    rate: number,
    momentum: number,
    nesterov: boolean,
  ): void;
  /** s ← s + g², w ← w − η·g / (√s + ε) */
  updateAdagrad(w: FloatArray, g: FloatArray, s: FloatArray, count: number, rate: number, epsilon: number): void;
  /** s ← ρ·s + (1 − ρ)·g², w ← w − η·g / (√s + ε) */
  updateRmsprop(
    w: FloatArray,
    g: FloatArray,
    s: FloatArray,
    count: number,
    rate: number,
    decay: number,
    epsilon: number,
  ): void;
  /**
   * m ← β₁·m + (1 − β₁)·g, s ← β₂·s + (1 − β₂)·g², w ← w − η·(m / c₁) / (√(s / c₂) + ε), where the corrections
   * c₁ = 1 − β₁ᵗ and c₂ = 1 − β₂ᵗ undo that m and s start at 0.
   */
  updateAdam(
    w: FloatArray,
    g: FloatArray,
    m: FloatArray,
    s: FloatArray,
    count: number,
    rate: number,
    constants: AdamConstants,
    correction1: number,
    correction2: number,
  ): void;
}

/** What the forward pass of a trained network needs. */
export type ForwardKernels = Pick<
  Kernels,
  'denseForward' | 'activationForward' | 'maxoutForward' | 'batchNormEvaluate'
>;
