/* Activations, maxout, dropout and batch normalization; formulas in kernels/ and src/nn/kernels/kernels.ts. */
#ifndef LAYERS_H
#define LAYERS_H

#include "functions.h"

/* The order of `elementwiseActivations` in src/nn/model/activations.ts. */
enum activation { LINEAR, SIGMOID, TANH, RELU, LEAKY_RELU, ELU, GELU, SILU };

INLINE vf value_of(enum activation activation, float constant, vf z) {
  vf zero = splat(0);
  switch (activation) {
    case SIGMOID: return sigmoid(z);
    case TANH: return hyperbolic_tangent(z);
    case RELU: return greater_of(z, zero); /* a NaN stays: a network that has diverged must not look healthy */
    case LEAKY_RELU: return choose(z < zero, constant * z, z);
    case ELU: return choose(z < zero, constant * expm1_of_negative(lesser_of(z, zero)), z);
    case GELU: return z * normal_distribution(z);
    case SILU: return z * sigmoid(z);
    default: return z;
  }
}

INLINE vf gradient_of(enum activation activation, float constant, vf z, vf a, vf da) {
  vi positive = a > 0.0f;
  switch (activation) {
    case SIGMOID: return da * a * (1.0f - a);
    case TANH: return da * (1.0f - a) * (1.0f + a);
    case RELU: return (vf)((vi)da & positive);
    case LEAKY_RELU: return choose(positive, da, constant * da);
    case ELU: return choose(positive, da, da * (a + constant));
    case GELU: return da * multiply_add(z, normal_density(z), normal_distribution(z));
    case SILU: {
      vf s = sigmoid(z);
      return da * (s * multiply_add(z, 1.0f - s, splat(1)));
    }
    default: return da;
  }
}

/* A loop for each activation: a choice inside it would cost more than the arithmetic. */
#define EACH_ACTIVATION(loop)                \
  switch (activation) {                      \
    case SIGMOID: loop(SIGMOID); break;      \
    case TANH: loop(TANH); break;            \
    case RELU: loop(RELU); break;            \
    case LEAKY_RELU: loop(LEAKY_RELU); break; \
    case ELU: loop(ELU); break;              \
    case GELU: loop(GELU); break;            \
    case SILU: loop(SILU); break;            \
    default: loop(LINEAR); break;            \
  }

static void activation_forward(int activation, float constant, const float *z, float *a, int N, int H) {
  ptrdiff_t row = stride(H);
  int used = padded(H);
#define LOOP(name)                                                                          \
  for (int i = 0; i < N; i++)                                                               \
    for_row(j, here, used) store_here(a + i * row + j, value_of(name, constant, load_here(z + i * row + j, here)), here)
  EACH_ACTIVATION(LOOP)
#undef LOOP
}

static void activation_backward(
    int activation, float constant, const float *z, const float *a, const float *da, float *dz, int N, int H) {
  ptrdiff_t row = stride(H);
  int used = padded(H);
#define LOOP(name)                                                                                                    \
  for (int i = 0; i < N; i++)                                                                                         \
    for_row(j, here, used) {                                                                                          \
      ptrdiff_t at = i * row + j;                                                                                     \
      store_here(dz + at, gradient_of(name, constant, load_here(z + at, here), load_here(a + at, here), load_here(da + at, here)), here); \
    }
  EACH_ACTIVATION(LOOP)
#undef LOOP
}

INLINE f4 evens(f4 low, f4 high) { return (f4){low[0], low[2], high[0], high[2]}; }
INLINE f4 odds(f4 low, f4 high) { return (f4){low[1], low[3], high[1], high[3]}; }

/* a[i,j] = max(z[i,2j], z[i,2j+1]); a NaN in either stays, and 0 is greater than −0. */
static void maxout_forward(const float *z, float *a, int N, int H) {
  ptrdiff_t z_row = stride(2 * H), a_row = stride(H);
  for (int i = 0; i < N; i++, z += z_row, a += a_row) {
    for (int j = 0; j < H; j += 4) {
      f4 low = load4(z + 2 * j), high = load4(z + 2 * j + 4);
      f4 first = evens(low, high), second = odds(low, high);
      f4 most = choose4(first < second, second, first);
      most = choose4(first == second, (f4)((i4)first & (i4)second), most);
      i4 ordered = (first == first) & (second == second);
      store4(a + j, choose4(ordered, most, first + second));
    }
  }
}

