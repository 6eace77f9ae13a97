/* How the outputs of a layer spread: the bits of src/nn/kernels/spread.ts, all in float64. */
#ifndef SPREAD_H
#define SPREAD_H

#include "panel.h"
#include "subnormal.h"

struct spread {
  double sum, squares, between, dead, beyond;
};

/* Of LANES rows, a lane each: sums over their columns, and how many numbers are beyond the limits. */
struct row_sums {
  double sum[LANES], squares[LANES];
  int64_t beyond[LANES];
};

/* The sum of a row runs in the order of its columns, so rows are turned: their sums do not wait for each other. */
static void measure_rows(const float *a, ptrdiff_t row, int there, int H, double low, double high, struct row_sums *sums) {
  float panel[BLOCK * LANES] __attribute__((aligned(64)));
  vd sum[2] = {0}, squares[2] = {0};
  vl beyond[2] = {0};
  for (int k = 0; k < H; k += BLOCK) {
    int terms = lesser(BLOCK, H - k);
    turn_panel(panel, a + k, row, LANES, there, terms);
    for (int j = 0; j < terms; j++) {
#pragma GCC unroll 2
      for (int half = 0; half < 2; half++) {
        half_f column;
        memcpy(&column, panel + j * LANES + half * HALF, sizeof column);
        vd x = __builtin_convertvector(column, vd);
        sum[half] += x;
        squares[half] += x * x;
        beyond[half] -= (vl)(x < low) | (vl)(x > high);
      }
    }
  }
  memcpy(sums->sum, sum, sizeof sum);
  memcpy(sums->squares, squares, sizeof squares);
  memcpy(sums->beyond, beyond, sizeof beyond);
}

/* Columns that are zero in every row; NaN is not zero. Padding counts as alive. */
static int count_dead(const float *a, int N, int H) {
  ptrdiff_t row = stride(H);
  int used = padded(H), count = 0;
  vi dead = {0};
  for_row(j, here, used) {
    vi alive = ~lanes_below(H, j);
    for (int i = 0; i < N && any(~alive); i++) alive |= load_here(a + i * row + j, here) != 0.0f;
    dead -= ~alive;
  }
  for (int lane = 0; lane < LANES; lane++) count += dead[lane];
  return count;
}

static struct spread spread(const float *a, int N, int H, double low, double high) {
  ptrdiff_t row = stride(H);
  struct spread all = {0};
  for (int i = 0; i < N; i += LANES) {
    int there = lesser(LANES, N - i);
    struct row_sums sums;
    measure_rows(a + i * row, row, there, H, low, high, &sums);
    /* Lanes without a row hold zeros, which may be beyond the limits. */
    for (int lane = 0; lane < there; lane++) {
      double mean = sums.sum[lane] / (double)H, variance = sums.squares[lane] / (double)H - mean * mean;
      all.sum += sums.sum[lane];
      all.squares += sums.squares[lane];
      all.between += variance <= 0 ? 0 : variance; /* NaN stays */
      all.beyond += (double)sums.beyond[lane];
    }
  }
  all.dead = count_dead(a, N, H);
  return all;
}

#endif
