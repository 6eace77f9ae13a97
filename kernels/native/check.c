/*
 * Runs every kernel on every small size, each array in memory of its own of exactly the size that it may have: compiled with
 * -fsanitize=address,undefined, it finds a number that is read or written outside. test/integration/native-kernels.test.ts does so.
 */
#include <stdio.h>
#include <stdlib.h>

#define RUN run_checked
#include "kernels.c"

static uint32_t state = 1;

static uint32_t draw(void) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

#define MAX_HELD 64
static void *held[MAX_HELD];
static int count_held = 0;

static void *hold(size_t bytes) {
  held[count_held] = malloc(bytes);
  return held[count_held++];
}

static void release(void) {
  while (count_held > 0) free(held[--count_held]);
}

/* `numbers` of them; a matrix ends with the padding of its last row, as the arena's do. */
static float *floats(size_t numbers) {
  float *made = hold(4 * numbers);
  for (size_t i = 0; i < numbers; i++) made[i] = (float)(draw() % 2001) / 1000.0f - 1.0f;
  return made;
}

static float *matrix(int rows, int columns) { return floats((size_t)(rows * stride(columns))); }
static float *vector(int length) { return floats((size_t)stride(length)); }

static int32_t *integers(int length, int below) {
  int32_t *made = hold(4 * (size_t)length);
  for (int i = 0; i < length; i++) made[i] = (int32_t)(draw() % (uint32_t)below);
  return made;
}

static void check(int N, int D, int H) {
  dense_forward(matrix(N, D), matrix(D, H), vector(H), matrix(N, H), N, D, H);
  dense_forward(matrix(N, D), matrix(D, H), NULL, matrix(N, H), N, D, H);
  dense_backward_parameters(matrix(N, D), matrix(N, H), matrix(D, H), vector(H), N, D, H);
  dense_backward_input(matrix(N, H), matrix(D, H), matrix(N, D), N, D, H);
  release();
  for (int activation = LINEAR; activation <= SILU; activation++) {
    activation_forward(activation, 0.3f, matrix(N, H), matrix(N, H), N, H);
    activation_backward(activation, 0.3f, matrix(N, H), matrix(N, H), matrix(N, H), matrix(N, H), N, H);
    release();
  }
  maxout_forward(matrix(N, 2 * H), matrix(N, H), N, H);
  maxout_backward(matrix(N, 2 * H), matrix(N, H), matrix(N, 2 * H), N, H);
  uint32_t counter[3] = {draw(), draw(), draw()};
  dropout_mask(matrix(N, H), 1 + (int)(draw() % 65536), counter, draw(), draw(), N, H);
  multiply(matrix(N, H), matrix(N, H), matrix(N, H), N, H);
  release();
  batch_norm_forward(matrix(N, H), vector(H), vector(H), vector(H), vector(H), matrix(N, H), vector(H), matrix(N, H), N, H);
  batch_norm_evaluate(matrix(N, H), vector(H), vector(H), vector(H), vector(H), matrix(N, H), N, H);
  batch_norm_backward(matrix(N, H), vector(H), matrix(N, H), vector(H), vector(H), vector(H), matrix(N, H), N, H);
  release();
  struct loss loss = {0, 1};
  softmax_cross_entropy(matrix(N, H), integers(N, H), matrix(N, H), N, H, 0, &loss);
  binary_cross_entropy(matrix(N, H), matrix(N, H), matrix(N, H), N, H, 0, &loss);
  mean_squared_error(matrix(N, H), matrix(N, H), matrix(N, H), N, H);
  count_correct(matrix(N, H), integers(N, H), N, H);
  release();
  spread(matrix(N, H), N, H, -0.5, 0.5);
  release();
  int count = N * (int)stride(H);
  sum_of_squares(floats((size_t)count), count);
  scale(floats((size_t)count), 0.5f, count);
  add_scaled(floats((size_t)count), 0.5f, floats((size_t)count), count);
  update_sgd(vector(count), vector(count), count, 0.1f);
  update_momentum(vector(count), vector(count), vector(count), count, 0.1f, 0.9f, N % 2 == 0);
  update_by_squares(vector(count), vector(count), vector(count), count, 0.1f, 0.9f, 0.1f, 1e-8f);
  update_adam(vector(count), vector(count), vector(count), vector(count), count, 0.1f, 0.9f, 0.1f, 0.99f, 0.01f, 1e-8f, 1);
  release();
  uint32_t key[2] = {draw(), draw()};
  draw_weights(matrix(D, H), D, H, N % 2, 0.5, counter, key);
  shuffle(integers(N, 9), N, counter, key);
  release();
  gather(matrix(D, H), integers(N, D), matrix(N, H), N, H);
  gather_integers(integers(D, 9), integers(N, D), integers(N, 9), N);
  release();
}

/* Sizes 1 … `largest` in each place, and `random` more from all of them and beyond. */
int main(int count, char **arguments) {
  int largest = count > 1 ? atoi(arguments[1]) : 70, random = count > 2 ? atoi(arguments[2]) : 500;
  int checked = 0;
  for (int n = 1; n <= largest; n++, checked += 3) {
    check(n, n * 7 % largest + 1, n * 31 % largest + 1);
    check(n * 13 % largest + 1, n, n * 3 % largest + 1);
    check(n * 17 % largest + 1, n * 11 % largest + 1, n);
  }
  for (int i = 0; i < random; i++, checked++) check(1 + (int)(draw() % 90), 1 + (int)(draw() % 600), 1 + (int)(draw() % 300));
  printf("%d shapes with %d lanes\n", checked, LANES);
  return 0;
}
