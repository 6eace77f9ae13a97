/* The optimizers' steps and what else is done number by number to whole arrays; formulas in kernels/updates.ts and vectors.ts. */
#ifndef UPDATES_H
#define UPDATES_H

#include "subnormal.h"

/* Every array of parameters is padded to fours, and the padding's gradients are zeros. */
#define for_array(i, here, count) for_row(i, here, ((count) + 3) & ~3)

static void update_sgd(float *w, const float *g, int count, float rate) {
  vf eta = splat(rate);
  for_array(i, here, count) store_here(w + i, subtract_product(eta, load_here(g + i, here), load_here(w + i, here)), here);
}

static void update_momentum(float *w, const float *g, float *v, int count, float rate, float momentum, bool nesterov) {
  vf eta = splat(rate);
  bool is_bounded = rate < 0x1p34f;
  for_array(i, here, count) {
    vf gradient = load_here(g + i, here), weight = load_here(w + i, here);
    vf velocity = decayed(momentum, load_here(v + i, here), gradient);
    store_here(v + i, velocity, here);
    vf direction = nesterov ? decayed(momentum, velocity, gradient) : velocity;
    vi small = small_lanes(direction);
    if (any(small) && is_bounded && outweighs(weight, small)) direction = where(~small, direction);
    store_here(w + i, subtract_product(eta, direction, weight), here);
  }
}

/* adagrad (decay = gain = 1) and rmsprop (gain = 1 − decay) */
static void update_by_squares(
    float *w, const float *g, float *s, int count, float rate, float decay, float gain, float epsilon) {
  vf keep = splat(decay);
  for_array(i, here, count) {
    vf gradient = load_here(g + i, here);
    vf squares = multiply_add(keep, load_here(s + i, here), gain * gradient * gradient);
    store_here(s + i, squares, here);
    vf step = rate * gradient / (square_root(squares) + epsilon);
    store_here(w + i, load_here(w + i, here) - step, here);
  }
}

/* With `rate` = η/c₁ and `root_scale` = 1/√c₂. */
static void update_adam(
    float *w, const float *g, float *m, float *s, int count, float rate, float beta1, float gain1, float beta2, float gain2,
    float epsilon, float root_scale) {
  vf b2 = splat(beta2), root = splat(root_scale), eps = splat(epsilon);
  bool is_bounded = rate < 0x1p34f * epsilon;
  for_array(i, here, count) {
    vf gradient = load_here(g + i, here), weight = load_here(w + i, here);
    vf mean = decayed(beta1, load_here(m + i, here), gain1 * gradient);
    vf squares = multiply_add(b2, load_here(s + i, here), gain2 * gradient * gradient);
    store_here(m + i, mean, here);
    store_here(s + i, squares, here);
    vi small = small_lanes(mean);
    if (any(small) && is_bounded && outweighs(weight, small)) mean = where(~small, mean);
    vf step = rate * mean / multiply_add(square_root(squares), root, eps);
    store_here(w + i, weight - step, here);
  }
}

static double precise_sum_of_squares(const float *x, int from, int to) {
  double total = 0;
  for (int i = from; i < to; i++) total += (double)x[i] * (double)x[i];
  return total;
}

#define RUN_LENGTH 256
/* Runs that are summed at once: the additions of one alone would wait for each other. */
#define RUNS_AT_ONCE (LANES / 4)

/* total + the sums of `runs` runs of `length` numbers, a multiple of sixteen: a run in sixteen float32 sums, the runs in float64. */
INLINE double sum_of_runs(double total, const float *x, int runs, int length) {
  vf sums[RUNS_AT_ONCE][16 / LANES] = {0};
  for (int i = 0; i < length; i += 16)
#pragma GCC unroll 4
    for (int r = 0; r < runs; r++)
#pragma GCC unroll 4
      for (int v = 0; v < 16 / LANES; v++) {
        vf one = load(x + r * RUN_LENGTH + i + v * LANES);
        sums[r][v] = multiply_add(one, one, sums[r][v]);
      }
  for (int r = 0; r < runs; r++) {
    float lanes[16];
    memcpy(lanes, sums[r], sizeof lanes);
    f4 run = (load4(lanes) + load4(lanes + 4)) + (load4(lanes + 8) + load4(lanes + 12));
    total += (double)sum_lanes(run);
  }
  return total;
}

/* kernels/vectors.ts says what of it is taken again. */
static double sum_of_squares(const float *x, int count) {
  int wholes = count & ~15, at = 0;
  double total = 0;
  for (; at + RUNS_AT_ONCE * RUN_LENGTH <= wholes; at += RUNS_AT_ONCE * RUN_LENGTH) total = sum_of_runs(total, x + at, RUNS_AT_ONCE, RUN_LENGTH);
  for (; at < wholes; at += RUN_LENGTH) total = sum_of_runs(total, x + at, 1, at + RUN_LENGTH < wholes ? RUN_LENGTH : wholes - at);
  total += precise_sum_of_squares(x, wholes, count);
  return total > 1e-30 && total < __builtin_inf() ? total : precise_sum_of_squares(x, 0, count);
}

static void scale(float *x, float factor, int count) {
  int wholes = count & ~3;
  for_row(i, here, wholes) store_here(x + i, factor * load_here(x + i, here), here);
  for (int i = wholes; i < count; i++) x[i] *= factor;
}

static void add_scaled(const float *x, float factor, float *y, int count) {
  vf f = splat(factor);
  int wholes = count & ~3;
  for_row(i, here, wholes) store_here(y + i, multiply_add(f, load_here(x + i, here), load_here(y + i, here)), here);
  for (int i = wholes; i < count; i++) y[i] = y[i] + factor * x[i]; /* two roundings, as in kernels/vectors.ts */
}

INLINE void prefetch(const float *at, size_t bytes) {
  for (size_t byte = 0; byte < bytes; byte += 64) __builtin_prefetch((const char *)at + byte);
}

static void gather(const float *from, const int32_t *order, float *to, int N, int D) {
  ptrdiff_t row = stride(D);
  int used = padded(D);
  for (int i = 0; i < N; i++, to += row) {
    /* Rows in a random order are not foreseen by the processor. */
    if (i + 1 < N) prefetch(from + order[i + 1] * row, 4 * (size_t)used);
    const float *one = from + order[i] * row;
    for_row(j, here, used) store_here(to + j, load_here(one + j, here), here);
  }
}

static void gather_integers(const int32_t *from, const int32_t *order, int32_t *to, int N) {
  for (int i = 0; i < N; i++) to[i] = from[order[i]];
}

#endif
