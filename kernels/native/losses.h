/*
 * Losses with their gradients, and the right answers; formulas in kernels/losses.ts.
 *
 * Logarithms are taken of products of rows, and by WebAssembly's function, since every C library has a logarithm of its own: a
 * loss stops when the product has become large, to be called again with the row from which it goes on.
 */
#ifndef LOSSES_H
#define LOSSES_H

#include "functions.h"
#include "panel.h"

/* A sum of which −ln(product) is still to be taken. */
struct loss {
  double sum;
  double product;
};

#define LARGE_PRODUCT 1e200

/* The greatest of `columns` numbers, passing over NaN; −∞ if there is none. */
INLINE float greatest(const float *x, int columns) {
  vf most = splat(-__builtin_inff());
  for_row(j, here, columns) {
    vf o = load_here(x + j, here);
    most = greater_of(most, choose(lanes_below(columns, j), o, splat(-__builtin_inff())));
  }
  return greatest_lane(most);
}

/* The first of `columns` numbers that is x, which is one of them. */
INLINE int place_of(float x, const float *in, int columns) {
  for_row(j, here, columns) {
    unsigned same = lane_bits((load_here(in + j, here) == splat(x)) & lanes_below(columns, j));
    if (same != 0) return j + __builtin_ctz(same);
  }
  return columns;
}

/*
 * The same bits with rows in the lanes, LANES rows at a time: for classes that do not fill a vector, and without sums and maxima across lanes, each of
 * whose steps waits for the one before it.
 */
static int softmax_of_few(
    const float *outputs, const int32_t *labels, float *d_outputs, int N, int C, int from, struct loss *loss) {
  float columns[LANES * LANES] __attribute__((aligned(64)));
  ptrdiff_t row = stride(C);
  int used = padded(C), fours = (C + 3) & ~3;
  for (int i = from; i < N; i += LANES) {
    const float *o = outputs + i * row;
    float *d = d_outputs + i * row;
    int there = lesser(LANES, N - i), turned = there & ~3;
    turn_rows(o, row, there, columns, LANES, LANES, fours);
    vf most = splat(-__builtin_inff());
    for (int j = 0; j < C; j++) most = greater_of(most, load(columns + j * LANES));
    vf sums[4] = {0};
    for (int j = 0; j < fours; j++) {
      vf e = j < C ? exponential(load(columns + j * LANES) - most) : splat(0);
      store(columns + j * LANES, e);
      sums[j & 3] += e;
    }
    vf sum = (sums[0] + sums[2]) + (sums[1] + sums[3]);
    vf scale = 1.0f / (sum * (float)N);
    vi label = (vi)load_here((const float *)(labels + i), there);
    for (int j = 0; j < fours; j++) {
      vf gradient = load(columns + j * LANES) * scale;
      store(columns + j * LANES, choose(label == j, gradient - 1.0f / (float)N, gradient));
    }
    turn_rows(columns, LANES, fours, d, row, used, turned);
    for (int r = turned; r < there; r++)
      for (int j = 0; j < used; j++) d[r * row + j] = j < fours ? columns[j * LANES + r] : 0;
    for (int r = 0; r < there; r++) {
      loss->sum -= (double)(o[r * row + labels[i + r]] - most[r]);
      loss->product *= (double)sum[r];
      if (!(loss->product < LARGE_PRODUCT)) return i + r + 1;
    }
  }
  return N;
}

/* Returns the number of rows that are done. */
static int softmax_cross_entropy(
    const float *outputs, const int32_t *labels, float *d_outputs, int N, int C, int from, struct loss *loss) {
  if (padded(C) <= LANES) return softmax_of_few(outputs, labels, d_outputs, N, C, from, loss);
  ptrdiff_t row = stride(C);
  int used = padded(C), fours = (C + 3) & ~3;
  for (int i = from; i < N; i++) {
    const float *o = outputs + i * row;
    float *d = d_outputs + i * row;
    float most = greatest(o, C);
    for_row(j, here, used) {
      vf e = exponential(load_here(o + j, here) - most);
      store_here(d + j, (vf)((vi)e & lanes_below(C, j)), here);
    }
    f4 sums = {0};
    for (int j = 0; j < fours; j += 4) sums += load4(d + j);
    float sum = sum_lanes(sums);
    float scale = 1.0f / (sum * (float)N);
    for_row(j, here, used) store_here(d + j, (vf)((vi)(load_here(d + j, here) * scale) & lanes_below(fours, j)), here);
    d[labels[i]] -= 1.0f / (float)N;
    loss->sum -= (double)(o[labels[i]] - most);
    loss->product *= (double)sum;
    if (!(loss->product < LARGE_PRODUCT)) return i + 1;
  }
  return N;
}

