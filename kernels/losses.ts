/** Losses with their gradients, and the right answers; formulas in src/nn/kernels/plain.ts. Sums over rows are float64. */
import { exp } from './functions';
import { padded, rowBytes, sumLanes } from './lanes';

const LANES = memory.data<u32>([0, 1, 2, 3]);

/** All ones in the lanes j … j + 3 that are below `columns`. */
// @ts-ignore: decorator
@inline
function lanesBelow(columns: i32, j: i32): v128 {
  return i32x4.lt_s(v128.load(LANES), i32x4.splat(columns - j));
}

// @ts-ignore: decorator
@inline
function greatestLane(x: v128): v128 {
  const pairs = f32x4.pmax(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.pmax(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2));
}

/**
 * Logarithms are taken of products: Σ ln sᵢ = ln Π sᵢ, as long as the product is far from overflow. Every factor is at least 1,
 * or not a number, which the product then is as well.
 */
const LARGE_PRODUCT: f64 = 1e200;

export function softmaxCrossEntropy(outputs: usize, labels: usize, dOutputs: usize, N: i32, C: i32): f64 {
  const row = rowBytes(C);
  const used = padded(C);
  const lowest = f32x4.splat(-Infinity);
  let loss: f64 = 0;
  let product: f64 = 1;
  for (let i = 0; i < N; i++) {
    let greatest = lowest;
    for (let j = 0; j < C; j += 4) {
      const o = v128.bitselect(v128.load(outputs + ((<usize>j) << 2)), lowest, lanesBelow(C, j));
      greatest = f32x4.pmax(greatest, o); // skips a NaN in o, which the sum below catches
    }
    greatest = greatestLane(greatest);
    let sums = f32x4.splat(0);
    for (let j = 0; j < C; j += 4) {
      const at = (<usize>j) << 2;
      const e = exp(f32x4.sub(v128.load(outputs + at), greatest));
      const kept = v128.and(e, lanesBelow(C, j));
      v128.store(dOutputs + at, kept);
      sums = f32x4.add(sums, kept);
    }
    const sum = sumLanes(sums);
    const scale = f32x4.splat(<f32>1 / (sum * <f32>N));
    for (let j = 0; j < used; j += 4) {
      const at = dOutputs + ((<usize>j) << 2);
      v128.store(at, j < C ? f32x4.mul(v128.load(at), scale) : f32x4.splat(0));
    }
    const label = (<usize>load<i32>(labels + ((<usize>i) << 2))) << 2;
    store<f32>(dOutputs + label, load<f32>(dOutputs + label) - <f32>1 / <f32>N);
    loss -= <f64>(load<f32>(outputs + label) - f32x4.extract_lane(greatest, 0));
    product *= <f64>sum;
    if (!(product < LARGE_PRODUCT)) {
      loss += Math.log(product);
      product = 1;
    }
    outputs += row;
    dOutputs += row;
  }
  return (loss + Math.log(product)) / <f64>N;
}

/** loss = mean of max(o, 0) − o·t + ln(1 + e^−|o|), do = (σ(o) − t) / (N·C) */
export function binaryCrossEntropy(outputs: usize, targets: usize, dOutputs: usize, N: i32, C: i32): f64 {
  const row = rowBytes(C);
  const used = padded(C);
  const one = f32x4.splat(1);
  const scale = f32x4.splat(<f32>1 / (<f32>N * <f32>C));
  let loss: f64 = 0;
  let product: f64 = 1;
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < used; j += 4) {
      const at = (<usize>j) << 2;
      const below = lanesBelow(C, j);
      const o = v128.load(outputs + at);
      const t = v128.load(targets + at);
      const e = exp(f32x4.neg(f32x4.abs(o)));
      const numerator = v128.bitselect(e, one, f32x4.lt(o, f32x4.splat(0)));
      const probability = f32x4.div(numerator, f32x4.add(e, one));
      v128.store(dOutputs + at, v128.and(f32x4.mul(f32x4.sub(probability, t), scale), below));
    }
    for (let j = 0; j < C; j++) {
      const at = (<usize>j) << 2;
      const o = load<f32>(outputs + at);
      loss += <f64>max<f32>(o, 0) - <f64>o * <f64>load<f32>(targets + at);
      product *= 1 + <f64>f32x4.extract_lane(exp(f32x4.splat(-abs<f32>(o))), 0);
      if (!(product < LARGE_PRODUCT)) {
        loss += Math.log(product);
        product = 1;
      }
    }
    outputs += row;
    targets += row;
    dOutputs += row;
  }
  return (loss + Math.log(product)) / (<f64>N * <f64>C);
}

/** loss = Σ (o − t)² / (N·C), do = 2·(o − t) / (N·C) */
export function meanSquaredError(outputs: usize, targets: usize, dOutputs: usize, N: i32, C: i32): f64 {
  const row = rowBytes(C);
  const used = padded(C);
  const count = <f64>N * <f64>C;
  const scale = f32x4.splat(<f32>(2 / count));
  let sum: f64 = 0;
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < used; j += 4) {
      const at = (<usize>j) << 2;
      const error = f32x4.sub(v128.load(outputs + at), v128.load(targets + at));
      v128.store(dOutputs + at, v128.and(f32x4.mul(error, scale), lanesBelow(C, j)));
    }
    for (let j = 0; j < C; j++) {
      const at = (<usize>j) << 2;
      const error = <f64>load<f32>(outputs + at) - <f64>load<f32>(targets + at);
      sum += error * error;
    }
    outputs += row;
    targets += row;
    dOutputs += row;
  }
  return sum / count;
}

export function countCorrect(outputs: usize, labels: usize, N: i32, C: i32): i32 {
  const row = rowBytes(C);
  const lowest = f32x4.splat(-Infinity);
  let correct = 0;
  for (let i = 0; i < N; i++) {
    let greatest = lowest;
    for (let j = 0; j < C; j += 4) {
      const o = v128.bitselect(v128.load(outputs + ((<usize>j) << 2)), lowest, lanesBelow(C, j));
      greatest = f32x4.pmax(greatest, o); // never takes a NaN
    }
    if (firstLane(outputs, greatestLane(greatest), C) == load<i32>(labels + ((<usize>i) << 2))) correct++;
    outputs += row;
  }
  return correct;
}

/** The first of C numbers that equals all lanes of `wanted`, which is above −∞; −1 if there is none. */
// @ts-ignore: decorator
@inline
function firstLane(x: usize, wanted: v128, C: i32): i32 {
  const real = f32x4.gt(wanted, f32x4.splat(-Infinity));
  for (let j = 0; j < C; j += 4) {
    const equal = v128.and(f32x4.eq(v128.load(x + ((<usize>j) << 2)), wanted), v128.and(real, lanesBelow(C, j)));
    const lanes = i32x4.bitmask(equal);
    if (lanes != 0) return j + ctz(lanes);
  }
  return -1;
}
