/*
 * Products of subnormal numbers, without the hundred cycles and more that a processor takes for each.
 *
 * The moments of a parameter whose gradient has become zero (a dead relu) decay to subnormal numbers, and rounding keeps them there. In bench:training's w1 after
 * 80 epochs 9 % of them were subnormal, and updates took half of a training step.
 */
#ifndef SUBNORMAL_H
#define SUBNORMAL_H

#include "lanes.h"

/* Half as many lanes, which as float64 fill a vector. */
#define HALF (LANES / 2)
typedef double vd __attribute__((vector_size(8 * HALF)));
typedef int64_t vl __attribute__((vector_size(8 * HALF)));
typedef float half_f __attribute__((vector_size(4 * HALF)));
typedef int32_t half_i __attribute__((vector_size(4 * HALF)));

/* Bits of float32 numbers. */
#define SIGN ((int32_t)0x80000000)
#define LEAST_NORMAL 0x00800000 /* 2^-126 */
#define SMALL 0x0d800000        /* 2^-100 */
#define WEIGHTY 0x2b800000      /* 2^-40 */

INLINE vi magnitude_of(vf x) { return (vi)x & ~SIGN; }

/* Lanes whose products may be subnormal: below 2^-100, and not zero. */
INLINE vi small_lanes(vf x) { return (magnitude_of(x) < SMALL) & (magnitude_of(x) != 0); }

INLINE vf where(vi mask, vf x) { return (vf)((vi)x & mask); }

/*
 * The bits of factor·x for magnitudes x < 2^-100, rounded once to nearest even as a float32 product is: in float64, where nothing here is
 * subnormal.
 */
INLINE half_i small_magnitudes(double factor, half_i magnitude) {
  half_i subnormal = magnitude < LEAST_NORMAL;
  vd exact = __builtin_convertvector((half_f)(magnitude & ~subnormal), vd) +
             __builtin_convertvector(magnitude & subnormal, vd) * 0x1p-149;
  exact *= factor;
  /* Added to this, a float64 has no bits below 2^-149: it is rounded to a multiple of the least float32, whose bits that multiple is. */
  const vd rounder = (vd){0} + 0x1.8p-97;
  vl multiples = (vl)(exact + rounder) - (vl)rounder;
  vl is_subnormal = exact < 0x1p-126;
  half_f normal = __builtin_convertvector((vd)((vl)exact & ~is_subnormal), half_f);
  return (half_i)normal | __builtin_convertvector(multiples & is_subnormal, half_i);
}

static vf small_product(float factor, vf x) {
  vi magnitude = magnitude_of(x), bits;
  half_i halves[2];
  memcpy(halves, &magnitude, sizeof halves);
  for (int i = 0; i < 2; i++) halves[i] = small_magnitudes((double)__builtin_fabsf(factor), halves[i]);
  memcpy(&bits, halves, sizeof bits);
  union { float f; int32_t i; } sign = {factor};
  return (vf)(bits | (((vi)x ^ sign.i) & SIGN));
}

/* x·factor + y, the same bits as multiply_add. */
INLINE vf decayed(float factor, vf x, vf y) {
  vi small = small_lanes(x);
  if (!any(small)) return multiply_add(splat(factor), x, y);
#ifdef FUSED
  /* The product is all there is to round where y is zero. Else both decide, which is rare. */
  if (any(small & (y != 0.0f))) return multiply_add(splat(factor), x, y);
#endif
  vf others = multiply_add(splat(factor), where(~small, x), y);
  return choose(small, y + small_product(factor, where(small, x)), others);
}

/* Whether w − step is w wherever |x| is small and |step| ≤ 2^34·|x|: a weight of 2^-40 has no bits so far down. */
INLINE bool outweighs(vf w, vi small) { return !any(small & (magnitude_of(w) < WEIGHTY)); }

#endif
