/**
 * The plain kernels: the truth that faster ones are compared with. Each is its formula, summed in the order in which it is
 * written. Scalars and sums are float64; what is stored has the precision of the arrays.
 *
 * Letters as in kernels.ts: N rows, D inputs, H units, C classes or outputs; i counts rows, k inputs, j units.
 */
import { exp, log } from '../exact-math.ts';
import { activationLoops } from './activations.ts';
import {
  BATCH_NORM_EPSILON,
  BATCH_NORM_MOMENTUM,
  type BatchNormCache,
  type BatchNormParameters,
  type FloatArray,
  type Kernels,
} from './kernels.ts';
import { product } from './kernels-plain-product.ts';
import { updateAdagrad, updateAdam, updateMomentum, updateRmsprop, updateSgd } from './kernels-plain-updates.ts';

/** z[i,j] = b[j] + Σ_k x[i,k]·W[k,j] */
function denseForward(
  x: FloatArray,
  weight: FloatArray,
  bias: FloatArray | undefined,
  z: FloatArray,
  N: number,
  D: number,
  H: number,
): void {
  product(x, D, 1, weight, H, 1, bias, z, N, D, H);
}

/** dW[k,j] = Σ_i x[i,k]·dz[i,j], db[j] = Σ_i dz[i,j] */
function denseBackwardParameters(
  x: FloatArray,
  dz: FloatArray,
  dWeight: FloatArray,
  dBias: FloatArray | undefined,
  N: number,
  D: number,
  H: number,
): void {
  product(x, 1, D, dz, H, 1, undefined, dWeight, D, N, H);
  if (dBias === undefined) return;
  for (let j = 0; j < H; j++) {
    let sum = 0;
    for (let i = 0; i < N; i++) sum += dz[i * H + j]!;
    dBias[j] = sum;
  }
}

/** dx[i,k] = Σ_j dz[i,j]·W[k,j] */
function denseBackwardInput(dz: FloatArray, weight: FloatArray, dx: FloatArray, N: number, D: number, H: number): void {
  product(dz, H, 1, weight, 1, H, undefined, dx, N, H, D);
}

/**
 * By column: mean μ and variance σ² over the N rows (divided by N), x̂ = (z − μ) / √(σ² + ε), y = γ·x̂ + β.
 * The running variance moves towards the unbiased one, σ²·N/(N − 1) (Ioffe & Szegedy 2015, algorithm 2). One row has no
 * unbiased variance: the running variance then stays as it is, and y = β.
 */
function batchNormForward(
  z: FloatArray,
  { gamma, beta, runningMean, runningVar }: BatchNormParameters,
  { normalized, inverseDeviation }: BatchNormCache,
  y: FloatArray,
  N: number,
  H: number,
): void {
  for (let j = 0; j < H; j++) {
    let mean = 0;
    for (let i = 0; i < N; i++) mean += z[i * H + j]!;
    mean /= N;
    let squares = 0;
    for (let i = 0; i < N; i++) {
      const deviation = z[i * H + j]! - mean;
      squares += deviation * deviation;
    }
    const inverse = 1 / Math.sqrt(squares / N + BATCH_NORM_EPSILON);
    inverseDeviation[j] = inverse;
    for (let i = 0; i < N; i++) {
      const xHat = (z[i * H + j]! - mean) * inverse;
      normalized[i * H + j] = xHat;
      y[i * H + j] = gamma[j]! * xHat + beta[j]!;
    }
    runningMean[j]! += BATCH_NORM_MOMENTUM * (mean - runningMean[j]!);
    if (N > 1) runningVar[j]! += BATCH_NORM_MOMENTUM * (squares / (N - 1) - runningVar[j]!);
  }
}

function batchNormEvaluate(
  z: FloatArray,
  { gamma, beta, runningMean, runningVar }: BatchNormParameters,
  y: FloatArray,
  N: number,
  H: number,
): void {
  for (let j = 0; j < H; j++) {
    const scale = gamma[j]! / Math.sqrt(runningVar[j]! + BATCH_NORM_EPSILON);
    const shift = beta[j]! - scale * runningMean[j]!;
    for (let i = 0; i < N; i++) y[i * H + j] = scale * z[i * H + j]! + shift;
  }
}

