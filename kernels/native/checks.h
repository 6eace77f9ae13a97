/*
 * Checks of a call before it runs, compiled into the addon with -DHYPERSEARCH_CHECKED: every array lies within the arena, and what points into
 * another array (labels, the order of rows) points into it. Without the checks, a wrong address reads or overwrites other memory of the process.
 */
#ifndef CHECKS_H
#define CHECKS_H

#include <stdbool.h>
#include <stdio.h>

#include "names.h"
#include "run.h"

struct check {
  const char *kernel;
  const unsigned char *arena;
  uint64_t arena_bytes;
  const union argument *arguments;
  char *message;
  size_t message_bytes;
  bool passed;
};

static bool fail(struct check *check, const char *array, const char *problem, uint64_t from, uint64_t to) {
  if (check->passed)
    snprintf(check->message, check->message_bytes, "%s: %s %s: bytes %llu to %llu of an arena of %llu", check->kernel, array, problem,
             (unsigned long long)from, (unsigned long long)to, (unsigned long long)check->arena_bytes);
  return check->passed = false;
}

/* An array of so many numbers of four bytes at the address in argument `i`. */
static bool array(struct check *check, const char *name, int i, int64_t numbers) {
  uint64_t from = check->arguments[i].address;
  uint64_t to = from + 4 * (uint64_t)(numbers < 0 ? 0 : numbers);
  if (numbers < 0) return fail(check, name, "has a negative size", from, to);
  if (from == 0) return fail(check, name, "is left out", from, to);
  if (from % 4 != 0) return fail(check, name, "is not aligned", from, to);
  if (to > check->arena_bytes) return fail(check, name, "is outside", from, to);
  return true;
}

/* As `stride` in lanes.h, but for every size. */
static int64_t row_of(int64_t columns) {
  int64_t whole = (columns + 7) / 8 * 8;
  return whole % 64 == 0 ? whole + 8 : whole;
}

static bool matrix(struct check *check, const char *name, int i, int64_t rows, int64_t columns) {
  if (rows < 0 || columns < 0) return array(check, name, i, -1);
  return array(check, name, i, rows * row_of(columns));
}

static bool vector(struct check *check, const char *name, int i, int64_t length) { return matrix(check, name, i, 1, length); }

static void optional_vector(struct check *check, const char *name, int i, int64_t length) {
  if (check->arguments[i].address != 0) vector(check, name, i, length);
}

static const int32_t *integers_at(const struct check *check, int i) {
  return (const int32_t *)(check->arena + check->arguments[i].address);
}

/* Labels from 0 to `classes` − 1. */
static void labels(struct check *check, int i, int64_t rows, int64_t classes) {
  if (!array(check, "labels", i, rows)) return;
  for (int64_t k = 0; k < rows; k++) {
    int32_t label = integers_at(check, i)[k];
    uint64_t at = check->arguments[i].address + 4 * (uint64_t)k;
    if (label < 0 || label >= classes) fail(check, "labels", "has a label that is no class", at, at + 4);
  }
}

/* The rows of `from` that the order in argument 1 names. */
static void ordered(struct check *check, int64_t rows, int64_t numbers_a_row) {
  if (!array(check, "order", 1, rows)) return;
  uint64_t from = check->arguments[0].address;
  for (int64_t k = 0; k < rows; k++) {
    int32_t row = integers_at(check, 1)[k];
    uint64_t at = check->arguments[1].address + 4 * (uint64_t)k;
    if (row < 0) fail(check, "order", "has a negative row", at, at + 4);
    else array(check, "from", 0, (row + (int64_t)1) * numbers_a_row);
  }
  if (from == 0) array(check, "from", 0, 0);
}

static void check_update(struct check *check, const char *const *names, int arrays) {
  for (int i = 0; i < arrays; i++) array(check, names[i], i, check->arguments[arrays].integer);
}

