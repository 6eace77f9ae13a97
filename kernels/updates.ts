/**
 * The optimizers' steps; formulas and sources in src/nn/kernels/plain-updates.ts. Counts are rounded up to whole vectors: every
 * array of parameters is padded to them, and the padding's gradients are zeros.
 */
import { multiplyAdd, subtractProduct } from './lanes';

// @ts-ignore: decorator
@inline
function bytesOf(count: i32): usize {
  return (<usize>((count + 3) & ~3)) << 2;
}

export function updateSgd(w: usize, g: usize, count: i32, rate: f32): void {
  const bytes = bytesOf(count);
  const eta = f32x4.splat(rate);
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(w + i, subtractProduct(eta, v128.load(g + i), v128.load(w + i)));
  }
}

export function updateMomentum(
  w: usize,
  g: usize,
  v: usize,
  count: i32,
  rate: f32,
  momentum: f32,
  nesterov: bool,
): void {
  const bytes = bytesOf(count);
  const eta = f32x4.splat(rate);
  const mu = f32x4.splat(momentum);
  for (let i: usize = 0; i < bytes; i += 16) {
    const gradient = v128.load(g + i);
    const velocity = multiplyAdd(mu, v128.load(v + i), gradient);
    v128.store(v + i, velocity);
    const direction = nesterov ? multiplyAdd(mu, velocity, gradient) : velocity;
    v128.store(w + i, subtractProduct(eta, direction, v128.load(w + i)));
  }
}

/** adagrad (decay = gain = 1) and rmsprop (gain = 1 − decay): s ← decay·s + gain·g², w ← w − η·g / (√s + ε) */
export function updateBySquares(
  w: usize,
  g: usize,
  s: usize,
  count: i32,
  rate: f32,
  decay: f32,
  gain: f32,
  epsilon: f32,
): void {
  const bytes = bytesOf(count);
  const eta = f32x4.splat(rate);
  const keep = f32x4.splat(decay);
  const take = f32x4.splat(gain);
  const eps = f32x4.splat(epsilon);
  for (let i: usize = 0; i < bytes; i += 16) {
    const gradient = v128.load(g + i);
    const squares = multiplyAdd(keep, v128.load(s + i), f32x4.mul(f32x4.mul(take, gradient), gradient));
    v128.store(s + i, squares);
    const step = f32x4.div(f32x4.mul(eta, gradient), f32x4.add(f32x4.sqrt(squares), eps));
    v128.store(w + i, f32x4.sub(v128.load(w + i), step));
  }
}

/** With `rate` = η/c₁ and `rootScale` = 1/√c₂, so that a number costs one root and one division. */
export function updateAdam(
  w: usize,
  g: usize,
  m: usize,
  s: usize,
  count: i32,
  rate: f32,
  beta1: f32,
  gain1: f32,
  beta2: f32,
  gain2: f32,
  epsilon: f32,
  rootScale: f32,
): void {
  const bytes = bytesOf(count);
  const eta = f32x4.splat(rate);
  const b1 = f32x4.splat(beta1);
  const g1 = f32x4.splat(gain1);
  const b2 = f32x4.splat(beta2);
  const g2 = f32x4.splat(gain2);
  const eps = f32x4.splat(epsilon);
  const root = f32x4.splat(rootScale);
  for (let i: usize = 0; i < bytes; i += 16) {
    const gradient = v128.load(g + i);
    const mean = multiplyAdd(b1, v128.load(m + i), f32x4.mul(g1, gradient));
    const squares = multiplyAdd(b2, v128.load(s + i), f32x4.mul(f32x4.mul(g2, gradient), gradient));
    v128.store(m + i, mean);
    v128.store(s + i, squares);
    const step = f32x4.div(f32x4.mul(eta, mean), multiplyAdd(f32x4.sqrt(squares), root, eps));
    v128.store(w + i, f32x4.sub(v128.load(w + i), step));
  }
}