/**
 * dβ = Σ_i dy, dγ = Σ_i dy·x̂, and, as μ and σ² depend on every row:
 * dz = γ/√(σ² + ε) · (dy − dβ/N − x̂·dγ/N)
 */
function batchNormBackward(
  dy: FloatArray,
  gamma: FloatArray,
  { normalized, inverseDeviation }: BatchNormCache,
  dGamma: FloatArray,
  dBeta: FloatArray,
  dz: FloatArray,
  N: number,
  H: number,
): void {
  for (let j = 0; j < H; j++) {
    let sum = 0;
    let sumNormalized = 0;
    for (let i = 0; i < N; i++) {
      sum += dy[i * H + j]!;
      sumNormalized += dy[i * H + j]! * normalized[i * H + j]!;
    }
    dBeta[j] = sum;
    dGamma[j] = sumNormalized;
    const scale = gamma[j]! * inverseDeviation[j]!;
    for (let i = 0; i < N; i++) {
      dz[i * H + j] = scale * (dy[i * H + j]! - sum / N - (normalized[i * H + j]! * sumNormalized) / N);
    }
  }
}

/**
 * p = softmax(o), loss = mean of −ln p[label] = ln Σ_j e^(o_j − max) − (o_label − max), do = (p − 1[j = label]) / N.
 * The row's maximum is taken out first, so that no exponential overflows.
 */
function softmaxCrossEntropy(
  outputs: FloatArray,
  labels: Int32Array,
  dOutputs: FloatArray,
  N: number,
  C: number,
): number {
  let loss = 0;
  for (let i = 0; i < N; i++) {
    const row = i * C;
    let max = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < C; j++) if (outputs[row + j]! > max) max = outputs[row + j]!;
    let sum = 0;
    for (let j = 0; j < C; j++) {
      const e = exp(outputs[row + j]! - max);
      dOutputs[row + j] = e;
      sum += e;
    }
    for (let j = 0; j < C; j++) dOutputs[row + j]! /= sum * N;
    const label = row + labels[i]!;
    dOutputs[label]! -= 1 / N;
    loss += log(sum) - (outputs[label]! - max);
  }
  return loss / N;
}

/** loss = Σ (o − t)² / (N·C), do = 2·(o − t) / (N·C) */
function meanSquaredError(
  outputs: FloatArray,
  targets: FloatArray,
  dOutputs: FloatArray,
  N: number,
  C: number,
): number {
  const count = N * C;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const error = outputs[i]! - targets[i]!;
    sum += error * error;
    dOutputs[i] = (2 * error) / count;
  }
  return sum / count;
}

function sumOfSquares(x: FloatArray, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += x[i]! * x[i]!;
  return sum;
}

function scale(x: FloatArray, factor: number, count: number): void {
  for (let i = 0; i < count; i++) x[i]! *= factor;
}

function addScaled(x: FloatArray, factor: number, y: FloatArray, count: number): void {
  for (let i = 0; i < count; i++) y[i]! += factor * x[i]!;
}

/** The plain kernels over arrays of one precision: float32 trains, float64 checks gradients. */
export function createPlainKernels(precision: 'float32' | 'float64'): Kernels {
  return {
    name: precision === 'float32' ? 'plain' : 'plain64',
    allocate: (length) => (precision === 'float32' ? new Float32Array(length) : new Float64Array(length)),
    allocateLabels: (length) => new Int32Array(length),
    denseForward,
    denseBackwardParameters,
    denseBackwardInput,
    activationForward: (activation, z, a, count) => activationLoops[activation].forward(z, a, count),
    activationBackward: (activation, a, da, dz, count) => activationLoops[activation].backward(a, da, dz, count),
    batchNormForward,
    batchNormEvaluate,
    batchNormBackward,
    softmaxCrossEntropy,
    meanSquaredError,
    sumOfSquares,
    scale,
    addScaled,
    updateSgd,
    updateMomentum,
    updateAdagrad,
    updateRmsprop,
    updateAdam,
  };
}

export const plainKernels: Kernels = createPlainKernels('float32');