/* Whether a call may run; otherwise `message` says which argument of which kernel is wrong. */
static bool check_call(int number, const unsigned char *arena, size_t arena_bytes, const union argument *a, char *message,
                       size_t message_bytes) {
  static const char *const kernels[] = {
      "gather", "gatherIntegers", "denseForward", "denseBackwardParameters", "denseBackwardInput", "activationForward",
      "activationBackward", "maxoutForward", "maxoutBackward", "dropoutMask", "multiply", "batchNormForward", "batchNormEvaluate",
      "batchNormBackward", "softmaxCrossEntropy", "binaryCrossEntropy", "meanSquaredError", "countCorrect", "sumOfSquares", "scale",
      "addScaled", "updateSgd", "updateMomentum", "updateBySquares", "updateAdam", "drawWeights", "shuffle", "spread", "peak"};
  if (number < 0 || number > PEAK) {
    snprintf(message, message_bytes, "there is no kernel %d", number);
    return false;
  }
  struct check checked = {kernels[number], arena, arena_bytes, a, message, message_bytes, true}, *c = &checked;
#define I(i) ((int64_t)a[i].integer)
  switch ((enum kernel)number) {
    case GATHER: ordered(c, I(3), row_of(I(4))); matrix(c, "to", 2, I(3), I(4)); break;
    case GATHER_INTEGERS: ordered(c, I(3), 1); array(c, "to", 2, I(3)); break;
    case DENSE_FORWARD:
      matrix(c, "x", 0, I(4), I(5)), matrix(c, "weight", 1, I(5), I(6));
      optional_vector(c, "bias", 2, I(6)), matrix(c, "z", 3, I(4), I(6));
      break;
    case DENSE_BACKWARD_PARAMETERS:
      matrix(c, "x", 0, I(4), I(5)), matrix(c, "dz", 1, I(4), I(6)), matrix(c, "dWeight", 2, I(5), I(6));
      optional_vector(c, "dBias", 3, I(6));
      break;
    case DENSE_BACKWARD_INPUT:
      matrix(c, "dz", 0, I(3), I(5)), matrix(c, "weight", 1, I(4), I(5)), matrix(c, "dx", 2, I(3), I(4));
      break;
    case ACTIVATION_FORWARD: matrix(c, "z", 2, I(4), I(5)), matrix(c, "a", 3, I(4), I(5)); break;
    case ACTIVATION_BACKWARD:
      matrix(c, "z", 2, I(6), I(7)), matrix(c, "a", 3, I(6), I(7));
      matrix(c, "da", 4, I(6), I(7)), matrix(c, "dz", 5, I(6), I(7));
      break;
    case MAXOUT_FORWARD: matrix(c, "z", 0, I(2), 2 * I(3)), matrix(c, "a", 1, I(2), I(3)); break;
    case MAXOUT_BACKWARD:
      matrix(c, "z", 0, I(3), 2 * I(4)), matrix(c, "da", 1, I(3), I(4)), matrix(c, "dz", 2, I(3), 2 * I(4));
      break;
    case DROPOUT_MASK: matrix(c, "mask", 0, I(7), I(8)); break;
    case MULTIPLY: matrix(c, "x", 0, I(3), I(4)), matrix(c, "y", 1, I(3), I(4)), matrix(c, "out", 2, I(3), I(4)); break;
    case BATCH_NORM_FORWARD:
      matrix(c, "z", 0, I(8), I(9)), vector(c, "gamma", 1, I(9)), vector(c, "beta", 2, I(9));
      vector(c, "runningMean", 3, I(9)), vector(c, "runningVar", 4, I(9)), matrix(c, "normalized", 5, I(8), I(9));
      vector(c, "inverseDeviation", 6, I(9)), matrix(c, "y", 7, I(8), I(9));
      break;
    case BATCH_NORM_EVALUATE:
      matrix(c, "z", 0, I(6), I(7)), vector(c, "gamma", 1, I(7)), vector(c, "beta", 2, I(7));
      vector(c, "runningMean", 3, I(7)), vector(c, "runningVar", 4, I(7)), matrix(c, "y", 5, I(6), I(7));
      break;
    case BATCH_NORM_BACKWARD:
      matrix(c, "dy", 0, I(7), I(8)), vector(c, "gamma", 1, I(8)), matrix(c, "normalized", 2, I(7), I(8));
      vector(c, "inverseDeviation", 3, I(8)), vector(c, "dGamma", 4, I(8)), vector(c, "dBeta", 5, I(8));
      matrix(c, "dz", 6, I(7), I(8));
      break;
    case SOFTMAX_CROSS_ENTROPY:
      matrix(c, "outputs", 0, I(3), I(4)), labels(c, 1, I(3), I(4)), matrix(c, "dOutputs", 2, I(3), I(4));
      break;
    case BINARY_CROSS_ENTROPY:
    case MEAN_SQUARED_ERROR:
      matrix(c, "outputs", 0, I(3), I(4)), matrix(c, "targets", 1, I(3), I(4)), matrix(c, "dOutputs", 2, I(3), I(4));
      break;
    case COUNT_CORRECT: matrix(c, "outputs", 0, I(2), I(3)), labels(c, 1, I(2), I(3)); break;
    case SUM_OF_SQUARES: array(c, "x", 0, I(1)); break;
    case SCALE: array(c, "x", 0, I(2)); break;
    case ADD_SCALED: array(c, "x", 0, I(3)), array(c, "y", 2, I(3)); break;
    case UPDATE_SGD: check_update(c, (const char *const[]){"w", "g"}, 2); break;
    case UPDATE_MOMENTUM: check_update(c, (const char *const[]){"w", "g", "v"}, 3); break;
    case UPDATE_BY_SQUARES: check_update(c, (const char *const[]){"w", "g", "s"}, 3); break;
    case UPDATE_ADAM: check_update(c, (const char *const[]){"w", "g", "m", "s"}, 4); break;
    case DRAW_WEIGHTS: matrix(c, "weight", 0, I(1), I(2)); break;
    case SHUFFLE: array(c, "order", 0, I(1)); break;
    case SPREAD: matrix(c, "a", 0, I(1), I(2)); break;
    case PEAK: break;
  }
#undef I
  return checked.passed;
}

#endif