/* The gradient goes to the greater piece, to the first where they are equal. */
static void maxout_backward(const float *z, const float *da, float *dz, int N, int H) {
  ptrdiff_t z_row = stride(2 * H), a_row = stride(H);
  for (int i = 0; i < N; i++, z += z_row, da += a_row, dz += z_row) {
    for (int j = 0; j < H; j += 4) {
      f4 low = load4(z + 2 * j), high = load4(z + 2 * j + 4);
      i4 second_wins = odds(low, high) > evens(low, high);
      i4 d = (i4)load4(da + j);
      f4 first = (f4)(d & ~second_wins), second = (f4)(d & second_wins);
      store4(dz + 2 * j, (f4){first[0], second[0], first[1], second[1]});
      store4(dz + 2 * j + 4, (f4){first[2], second[2], first[3], second[3]});
    }
  }
}

/* Both halves of the 64-bit products of all lanes with m. */
INLINE void multiply_wide(vu x, uint32_t m, vu *high, vu *low) {
#if LANES == 16
  __m512i factor = _mm512_set1_epi32((int)m);
  __m512i even = _mm512_mul_epu32((__m512i)x, factor);
  __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64((__m512i)x, 32), factor);
  *high = (vu)_mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd);
  *low = (vu)_mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32));
#elif LANES == 8
  __m256i factor = _mm256_set1_epi32((int)m);
  __m256i even = _mm256_mul_epu32((__m256i)x, factor);
  __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64((__m256i)x, 32), factor);
  *high = (vu)_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
  *low = (vu)_mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
#else
  for (int i = 0; i < LANES; i++) {
    uint64_t product = (uint64_t)x[i] * m;
    (*high)[i] = (uint32_t)(product >> 32);
    (*low)[i] = (uint32_t)product;
  }
#endif
}

