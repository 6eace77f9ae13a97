/** a = f(z) and dz = da·f′, row by row; formulas and sources in src/nn/model/activations.ts. */
import { exp, expm1OfNegative, normalDensity, normalDistribution, sigmoid, tanh } from './functions';
import { multiplyAdd, padded, rowBytes } from './lanes';

// The order of `elementwiseActivations` in src/nn/model/activations.ts.
const LINEAR: i32 = 0;
const SIGMOID: i32 = 1;
const TANH: i32 = 2;
const RELU: i32 = 3;
const LEAKY_RELU: i32 = 4;
const ELU: i32 = 5;
const GELU: i32 = 6;
const SILU: i32 = 7;

// @ts-ignore: decorator
@inline
function valueOf(activation: i32, constant: v128, z: v128): v128 {
  const zero = f32x4.splat(0);
  switch (activation) {
    case SIGMOID:
      return sigmoid(z);
    case TANH:
      return tanh(z);
    case RELU:
      return f32x4.pmax(z, zero); // a NaN stays: a network that has diverged must not look healthy
    case LEAKY_RELU:
      return v128.bitselect(f32x4.mul(constant, z), z, f32x4.lt(z, zero));
    case ELU:
      return v128.bitselect(f32x4.mul(constant, expm1OfNegative(f32x4.pmin(z, zero))), z, f32x4.lt(z, zero));
    case GELU:
      return f32x4.mul(z, normalDistribution(z));
    case SILU:
      return f32x4.mul(z, sigmoid(z));
    default:
      return z;
  }
}

// @ts-ignore: decorator
@inline
function gradientOf(activation: i32, constant: v128, z: v128, a: v128, da: v128): v128 {
  const one = f32x4.splat(1);
  const positive = f32x4.gt(a, f32x4.splat(0));
  switch (activation) {
    case SIGMOID:
      return f32x4.mul(f32x4.mul(da, a), f32x4.sub(one, a));
    case TANH:
      return f32x4.mul(f32x4.mul(da, f32x4.sub(one, a)), f32x4.add(one, a));
    case RELU:
      return v128.and(da, positive);
    case LEAKY_RELU:
      return v128.bitselect(da, f32x4.mul(constant, da), positive);
    case ELU:
      return v128.bitselect(da, f32x4.mul(da, f32x4.add(a, constant)), positive);
    case GELU:
      return f32x4.mul(da, multiplyAdd(z, normalDensity(z), normalDistribution(z)));
    case SILU: {
      const s = sigmoid(z);
      return f32x4.mul(da, f32x4.mul(s, multiplyAdd(z, f32x4.sub(one, s), one)));
    }
    default:
      return da;
  }
}

// One loop for each activation, since a choice inside it would cost more than the arithmetic: this is what @inline is for.

// @ts-ignore: decorator
@inline
function forwardLoop(activation: i32, constant: f32, z: usize, a: usize, N: i32, H: i32): void {
  const row = rowBytes(H);
  const used = (<usize>padded(H)) << 2;
  const c = f32x4.splat(constant);
  for (let i = 0; i < N; i++) {
    for (let j: usize = 0; j < used; j += 16) v128.store(a + j, valueOf(activation, c, v128.load(z + j)));
    z += row;
    a += row;
  }
}

// @ts-ignore: decorator
@inline
function backwardLoop(
  activation: i32,
  constant: f32,
  z: usize,
  a: usize,
  da: usize,
  dz: usize,
  N: i32,
  H: i32,
): void {
  const row = rowBytes(H);
  const used = (<usize>padded(H)) << 2;
  const c = f32x4.splat(constant);
  for (let i = 0; i < N; i++) {
    for (let j: usize = 0; j < used; j += 16) {
      v128.store(dz + j, gradientOf(activation, c, v128.load(z + j), v128.load(a + j), v128.load(da + j)));
    }
    z += row;
    a += row;
    da += row;
    dz += row;
  }
}

export function activationForward(activation: i32, constant: f32, z: usize, a: usize, N: i32, H: i32): void {
  switch (activation) {
    case SIGMOID:
      return forwardLoop(SIGMOID, constant, z, a, N, H);
    case TANH:
      return forwardLoop(TANH, constant, z, a, N, H);
    case RELU:
      return forwardLoop(RELU, constant, z, a, N, H);
    case LEAKY_RELU:
      return forwardLoop(LEAKY_RELU, constant, z, a, N, H);
    case ELU:
      return forwardLoop(ELU, constant, z, a, N, H);
    case GELU:
      return forwardLoop(GELU, constant, z, a, N, H);
    case SILU:
      return forwardLoop(SILU, constant, z, a, N, H);
    default:
      return forwardLoop(LINEAR, constant, z, a, N, H);
  }
}

export function activationBackward(
  activation: i32,
  constant: f32,
  z: usize,
  a: usize,
  da: usize,
  dz: usize,
  N: i32,
  H: i32,
): void {
  switch (activation) {
    case SIGMOID:
      return backwardLoop(SIGMOID, constant, z, a, da, dz, N, H);
    case TANH:
      return backwardLoop(TANH, constant, z, a, da, dz, N, H);
    case RELU:
      return backwardLoop(RELU, constant, z, a, da, dz, N, H);
    case LEAKY_RELU:
      return backwardLoop(LEAKY_RELU, constant, z, a, da, dz, N, H);
    case ELU:
      return backwardLoop(ELU, constant, z, a, da, dz, N, H);
    case GELU:
      return backwardLoop(GELU, constant, z, a, da, dz, N, H);
    case SILU:
      return backwardLoop(SILU, constant, z, a, da, dz, N, H);
    default:
      return backwardLoop(LINEAR, constant, z, a, da, dz, N, H);
  }
}

/** a[i,j] = max(z[i,2j], z[i,2j+1]) */
export function maxoutForward(z: usize, a: usize, N: i32, H: i32): void {
  const zRow = rowBytes(2 * H);
  const aRow = rowBytes(H);
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < H; j += 4) {
      const from = z + ((<usize>j) << 3);
      const low = v128.load(from);
      const high = v128.load(from, 16);
      const first = v128.shuffle<f32>(low, high, 0, 2, 4, 6);
      const second = v128.shuffle<f32>(low, high, 1, 3, 5, 7);
      v128.store(a + ((<usize>j) << 2), f32x4.max(first, second));
    }
    z += zRow;
    a += aRow;
  }
}

/** The gradient goes to the greater piece, to the first where they are equal. */
export function maxoutBackward(z: usize, da: usize, dz: usize, N: i32, H: i32): void {
  const zRow = rowBytes(2 * H);
  const aRow = rowBytes(H);
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < H; j += 4) {
      const at = (<usize>j) << 3;
      const low = v128.load(z + at);
      const high = v128.load(z + at, 16);
      const first = v128.shuffle<f32>(low, high, 0, 2, 4, 6);
      const second = v128.shuffle<f32>(low, high, 1, 3, 5, 7);
      const secondWins = f32x4.gt(second, first);
      const d = v128.load(da + ((<usize>j) << 2));
      const dFirst = v128.andnot(d, secondWins);
      const dSecond = v128.and(d, secondWins);
      v128.store(dz + at, v128.shuffle<f32>(dFirst, dSecond, 0, 4, 1, 5));
      v128.store(dz + at, v128.shuffle<f32>(dFirst, dSecond, 2, 6, 3, 7), 16);
    }
    z += zRow;
    da += aRow;
    dz += zRow;
  }
}
