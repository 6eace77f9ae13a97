/* A panel of a factor: up to BLOCK terms × WIDTH columns, copied or turned so that a tile's loop reads one row after the other. */
#ifndef PANEL_H
#define PANEL_H

#include "lanes.h"

/* Columns of a tile. */
#define WIDTH (2 * LANES)
/* Terms summed in one go; more are added to what is there, which changes no bits. A panel of them stays in the first cache. */
#define BLOCK 256

INLINE int lesser(int a, int b) { return a < b ? a : b; }

/* Room for a panel of b, on the stack: finding memory of the thread would take longer than multiplying small matrices. */
#define PANEL(name) float name[BLOCK * WIDTH] __attribute__((aligned(64)))

/* Copies `terms` rows of `columns` numbers to the panel. */
static void copy_panel(float *panel, const float *b, ptrdiff_t b_term, int terms, int columns) {
  for (int k = 0; k < terms; k++)
    for_row(j, here, columns) store_here(panel + k * columns + j, load_here(b + k * b_term + j, here), here);
}

/* Four numbers of each of LANES / 4 rows, 4·row apart, of which `there` are there; the others are zeros. */
INLINE vf fours(const float *at, ptrdiff_t row, int there) {
  static const float none[4];
  const float *from[LANES / 4];
#pragma GCC unroll 4
  for (int q = 0; q < LANES / 4; q++) from[q] = 4 * q < there ? at + 4 * q * row : none;
#if LANES == 16
  __m512 x = _mm512_castps128_ps512(_mm_loadu_ps(from[0]));
  x = _mm512_insertf32x4(x, _mm_loadu_ps(from[1]), 1);
  x = _mm512_insertf32x4(x, _mm_loadu_ps(from[2]), 2);
  return (vf)_mm512_insertf32x4(x, _mm_loadu_ps(from[3]), 3);
#elif LANES == 8
  return (vf)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from[0])), _mm_loadu_ps(from[1]), 1);
#else
  return load4(from[0]);
#endif
}

/* In every four lanes x[0] y[0] x[1] y[1] (low) and x[2] y[2] x[3] y[3] (high). */
INLINE vf low_pairs(vf x, vf y) {
#if LANES == 16
  return (vf)_mm512_unpacklo_ps((__m512)x, (__m512)y);
#elif LANES == 8
  return (vf)_mm256_unpacklo_ps((__m256)x, (__m256)y);
#else
  return (vf){x[0], y[0], x[1], y[1]};
#endif
}
INLINE vf high_pairs(vf x, vf y) {
#if LANES == 16
  return (vf)_mm512_unpackhi_ps((__m512)x, (__m512)y);
#elif LANES == 8
  return (vf)_mm256_unpackhi_ps((__m256)x, (__m256)y);
#else
  return (vf){x[2], y[2], x[3], y[3]};
#endif
}
/* In every four lanes x[0] x[1] y[0] y[1] (low) and x[2] x[3] y[2] y[3] (high). */
INLINE vf low_halves(vf x, vf y) {
#if LANES == 16
  return (vf)_mm512_shuffle_ps((__m512)x, (__m512)y, 0x44);
#elif LANES == 8
  return (vf)_mm256_shuffle_ps((__m256)x, (__m256)y, 0x44);
#else
  return (vf){x[0], x[1], y[0], y[1]};
#endif
}
INLINE vf high_halves(vf x, vf y) {
#if LANES == 16
  return (vf)_mm512_shuffle_ps((__m512)x, (__m512)y, 0xee);
#elif LANES == 8
  return (vf)_mm256_shuffle_ps((__m256)x, (__m256)y, 0xee);
#else
  return (vf){x[2], x[3], y[2], y[3]};
#endif
}

/* Up to LANES rows, of which `there` are there, become columns of `to`, whose rows are to_row apart and have room for `here` of them. */
INLINE void turn_rows(const float *from, ptrdiff_t row, int there, float *to, ptrdiff_t to_row, int here, int terms) {
  for (int j = 0; j < terms; j += 4) {
    vf x0 = fours(from + j, row, there), x1 = fours(from + j + row, row, there - 1);
    vf x2 = fours(from + j + 2 * row, row, there - 2), x3 = fours(from + j + 3 * row, row, there - 3);
    vf low01 = low_pairs(x0, x1), low23 = low_pairs(x2, x3), high01 = high_pairs(x0, x1), high23 = high_pairs(x2, x3);
    store_here(to, low_halves(low01, low23), here);
    store_here(to + to_row, high_halves(low01, low23), here);
    store_here(to + 2 * to_row, low_halves(high01, high23), here);
    store_here(to + 3 * to_row, high_halves(high01, high23), here);
    to += 4 * to_row;
  }
}

/* `rows` rows of W, a multiple of four, become the columns of the panel; rows beyond `there` are zeros. */
static void turn_panel(float *panel, const float *weight, ptrdiff_t row, int rows, int there, int terms) {
  for_row(r, here, rows) {
    const float *from = weight + r * row;
    if (there - r >= LANES) turn_rows(from, row, LANES, panel + r, rows, LANES, terms);
    else turn_rows(from, row, there - r, panel + r, rows, here, terms);
  }
}

#endif
