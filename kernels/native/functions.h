/* exp and its relatives on all lanes: the formulas and constants of kernels/functions.ts, which says what they come from and how exact they are. */
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include "lanes.h"

/* 1.5·2^23 */
#define ROUNDER 12582912.0f

/* p·x + c */
#define STEP(p, x, c) multiply_add(p, x, splat(c))

/* 2^k for the integers k, −126 ≤ k ≤ 127. */
INLINE vf power_of_two(vi k) { return (vf)((k + 127) << 23); }

/* e^r − 1 for |r| ≤ ½ ln 2 */
INLINE vf expm1_of_remainder(vf r) {
  vf p = splat(1.98412698e-4f);
  p = STEP(p, r, 1.38888889e-3f);
  p = STEP(p, r, 8.33333333e-3f);
  p = STEP(p, r, 4.16666667e-2f);
  p = STEP(p, r, 1.66666667e-1f);
  p = STEP(p, r, 0.5f);
  return multiply_add(r * r, p, r);
}

/* x = k·ln 2 + r: the remainder r, and the integers k. */
INLINE vf reduced(vf x, vi *k) {
  vf rounded = multiply_add(x, splat(1.44269504088896341f), splat(ROUNDER));
  vf whole = rounded - ROUNDER;
  *k = (vi)rounded - (vi)splat(ROUNDER);
  vf high = subtract_product(whole, splat(0.693359375f), x);
  return subtract_product(whole, splat(-2.12194440e-4f), high);
}

INLINE vf exponential(vf x) {
  vi k;
  vf r = reduced(lesser_of(greater_of(x, splat(-104)), splat(89)), &k);
  vi half = k >> 1;
  vf e = (expm1_of_remainder(r) + 1.0f) * power_of_two(half);
  return e * power_of_two(k - half);
}

/* e^x − 1 for x ≤ 0 */
INLINE vf expm1_of_negative(vf x) {
  vi k;
  vf r = reduced(greater_of(x, splat(-32)), &k);
  vf scale = power_of_two(k);
  return multiply_add(scale, expm1_of_remainder(r), scale - 1.0f);
}

INLINE vf hyperbolic_tangent(vf x) {
  vf bounded = lesser_of(greater_of(x, splat(-9.1f)), splat(9.1f));
  vf s = bounded * bounded;
  vf p = splat(1.31775276e-8f);
  p = STEP(p, s, 2.048118969e-5f);
  p = STEP(p, s, 0.003487811179f);
  p = STEP(p, s, 0.1337447527f);
  p = STEP(p, s, 0.9999999772f);
  vf q = splat(7.70404805e-7f);
  q = STEP(q, s, 0.000327292044f);
  q = STEP(q, s, 0.025847389f);
  q = STEP(q, s, 0.4670778905f);
  q = STEP(q, s, 1.0f);
  return lesser_of(greater_of(bounded * p / q, splat(-1)), splat(1));
}

INLINE vf sigmoid(vf x) {
  vf e = exponential(-absolute(x));
  return choose(x < 0.0f, e, splat(1)) / (e + 1.0f);
}

/* The standard normal distribution function. */
INLINE vf normal_distribution(vf x) {
  vf z = absolute(x) * 0.70710678118654752f;
  vf t = 1.0f / multiply_add(z, splat(0.5f), splat(1));
  vf p = splat(-0.05505130049f);
  p = STEP(p, t, 0.2639031276f);
  p = STEP(p, t, -0.4414777182f);
  p = STEP(p, t, 0.2211910494f);
  p = STEP(p, t, 0.01707762025f);
  p = STEP(p, t, 0.1812498934f);
  p = STEP(p, t, 0.2497935011f);
  p = STEP(p, t, 0.281098429f);
  p = STEP(p, t, 0.282221377f);
  p = STEP(p, t, -6.011319881e-6f);
  vf tail = 0.5f * p * exponential(-(z * z));
  return choose(x < 0.0f, tail, 1.0f - tail);
}

/* The density of the standard normal distribution. */
INLINE vf normal_density(vf x) { return 0.39894228040143268f * exponential(x * x * -0.5f); }

#undef STEP
#endif
