/** exp and its relatives on four lanes. Errors are in units of the last place of a float32, measured over every exponent. */
import { atLeast, atMost, multiplyAdd, subtractProduct } from './lanes';

const LOG2_E: f32 = 1.44269504088896341;
/** The leading 9 bits of ln 2, so that k·LN2_HIGH is exact for |k| < 2^15, and the rest. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;
/** Adding 1.5·2^23 leaves a float32 no bits below the point: it rounds to an integer, which then stands in the low bits. */
const ROUNDER: f32 = 12582912;

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
  let p = f32x4.splat(1.98412698e-4); // 1/7!
  p = multiplyAdd(p, r, f32x4.splat(1.38888889e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.33333333e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.16666667e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.66666667e-1));
  p = multiplyAdd(p, r, f32x4.splat(0.5));
  return multiplyAdd(f32x4.mul(r, r), p, r);
}

/** e^x: x = k·ln 2 + r, e^x = 2^k·e^r. Within 1.5 units; overflows to infinity, and underflows through the subnormals to 0. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const bounded = atMost(atLeast(x, f32x4.splat(-104)), f32x4.splat(89));
  const rounded = multiplyAdd(bounded, f32x4.splat(LOG2_E), f32x4.splat(ROUNDER));
  const k = f32x4.sub(rounded, f32x4.splat(ROUNDER));
  const r = subtractProduct(k, f32x4.splat(LN2_LOW), subtractProduct(k, f32x4.splat(LN2_HIGH), bounded));
  const whole = i32x4.sub(rounded, f32x4.splat(ROUNDER)); // the bits of the one minus those of the other: k as integers
  // Two factors, since 2^k alone may be subnormal or overflow where the product does not.
  const half = i32x4.shr_s(whole, 1);
  const e = f32x4.mul(f32x4.add(expm1OfRemainder(r), f32x4.splat(1)), powerOfTwo(half));
  return f32x4.mul(e, powerOfTwo(i32x4.sub(whole, half)));
}

/** e^x − 1 for x ≤ 0, accurate near 0 too: 2^k·(e^r − 1) + (2^k − 1). Within 2 units. */
// @ts-ignore: decorator
@inline
export function expm1OfNegative(x: v128): v128 {
  const bounded = atLeast(x, f32x4.splat(-32)); // below it the result rounds to −1
  const rounded = multiplyAdd(bounded, f32x4.splat(LOG2_E), f32x4.splat(ROUNDER));
  const k = f32x4.sub(rounded, f32x4.splat(ROUNDER));
  const r = subtractProduct(k, f32x4.splat(LN2_LOW), subtractProduct(k, f32x4.splat(LN2_HIGH), bounded));
  const scale = powerOfTwo(i32x4.sub(rounded, f32x4.splat(ROUNDER)));
  return multiplyAdd(scale, expm1OfRemainder(r), f32x4.sub(scale, f32x4.splat(1)));
}

/** tanh |x| = −t / (t + 2) with t = e^(−2|x|) − 1, which neither overflows nor cancels; then the sign of x. Within 3 units. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const t = expm1OfNegative(f32x4.mul(f32x4.abs(x), f32x4.splat(-2)));
  const magnitude = f32x4.div(t, f32x4.add(t, f32x4.splat(2)));
  const sign = v128.and(x, i32x4.splat(0x80000000));
  return v128.or(f32x4.abs(magnitude), sign);
}

/** 1 / (1 + e^−x), from e^−|x|, which does not overflow: 1/(1 + e) for x ≥ 0, e/(1 + e) below. Within 3 units. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const e = exp(f32x4.neg(f32x4.abs(x)));
  const numerator = v128.bitselect(e, f32x4.splat(1), f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(numerator, f32x4.add(e, f32x4.splat(1)));
}

/**
 * The standard normal distribution function Φ(x) = ½·erfc(−x/√2). With z = |x|/√2 and t = 1/(1 + z/2),
 * erfc z = e^(−z²)·p(t), p a minimax fit of degree 9 on z ≤ 10 (relative error 3.3e-8; the degree below has 2.9e-7).
 */
// @ts-ignore: decorator
@inline
export function normalDistribution(x: v128): v128 {
  const z = f32x4.mul(f32x4.abs(x), f32x4.splat(0.70710678118654752));
  const t = f32x4.div(f32x4.splat(1), multiplyAdd(z, f32x4.splat(0.5), f32x4.splat(1)));
  let p = f32x4.splat(-0.05505130049);
  p = multiplyAdd(p, t, f32x4.splat(0.2639031276));
  p = multiplyAdd(p, t, f32x4.splat(-0.4414777182));
  p = multiplyAdd(p, t, f32x4.splat(0.2211910494));
  p = multiplyAdd(p, t, f32x4.splat(0.01707762025));
  p = multiplyAdd(p, t, f32x4.splat(0.1812498934));
  p = multiplyAdd(p, t, f32x4.splat(0.2497935011));
  p = multiplyAdd(p, t, f32x4.splat(0.281098429));
  p = multiplyAdd(p, t, f32x4.splat(0.282221377));
  p = multiplyAdd(p, t, f32x4.splat(-6.011319881e-6));
  const tail = f32x4.mul(f32x4.mul(f32x4.splat(0.5), p), exp(f32x4.neg(f32x4.mul(z, z))));
  return v128.bitselect(tail, f32x4.sub(f32x4.splat(1), tail), f32x4.lt(x, f32x4.splat(0)));
}

/** The density of the standard normal distribution: e^(−x²/2) / √(2π) */
// @ts-ignore: decorator
@inline
export function normalDensity(x: v128): v128 {
  return f32x4.mul(f32x4.splat(0.39894228040143268), exp(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5))));
}
