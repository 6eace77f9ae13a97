/* All kernels for one kind of processor: compiled once for each, with RUN the name under which addon.c finds them. */
#include "losses.h"
#include "names.h"
#include "product.h"
#include "random.h"
#include "run.h"
#include "spread.h"
#include "updates.h"

/* `rounds` rounds of multiply-adds in registers, for measurements; returns the floating-point operations of a round. */
static int peak(int rounds, double *sink) {
  enum { SUMS = 12 };
  vf sums[SUMS], x = splat(0.5f), y = splat(0.25f);
  for (int s = 0; s < SUMS; s++) sums[s] = splat(1.0f + (float)s);
  for (int i = 0; i < rounds; i++) {
#pragma GCC unroll 12
    for (int s = 0; s < SUMS; s++) sums[s] = multiply_add(sums[s], x, y);
  }
  for (int s = 0; s < SUMS; s++) *sink += (double)sums[s][0];
  return SUMS * 2 * LANES;
}

int RUN(int number, unsigned char *arena, struct call *call) {
  union argument *a = call->arguments;
#define P(i) ((float *)(arena + a[i].address))
#define INTEGERS(i) ((int32_t *)(arena + a[i].address))
/* 0 where an array is left out. */
#define OPTIONAL(i) (a[i].address == 0 ? NULL : P(i))
#define I(i) (a[i].integer)
#define F(i) (a[i].factor)
  switch ((enum kernel)number) {
    case GATHER: gather(P(0), INTEGERS(1), P(2), I(3), I(4)); return 0;
    case GATHER_INTEGERS: gather_integers(INTEGERS(0), INTEGERS(1), INTEGERS(2), I(3)); return 0;
    case DENSE_FORWARD: dense_forward(P(0), P(1), OPTIONAL(2), P(3), I(4), I(5), I(6)); return 0;
    case DENSE_BACKWARD_PARAMETERS:
      dense_backward_parameters(P(0), P(1), P(2), OPTIONAL(3), I(4), I(5), I(6));
      return 0;
    case DENSE_BACKWARD_INPUT: dense_backward_input(P(0), P(1), P(2), I(3), I(4), I(5)); return 0;
    case ACTIVATION_FORWARD: activation_forward(I(0), F(1), P(2), P(3), I(4), I(5)); return 0;
    case ACTIVATION_BACKWARD: activation_backward(I(0), F(1), P(2), P(3), P(4), P(5), I(6), I(7)); return 0;
    case MAXOUT_FORWARD: maxout_forward(P(0), P(1), I(2), I(3)); return 0;
    case MAXOUT_BACKWARD: maxout_backward(P(0), P(1), P(2), I(3), I(4)); return 0;
    case DROPOUT_MASK: dropout_mask(P(0), I(1), &a[2].bits, a[5].bits, a[6].bits, I(7), I(8)); return 0;
    case MULTIPLY: multiply(P(0), P(1), P(2), I(3), I(4)); return 0;
    case BATCH_NORM_FORWARD:
      batch_norm_forward(P(0), P(1), P(2), P(3), P(4), P(5), P(6), P(7), I(8), I(9));
      return 0;
    case BATCH_NORM_EVALUATE: batch_norm_evaluate(P(0), P(1), P(2), P(3), P(4), P(5), I(6), I(7)); return 0;
    case BATCH_NORM_BACKWARD:
      batch_norm_backward(P(0), P(1), P(2), P(3), P(4), P(5), P(6), I(7), I(8));
      return 0;
    case SOFTMAX_CROSS_ENTROPY: {
      struct loss loss = {call->results[0], call->results[1]};
      int done = softmax_cross_entropy(P(0), INTEGERS(1), P(2), I(3), I(4), I(5), &loss);
      call->results[0] = loss.sum, call->results[1] = loss.product;
      return done;
    }
    case BINARY_CROSS_ENTROPY: {
      struct loss loss = {call->results[0], call->results[1]};
      int done = binary_cross_entropy(P(0), P(1), P(2), I(3), I(4), I(5), &loss);
      call->results[0] = loss.sum, call->results[1] = loss.product;
      return done;
    }
    case MEAN_SQUARED_ERROR: call->results[0] = mean_squared_error(P(0), P(1), P(2), I(3), I(4)); return 0;
    case COUNT_CORRECT: return count_correct(P(0), INTEGERS(1), I(2), I(3));
    case SUM_OF_SQUARES: call->results[0] = sum_of_squares(P(0), I(1)); return 0;
    case SCALE: scale(P(0), F(1), I(2)); return 0;
    case ADD_SCALED: add_scaled(P(0), F(1), P(2), I(3)); return 0;
    case UPDATE_SGD: update_sgd(P(0), P(1), I(2), F(3)); return 0;
    case UPDATE_MOMENTUM: update_momentum(P(0), P(1), P(2), I(3), F(4), F(5), I(6) != 0); return 0;
    case UPDATE_BY_SQUARES: update_by_squares(P(0), P(1), P(2), I(3), F(4), F(5), F(6), F(7)); return 0;
    case UPDATE_ADAM:
      update_adam(P(0), P(1), P(2), P(3), I(4), F(5), F(6), F(7), F(8), F(9), F(10), F(11));
      return 0;
    case DRAW_WEIGHTS: draw_weights(P(0), I(1), I(2), I(3), call->results[0], &a[4].bits, &a[7].bits); return 0;
    case SHUFFLE: shuffle(INTEGERS(0), I(1), &a[2].bits, &a[5].bits); return 0;
    case SPREAD: {
      struct spread all = spread(P(0), I(1), I(2), call->results[0], call->results[1]);
      double results[MAX_RESULTS] = {all.sum, all.squares, all.between, all.dead, all.beyond};
      memcpy(call->results, results, sizeof results);
      return 0;
    }
    case PEAK: return peak(I(0), &call->results[0]);
  }
  return 0;
}
