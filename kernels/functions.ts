/** exp and its relatives on four lanes. Errors are in units of the last place of a float32, measured over every exponent. */
import { atLeast, atMost, multiplyAdd, subtractProduct } from './lanes';

/**
 * A constant in all lanes, read from memory: a vector written out in the code takes the engine four instructions, and those of
 * a polynomial do not stay in registers.
 */
// @ts-ignore: decorator
@inline
function constant(at: usize): v128 {
  return v128.load32_splat(at);
}

/** log₂ e */
const LOG2_E: usize = memory.data<f32>([1.44269504088896341]);
/** The leading 9 bits of ln 2, so that k·ln 2 is exact for |k| < 2^15, */
const LN2_HIGH: usize = memory.data<f32>([0.693359375]);
/** and the rest of it. */
const LN2_LOW: usize = memory.data<f32>([-2.12194440e-4]);
/** Adding 1.5·2^23 leaves a float32 no bits below the point: it rounds to an integer, which then stands in the low bits. */
const ROUNDER: usize = memory.data<f32>([12582912]);

const HALF: usize = memory.data<f32>([0.5]);
const EXP_LOW: usize = memory.data<f32>([-104]);
const EXP_HIGH: usize = memory.data<f32>([89]);
const ONE: usize = memory.data<f32>([1]);
const EXPM1_LOW: usize = memory.data<f32>([-32]);
const TANH_LOW: usize = memory.data<f32>([-9.1]);
const TANH_HIGH: usize = memory.data<f32>([9.1]);
const MINUS_ONE: usize = memory.data<f32>([-1]);
const ZERO: usize = memory.data<f32>([0]);
const ROOT_HALF: usize = memory.data<f32>([0.70710678118654752]);
const DENSITY: usize = memory.data<f32>([0.39894228040143268]);
const MINUS_HALF: usize = memory.data<f32>([-0.5]);
// Coefficients: E of e^r, 1/n!; P and Q of tanh; N of the normal distribution.
const E7: usize = memory.data<f32>([1.98412698e-4]);
const E6: usize = memory.data<f32>([1.38888889e-3]);
const E5: usize = memory.data<f32>([8.33333333e-3]);
const E4: usize = memory.data<f32>([4.16666667e-2]);
const E3: usize = memory.data<f32>([1.66666667e-1]);
const P4: usize = memory.data<f32>([1.31775276e-8]);
const P3: usize = memory.data<f32>([2.048118969e-5]);
const P2: usize = memory.data<f32>([0.003487811179]);
const P1: usize = memory.data<f32>([0.1337447527]);
const P0: usize = memory.data<f32>([0.9999999772]);
const Q4: usize = memory.data<f32>([7.70404805e-7]);
const Q3: usize = memory.data<f32>([0.000327292044]);
const Q2: usize = memory.data<f32>([0.025847389]);
const Q1: usize = memory.data<f32>([0.4670778905]);
const N9: usize = memory.data<f32>([-0.05505130049]);
const N8: usize = memory.data<f32>([0.2639031276]);
const N7: usize = memory.data<f32>([-0.4414777182]);
const N6: usize = memory.data<f32>([0.2211910494]);
const N5: usize = memory.data<f32>([0.01707762025]);
const N4: usize = memory.data<f32>([0.1812498934]);
const N3: usize = memory.data<f32>([0.2497935011]);
const N2: usize = memory.data<f32>([0.281098429]);
const N1: usize = memory.data<f32>([0.282221377]);
const N0: usize = memory.data<f32>([-6.011319881e-6]);

/** 2^k for the integers k that `rounded` (ROUNDER + k) holds, −126 ≤ k ≤ 127. */
// @ts-ignore: decorator
@inline
function powerOfTwo(k: v128): v128 {
  return i32x4.shl(i32x4.add(k, i32x4.splat(127)), 23);
}

/** e^r − 1 for |r| ≤ ½ ln 2: r + r²·(1/2! + r/3! + … + r⁵/7!); the first term left out is below 5.2e-9. */
// @ts-ignore: decorator
@inline
function expm1OfRemainder(r: v128): v128 {
  let p = constant(E7);
  p = multiplyAdd(p, r, constant(E6));
  p = multiplyAdd(p, r, constant(E5));
  p = multiplyAdd(p, r, constant(E4));
  p = multiplyAdd(p, r, constant(E3));
  p = multiplyAdd(p, r, constant(HALF));
  return multiplyAdd(f32x4.mul(r, r), p, r);
}

