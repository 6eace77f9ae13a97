/**
 * Batch normalization (Ioffe & Szegedy 2015), eight columns at a time: a tile's column of the batch stays in the first cache
 * from the pass that takes its mean to the one that writes its outputs.
 */
import { multiplyAdd, rowBytes } from './lanes';
import { clearPadding } from './product';

// src/nn/kernels/kernels.ts has them too.
const EPSILON: f32 = 1e-5;
const MOMENTUM: f32 = 0.1;

export function batchNormForward(
  z: usize,
  gamma: usize,
  beta: usize,
  runningMean: usize,
  runningVar: usize,
  normalized: usize,
  inverseDeviation: usize,
  y: usize,
  N: i32,
  H: i32,
): void {
  const row = rowBytes(H);
  for (let j = 0; j < H; j += 4) {
    const at = (<usize>j) << 2;
    const mean = f32x4.div(sumDown(z + at, row, N), f32x4.splat(<f32>N));
    const squares = squaresDown(z + at, row, N, mean);
    const variance = f32x4.div(squares, f32x4.splat(<f32>N));
    const inverse = f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(variance, f32x4.splat(EPSILON))));
    v128.store(inverseDeviation + at, inverse);
    const g = v128.load(gamma + at);
    const b = v128.load(beta + at);
    let o = at;
    for (let i = 0; i < N; i++) {
      const xHat = f32x4.mul(f32x4.sub(v128.load(z + o), mean), inverse);
      v128.store(normalized + o, xHat);
      v128.store(y + o, multiplyAdd(g, xHat, b));
      o += row;
    }
    moveTowards(runningMean + at, mean);
    // One row has no unbiased variance: the running one then stays as it is.
    if (N > 1) moveTowards(runningVar + at, f32x4.div(squares, f32x4.splat(<f32>(N - 1))));
  }
}

// Two sums of every other row, which do not wait for one another.

// @ts-ignore: decorator
@inline
function sumDown(x: usize, row: usize, N: i32): v128 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let i = 0;
  for (; i + 2 <= N; i += 2) {
    s0 = f32x4.add(s0, v128.load(x));
    s1 = f32x4.add(s1, v128.load(x + row));
    x += row << 1;
  }
  if (i < N) s0 = f32x4.add(s0, v128.load(x));
  return f32x4.add(s0, s1);
}

/** Σ (x − mean)² */
// @ts-ignore: decorator
@inline
function squaresDown(x: usize, row: usize, N: i32, mean: v128): v128 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let i = 0;
  for (; i + 2 <= N; i += 2) {
    const d0 = f32x4.sub(v128.load(x), mean);
    const d1 = f32x4.sub(v128.load(x + row), mean);
    s0 = multiplyAdd(d0, d0, s0);
    s1 = multiplyAdd(d1, d1, s1);
    x += row << 1;
  }
  if (i < N) {
    const d0 = f32x4.sub(v128.load(x), mean);
    s0 = multiplyAdd(d0, d0, s0);
  }
  return f32x4.add(s0, s1);
}

// @ts-ignore: decorator
@inline
function moveTowards(running: usize, batch: v128): void {
  const old = v128.load(running);
  v128.store(running, multiplyAdd(f32x4.splat(MOMENTUM), f32x4.sub(batch, old), old));
}

export function batchNormEvaluate(
  z: usize,
  gamma: usize,
  beta: usize,
  runningMean: usize,
  runningVar: usize,
  y: usize,
  N: i32,
  H: i32,
): void {
  const row = rowBytes(H);
  for (let j = 0; j < H; j += 4) {
    const at = (<usize>j) << 2;
    const deviation = f32x4.sqrt(f32x4.add(v128.load(runningVar + at), f32x4.splat(EPSILON)));
    const scale = f32x4.div(v128.load(gamma + at), deviation);
    const shift = f32x4.sub(v128.load(beta + at), f32x4.mul(scale, v128.load(runningMean + at)));
    let o = at;
    for (let i = 0; i < N; i++) {
      v128.store(y + o, multiplyAdd(scale, v128.load(z + o), shift));
      o += row;
    }
  }
}

/** dz = γ/√(σ² + ε) · (dy − dβ/N − x̂·dγ/N) */
export function batchNormBackward(
  dy: usize,
  gamma: usize,
  normalized: usize,
  inverseDeviation: usize,
  dGamma: usize,
  dBeta: usize,
  dz: usize,
  N: i32,
  H: i32,
): void {
  const row = rowBytes(H);
  for (let j = 0; j < H; j += 4) {
    const at = (<usize>j) << 2;
    let sum = f32x4.splat(0);
    let sumNormalized = sum;
    let o = at;
    for (let i = 0; i < N; i++) {
      const d = v128.load(dy + o);
      sum = f32x4.add(sum, d);
      sumNormalized = multiplyAdd(d, v128.load(normalized + o), sumNormalized);
      o += row;
    }
    v128.store(dBeta + at, sum);
    v128.store(dGamma + at, sumNormalized);
    const scale = f32x4.mul(v128.load(gamma + at), v128.load(inverseDeviation + at));
    const meanSum = f32x4.div(sum, f32x4.splat(<f32>N));
    const meanNormalized = f32x4.neg(f32x4.div(sumNormalized, f32x4.splat(<f32>N)));
    o = at;
    for (let i = 0; i < N; i++) {
      const centred = f32x4.sub(v128.load(dy + o), meanSum);
      v128.store(dz + o, f32x4.mul(scale, multiplyAdd(v128.load(normalized + o), meanNormalized, centred)));
      o += row;
    }
  }
  clearPadding(dGamma, row, 1, H);
  clearPadding(dBeta, row, 1, H);
}
