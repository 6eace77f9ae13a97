/** What is done number by number to whole arrays, and the copying of rows. */
import { multiplyAdd, padded, rowBytes, sumLanes } from './lanes';

export function gather(from: usize, order: usize, to: usize, N: i32, D: i32): void {
  const row = rowBytes(D);
  const used = (<usize>padded(D)) << 2;
  for (let i = 0; i < N; i++) {
    const source = from + <usize>load<u32>(order) * row;
    for (let k: usize = 0; k < used; k += 16) v128.store(to + k, v128.load(source + k));
    order += 4;
    to += row;
  }
}

export function gatherIntegers(from: usize, order: usize, to: usize, N: i32): void {
  for (let i = 0; i < N; i++) {
    store<i32>(to, load<i32>(from + ((<usize>load<u32>(order)) << 2)));
    order += 4;
    to += 4;
  }
}

export function multiply(x: usize, y: usize, out: usize, N: i32, H: i32): void {
  const row = rowBytes(H);
  const used = (<usize>padded(H)) << 2;
  for (let i = 0; i < N; i++) {
    for (let j: usize = 0; j < used; j += 16) v128.store(out + j, f32x4.mul(v128.load(x + j), v128.load(y + j)));
    x += row;
    y += row;
    out += row;
  }
}

const SUMMED_TOGETHER: usize = 256 * 4;

/**
 * Σ x²: runs of 256 numbers in float32, the runs in float64. Squares leave the range of float32 where numbers do not, so a sum
 * that is no number, infinite or tiny is taken again in float64.
 */
export function sumOfSquares(x: usize, count: i32): f64 {
  const end = x + ((<usize>count) << 2);
  const wholes = x + ((<usize>(count & ~15)) << 2);
  let total: f64 = 0;
  let at = x;
  while (at < wholes) {
    const stop = min(at + SUMMED_TOGETHER, wholes);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    while (at < stop) {
      const x0 = v128.load(at);
      const x1 = v128.load(at, 16);
      const x2 = v128.load(at, 32);
      const x3 = v128.load(at, 48);
      s0 = multiplyAdd(x0, x0, s0);
      s1 = multiplyAdd(x1, x1, s1);
      s2 = multiplyAdd(x2, x2, s2);
      s3 = multiplyAdd(x3, x3, s3);
      at += 64;
    }
    total += <f64>sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  }
  total += preciseSumOfSquares(at, end);
  return total > 1e-30 && total < Infinity ? total : preciseSumOfSquares(x, end);
}

function preciseSumOfSquares(at: usize, end: usize): f64 {
  let total: f64 = 0;
  for (; at < end; at += 4) {
    const one = <f64>load<f32>(at);
    total += one * one;
  }
  return total;
}

/** x ← factor·x */
export function scale(x: usize, factor: f32, count: i32): void {
  const end = x + ((<usize>count) << 2);
  const vectors = x + ((<usize>(count & ~3)) << 2);
  const f = f32x4.splat(factor);
  for (; x < vectors; x += 16) v128.store(x, f32x4.mul(f, v128.load(x)));
  for (; x < end; x += 4) store<f32>(x, factor * load<f32>(x));
}

/** y ← y + factor·x */
export function addScaled(x: usize, factor: f32, y: usize, count: i32): void {
  const end = x + ((<usize>count) << 2);
  const vectors = x + ((<usize>(count & ~3)) << 2);
  const f = f32x4.splat(factor);
  for (; x < vectors; x += 16, y += 16) v128.store(y, multiplyAdd(f, v128.load(x), v128.load(y)));
  for (; x < end; x += 4, y += 4) store<f32>(y, load<f32>(y) + factor * load<f32>(x));
}