/* Philox4x32-10 (Salmon et al., SC 2011) for the counters (first … first + LANES − 1, c1, c2, c3): word w of block b is words[w][b]. */
INLINE void philox(uint32_t first, const uint32_t counter[3], uint32_t key0, uint32_t key1, vu words[4]) {
  vu x0, x1 = (vu){0} + counter[0], x2 = (vu){0} + counter[1], x3 = (vu){0} + counter[2];
  for (int i = 0; i < LANES; i++) x0[i] = first + (uint32_t)i;
  for (int round = 0; round < 10; round++) {
    vu high0, high1, low0, low1;
    multiply_wide(x0, 0xd2511f53u, &high0, &low0);
    multiply_wide(x2, 0xcd9e8d57u, &high1, &low1);
    x0 = high1 ^ x1 ^ key0;
    x1 = low1;
    x2 = high0 ^ x3 ^ key1;
    x3 = low0;
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  words[0] = x0, words[1] = x1, words[2] = x2, words[3] = x3;
}

typedef uint16_t u16x8 __attribute__((vector_size(16)));
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef float f32x8_unaligned __attribute__((vector_size(32), aligned(4), may_alias));

/* 65536/threshold where 16 bits are below the threshold (≤ 65536), else 0. A block serves eight columns of a row. */
static void dropout_mask(float *mask, int threshold, const uint32_t counter[3], uint32_t key0, uint32_t key1, int N, int H) {
  ptrdiff_t row = stride(H);
  int per_row = padded(H) / 8, count = N * per_row, in_row = 0;
  union { float f; int32_t i; } kept = {(float)(65536 / (double)threshold)};
  float *to = mask;
  for (int block = 0; block < count; block += LANES) {
    vu words[4];
    philox((uint32_t)block, counter, key0, key1, words);
    int here = count - block < LANES ? count - block : LANES;
    for (int b = 0; b < here; b++) {
      uint32_t bits[4] = {words[0][b], words[1][b], words[2][b], words[3][b]};
      u16x8 halves;
      memcpy(&halves, bits, 16);
      i32x8 below = __builtin_convertvector(halves, i32x8) < threshold;
      *(f32x8_unaligned *)to = (f32x8_unaligned)(below & kept.i);
      to += 8;
      if (++in_row == per_row) {
        in_row = 0;
        mask += row;
        to = mask;
      }
    }
  }
}

static void multiply(const float *x, const float *y, float *out, int N, int H) {
  ptrdiff_t row = stride(H);
  int used = padded(H);
  for (int i = 0; i < N; i++, x += row, y += row, out += row)
    for_row(j, here, used) store_here(out + j, load_here(x + j, here) * load_here(y + j, here), here);
}

/* Zeros in what vectors have written beyond the last column. */
static void clear_padding(float *x, ptrdiff_t row, int rows, int columns) {
  size_t bytes = 4 * (size_t)(padded(columns) - columns);
  for (int i = 0; bytes > 0 && i < rows; i++) memset(x + i * row + columns, 0, bytes);
}

/* src/nn/kernels/kernels.ts has them too. */
#define BATCH_NORM_EPSILON 1e-5f
#define BATCH_NORM_MOMENTUM 0.1f

INLINE void move_towards(float *running, vf batch, int here) {
  vf old = load_here(running, here);
  store_here(running, multiply_add(splat(BATCH_NORM_MOMENTUM), batch - old, old), here);
}

static void batch_norm_forward(
    const float *z, const float *gamma, const float *beta, float *running_mean, float *running_var, float *normalized,
    float *inverse_deviation, float *y, int N, int H) {
  ptrdiff_t row = stride(H);
  float n = (float)N;
  for_row(j, here, (H + 3) & ~3) {
    /* Sums of the even rows and of the odd ones. */
    vf even = splat(0), odd = even;
    for (int i = 0; i < N; i += 2) {
      even += load_here(z + i * row + j, here);
      if (i + 1 < N) odd += load_here(z + (i + 1) * row + j, here);
    }
    vf mean = (even + odd) / n;
    even = odd = splat(0);
    for (int i = 0; i < N; i += 2) {
      vf d = load_here(z + i * row + j, here) - mean;
      even = multiply_add(d, d, even);
      if (i + 1 == N) break;
      d = load_here(z + (i + 1) * row + j, here) - mean;
      odd = multiply_add(d, d, odd);
    }
    vf squares = even + odd;
    vf inverse = 1.0f / square_root(squares / n + BATCH_NORM_EPSILON);
    store_here(inverse_deviation + j, inverse, here);
    vf g = load_here(gamma + j, here), b = load_here(beta + j, here);
    for (int i = 0; i < N; i++) {
      ptrdiff_t at = i * row + j;
      vf x_hat = (load_here(z + at, here) - mean) * inverse;
      store_here(normalized + at, x_hat, here);
      store_here(y + at, multiply_add(g, x_hat, b), here);
    }
    move_towards(running_mean + j, mean, here);
    /* One row has no unbiased variance: the running one then stays as it is. */
    if (N > 1) move_towards(running_var + j, squares / (float)(N - 1), here);
  }
}

static void batch_norm_evaluate(
    const float *z, const float *gamma, const float *beta, const float *running_mean, const float *running_var, float *y,
    int N, int H) {
  ptrdiff_t row = stride(H);
  for_row(j, here, (H + 3) & ~3) {
    vf deviation = square_root(load_here(running_var + j, here) + BATCH_NORM_EPSILON);
    vf scale = load_here(gamma + j, here) / deviation;
    vf shift = load_here(beta + j, here) - scale * load_here(running_mean + j, here);
    for (int i = 0; i < N; i++) {
      ptrdiff_t at = i * row + j;
      store_here(y + at, multiply_add(scale, load_here(z + at, here), shift), here);
    }
  }
}

static void batch_norm_backward(
    const float *dy, const float *gamma, const float *normalized, const float *inverse_deviation, float *d_gamma,
    float *d_beta, float *dz, int N, int H) {
  ptrdiff_t row = stride(H);
  float n = (float)N;
  for_row(j, here, (H + 3) & ~3) {
    vf sum = splat(0), sum_normalized = sum;
    for (int i = 0; i < N; i++) {
      vf d = load_here(dy + i * row + j, here);
      sum += d;
      sum_normalized = multiply_add(d, load_here(normalized + i * row + j, here), sum_normalized);
    }
    store_here(d_beta + j, sum, here);
    store_here(d_gamma + j, sum_normalized, here);
    vf scale = load_here(gamma + j, here) * load_here(inverse_deviation + j, here);
    vf mean = sum / n, mean_normalized = -(sum_normalized / n);
    for (int i = 0; i < N; i++) {
      ptrdiff_t at = i * row + j;
      vf centred = load_here(dy + at, here) - mean;
      store_here(dz + at, scale * multiply_add(load_here(normalized + at, here), mean_normalized, centred), here);
    }
  }
  clear_padding(d_gamma, row, 1, H);
  clear_padding(d_beta, row, 1, H);
}

#endif