/* Returns the number of outputs that are done, row by row. */
static int binary_cross_entropy(
    const float *outputs, const float *targets, float *d_outputs, int N, int C, int from, struct loss *loss) {
  ptrdiff_t row = stride(C);
  int used = padded(C);
  float scale = 1.0f / ((float)N * (float)C);
  for (int i = from / C; i < N; i++) {
    const float *o = outputs + i * row, *t = targets + i * row;
    float *d = d_outputs + i * row;
    int first = i == from / C ? from % C : 0;
    if (first == 0) {
      for_row(j, here, used) {
        vf x = load_here(o + j, here);
        vf gradient = (sigmoid(x) - load_here(t + j, here)) * scale;
        store_here(d + j, (vf)((vi)gradient & lanes_below(C, j)), here);
      }
    }
    for (int j = first; j < C; j++) {
      float positive = o[j] == 0.0f ? 0.0f : (o[j] < 0.0f ? 0.0f : o[j]);
      loss->sum += (double)positive - (double)o[j] * (double)t[j];
      loss->product *= 1 + (double)exponential(splat(-__builtin_fabsf(o[j])))[0];
      if (!(loss->product < LARGE_PRODUCT)) return i * C + j + 1;
    }
  }
  return N * C;
}

static double mean_squared_error(const float *outputs, const float *targets, float *d_outputs, int N, int C) {
  ptrdiff_t row = stride(C);
  int used = padded(C);
  double count = (double)N * (double)C, sum = 0;
  float scale = (float)(2 / count);
  for (int i = 0; i < N; i++, outputs += row, targets += row, d_outputs += row) {
    for_row(j, here, used) {
      vf error = load_here(outputs + j, here) - load_here(targets + j, here);
      store_here(d_outputs + j, (vf)((vi)(error * scale) & lanes_below(C, j)), here);
    }
    for (int j = 0; j < C; j++) {
      double error = (double)outputs[j] - (double)targets[j];
      sum += error * error;
    }
  }
  return sum / count;
}

/* The same counts with rows in the lanes. */
static int count_correct_of_few(const float *outputs, const int32_t *labels, int N, int C) {
  float columns[LANES * LANES] __attribute__((aligned(64)));
  ptrdiff_t row = stride(C);
  int correct = 0;
  for (int i = 0; i < N; i += LANES) {
    int there = lesser(LANES, N - i);
    turn_rows(outputs + i * row, row, there, columns, LANES, LANES, (C + 3) & ~3);
    vf most = splat(-__builtin_inff());
    for (int j = 0; j < C; j++) most = greater_of(most, load(columns + j * LANES));
    vi place = {0};
    for (int j = C - 1; j >= 0; j--) {
      vi is_most = load(columns + j * LANES) == most;
      place = (place & ~is_most) | (is_most & j);
    }
    vi right = (place == (vi)load_here((const float *)(labels + i), there)) & (most > splat(-__builtin_inff()));
    correct += __builtin_popcount(lane_bits(right & lanes_below(there, 0)));
  }
  return correct;
}

static int count_correct(const float *outputs, const int32_t *labels, int N, int C) {
  if (padded(C) <= LANES) return count_correct_of_few(outputs, labels, N, C);
  ptrdiff_t row = stride(C);
  int correct = 0;
  for (int i = 0; i < N; i++, outputs += row) {
    float most = greatest(outputs, C);
    if (most > -__builtin_inff()) correct += place_of(most, outputs, C) == labels[i];
  }
  return correct;
}

#endif