/** e^x: x = k·ln 2 + r, e^x = 2^k·e^r. Within 1.5 units; overflows to infinity, and underflows through the subnormals to 0. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const bounded = atMost(atLeast(x, constant(EXP_LOW)), constant(EXP_HIGH));
  const rounded = multiplyAdd(bounded, constant(LOG2_E), constant(ROUNDER));
  const k = f32x4.sub(rounded, constant(ROUNDER));
  const r = subtractProduct(k, constant(LN2_LOW), subtractProduct(k, constant(LN2_HIGH), bounded));
  const whole = i32x4.sub(rounded, constant(ROUNDER)); // the bits of the one minus those of the other: k as integers
  // Two factors, since 2^k alone may be subnormal or overflow where the product does not.
  const half = i32x4.shr_s(whole, 1);
  const e = f32x4.mul(f32x4.add(expm1OfRemainder(r), constant(ONE)), powerOfTwo(half));
  return f32x4.mul(e, powerOfTwo(i32x4.sub(whole, half)));
}

/** e^x − 1 for x ≤ 0, accurate near 0 too: 2^k·(e^r − 1) + (2^k − 1). Within 2 units. */
// @ts-ignore: decorator
@inline
export function expm1OfNegative(x: v128): v128 {
  const bounded = atLeast(x, constant(EXPM1_LOW)); // below it the result rounds to −1
  const rounded = multiplyAdd(bounded, constant(LOG2_E), constant(ROUNDER));
  const k = f32x4.sub(rounded, constant(ROUNDER));
  const r = subtractProduct(k, constant(LN2_LOW), subtractProduct(k, constant(LN2_HIGH), bounded));
  const scale = powerOfTwo(i32x4.sub(rounded, constant(ROUNDER)));
  return multiplyAdd(scale, expm1OfRemainder(r), f32x4.sub(scale, constant(ONE)));
}

/**
 * tanh x = x·p(x²)/q(x²), both of degree 4, a minimax fit on |x| ≤ 9.1 (relative error 2.3e-8), beyond which it rounds to ±1.
 * Within 6 units; never outside [−1, 1], so that no slope 1 − a² is negative.
 */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const bounded = atMost(atLeast(x, constant(TANH_LOW)), constant(TANH_HIGH));
  const s = f32x4.mul(bounded, bounded);
  let p = constant(P4);
  p = multiplyAdd(p, s, constant(P3));
  p = multiplyAdd(p, s, constant(P2));
  p = multiplyAdd(p, s, constant(P1));
  p = multiplyAdd(p, s, constant(P0));
  let q = constant(Q4);
  q = multiplyAdd(q, s, constant(Q3));
  q = multiplyAdd(q, s, constant(Q2));
  q = multiplyAdd(q, s, constant(Q1));
  q = multiplyAdd(q, s, constant(ONE));
  const quotient = f32x4.div(f32x4.mul(bounded, p), q);
  return atMost(atLeast(quotient, constant(MINUS_ONE)), constant(ONE));
}

/** 1 / (1 + e^−x), from e^−|x|, which does not overflow: 1/(1 + e) for x ≥ 0, e/(1 + e) below. Within 3 units. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const e = exp(f32x4.neg(f32x4.abs(x)));
  const numerator = v128.bitselect(e, constant(ONE), f32x4.lt(x, constant(ZERO)));
  return f32x4.div(numerator, f32x4.add(e, constant(ONE)));
}

/**
 * The standard normal distribution function Φ(x) = ½·erfc(−x/√2). With z = |x|/√2 and t = 1/(1 + z/2),
 * erfc z = e^(−z²)·p(t), p a minimax fit of degree 9 on z ≤ 10 (relative error 3.3e-8; the degree below has 2.9e-7).
 */
// @ts-ignore: decorator
@inline
export function normalDistribution(x: v128): v128 {
  const z = f32x4.mul(f32x4.abs(x), constant(ROOT_HALF));
  const t = f32x4.div(constant(ONE), multiplyAdd(z, constant(HALF), constant(ONE)));
  let p = constant(N9);
  p = multiplyAdd(p, t, constant(N8));
  p = multiplyAdd(p, t, constant(N7));
  p = multiplyAdd(p, t, constant(N6));
  p = multiplyAdd(p, t, constant(N5));
  p = multiplyAdd(p, t, constant(N4));
  p = multiplyAdd(p, t, constant(N3));
  p = multiplyAdd(p, t, constant(N2));
  p = multiplyAdd(p, t, constant(N1));
  p = multiplyAdd(p, t, constant(N0));
  const tail = f32x4.mul(f32x4.mul(constant(HALF), p), exp(f32x4.neg(f32x4.mul(z, z))));
  return v128.bitselect(tail, f32x4.sub(constant(ONE), tail), f32x4.lt(x, constant(ZERO)));
}

/** The density of the standard normal distribution: e^(−x²/2) / √(2π) */
// @ts-ignore: decorator
@inline
export function normalDensity(x: v128): v128 {
  return f32x4.mul(constant(DENSITY), exp(f32x4.mul(f32x4.mul(x, x), constant(MINUS_HALF))));
}
