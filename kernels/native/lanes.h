/*
 * Vectors of LANES float32 numbers, as wide as the processor for which a file is compiled has them: what every kernel is made of.
 *
 * The kernels compute the bits of kernels/ (compiled to WebAssembly): a number is rounded in the same steps in the same order, whatever the
 * width. So nothing here may be reassociated, and with FUSED unset no multiplication may be fused with an addition (-ffp-contract=off).
 *
 * Strides are in numbers. Every row of a matrix is padded to a multiple of TILE numbers, so vectors of up to TILE lanes need no part loads
 * within a row; wider ones end in part of a vector.
 */
#ifndef LANES_H
#define LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#define LANES 16
#elif defined(__AVX2__)
#include <immintrin.h>
#define LANES 8
#else
#define LANES 4
#if defined(__ARM_NEON)
#include <arm_neon.h>
#else
#include <immintrin.h>
#endif
#endif

/* Columns to which rows are padded (kernels/lanes.ts). */
#define TILE 8

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));
typedef uint32_t vu __attribute__((vector_size(4 * LANES)));
typedef float vf_unaligned __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
/* Four lanes, where the order of a sum is by four. */
typedef float f4 __attribute__((vector_size(16)));
typedef int32_t i4 __attribute__((vector_size(16)));
typedef float f4_unaligned __attribute__((vector_size(16), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE int padded(int columns) { return (columns + TILE - 1) & ~(TILE - 1); }

/* Numbers from one row to the next; kernels/lanes.ts says why multiples of 64 are avoided. */
INLINE ptrdiff_t stride(int columns) {
  int whole = padded(columns);
  return whole % 64 == 0 ? whole + TILE : whole;
}

INLINE vf load(const float *at) { return *(const vf_unaligned *)at; }
INLINE void store(float *at, vf x) { *(vf_unaligned *)at = x; }
INLINE f4 load4(const float *at) { return *(const f4_unaligned *)at; }
INLINE void store4(float *at, f4 x) { *(f4_unaligned *)at = x; }

/* The first `count` lanes, 0 < count ≤ LANES; the others are zeros, and their memory is not touched. */
INLINE vf load_part(const float *at, int count) {
#if LANES == 16
  return _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), at);
#else
  vf x = {0};
  memcpy(&x, at, 4 * (size_t)count);
  return x;
#endif
}

INLINE void store_part(float *at, vf x, int count) {
#if LANES == 16
  _mm512_mask_storeu_ps(at, (__mmask16)((1u << count) - 1), x);
#else
  memcpy(at, &x, 4 * (size_t)count);
#endif
}

INLINE vf splat(float x) {
#if LANES == 16
  return (vf)_mm512_set1_ps(x);
#elif LANES == 8
  return (vf)_mm256_set1_ps(x);
#else
  return (vf){x, x, x, x};
#endif
}

INLINE vf choose(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }
INLINE f4 choose4(i4 mask, f4 yes, f4 no) { return (f4)((mask & (i4)yes) | (~mask & (i4)no)); }

/* a < b ? b : a, so that a NaN in a stays, and is passed over in b. */
INLINE vf greater_of(vf a, vf b) {
#if LANES == 16
  return (vf)_mm512_max_ps((__m512)b, (__m512)a);
#elif LANES == 8
  return (vf)_mm256_max_ps((__m256)b, (__m256)a);
#else
  return choose(a < b, b, a);
#endif
}

/* b < a ? b : a */
INLINE vf lesser_of(vf a, vf b) {
#if LANES == 16
  return (vf)_mm512_min_ps((__m512)b, (__m512)a);
#elif LANES == 8
  return (vf)_mm256_min_ps((__m256)b, (__m256)a);
#else
  return choose(b < a, b, a);
#endif
}

INLINE f4 greater_of4(f4 a, f4 b) { return choose4(a < b, b, a); }

/* The greatest lane, where none is NaN. */
INLINE float greatest_lane(vf x) {
#if LANES == 16
  __m256 eight = _mm256_max_ps(_mm512_castps512_ps256((__m512)x), _mm512_extractf32x8_ps((__m512)x, 1));
  f4 four = (f4)_mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
#elif LANES == 8
  f4 four = (f4)_mm_max_ps(_mm256_castps256_ps128((__m256)x), _mm256_extractf128_ps((__m256)x, 1));
#else
  f4 four = x;
#endif
  four = greater_of4(four, (f4){four[2], four[3], four[2], four[3]});
  return four[0] < four[1] ? four[1] : four[0];
}

INLINE vf square_root(vf x) {
#if LANES == 16
  return (vf)_mm512_sqrt_ps((__m512)x);
#elif LANES == 8
  return (vf)_mm256_sqrt_ps((__m256)x);
#elif defined(__ARM_NEON)
  return (vf)vsqrtq_f32((float32x4_t)x);
#else
  return (vf)_mm_sqrt_ps((__m128)x);
#endif
}

INLINE vf absolute(vf x) { return (vf)((vi)x & 0x7fffffff); }

/* a·b + c: two roundings, or one where FUSED. */
INLINE vf multiply_add(vf a, vf b, vf c) {
#ifndef FUSED
  return c + a * b;
#elif LANES == 16
  return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif LANES == 8
  return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
  return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#endif
}

/* c − a·b, rounded like `multiply_add`. */
INLINE vf subtract_product(vf a, vf b, vf c) {
#ifndef FUSED
  return c - a * b;
#elif LANES == 16
  return (vf)_mm512_fnmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif LANES == 8
  return (vf)_mm256_fnmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
  return (vf)vfmsq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#endif
}

/* A number's a·b + c in the steps of `multiply_add`. */
INLINE float multiply_add_one(float a, float b, float c) {
#ifdef FUSED
  return __builtin_fmaf(a, b, c);
#else
  return c + a * b;
#endif
}

/* The sum of four lanes in the one order of kernels/lanes.ts. */
INLINE float sum_lanes(f4 x) { return (x[0] + x[2]) + (x[1] + x[3]); }

/* All ones in the lanes j … that are below `columns`. */
INLINE vi lanes_below(int columns, int j) {
  vi lanes;
  for (int i = 0; i < LANES; i++) lanes[i] = i;
  return lanes < (vi){0} + (columns - j);
}

/* A bit for each lane of a mask, the first lane's the lowest. */
INLINE unsigned lane_bits(vi mask) {
#if LANES == 16
  return _mm512_movepi32_mask((__m512i)mask);
#elif LANES == 8
  return (unsigned)_mm256_movemask_ps((__m256)mask);
#elif defined(__ARM_NEON)
  return (mask[0] & 1u) | (mask[1] & 2u) | (mask[2] & 4u) | (mask[3] & 8u);
#else
  return (unsigned)_mm_movemask_ps((__m128)mask);
#endif
}

INLINE bool any(vi mask) { return lane_bits(mask) != 0; }

/*
 * `for_row(j, here, columns)` visits a row of `columns` numbers, a multiple of four, a vector at a time: `here` lanes of it are
 * there. Only the last visit has fewer than LANES.
 */
#define for_row(j, here, columns) \
  for (int j = 0, here = LANES; j < (columns) && (here = (columns) - j < LANES ? (columns) - j : LANES); j += LANES)

INLINE vf load_here(const float *at, int here) { return here == LANES ? load(at) : load_part(at, here); }
INLINE void store_here(float *at, vf x, int here) {
  if (here == LANES) store(at, x);
  else store_part(at, x, here);
}

#endif
