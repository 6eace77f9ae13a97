/* Calls of kernels as they come from JavaScript. */
#ifndef RUN_H
#define RUN_H

#include <stdint.h>

/* An argument: an address in bytes from the start of the arena, a size, or a factor. */
union argument {
  uint32_t address;
  int32_t integer;
  uint32_t bits;
  float factor;
};

#define MAX_ARGUMENTS 12
#define MAX_RESULTS 5

/*
 * Where a call's arguments and results stand, as src/nn/kernels/native.ts writes and reads them: first what a kernel gives back or goes
 * on from, then its arguments.
 */
struct call {
  double results[MAX_RESULTS];
  union argument arguments[MAX_ARGUMENTS];
};

/* Runs kernel `number` (the order of src/nn/kernels/native.ts); its integer result, or 0. */
typedef int run_kernel(int number, unsigned char *arena, struct call *call);

run_kernel run_sse2, run_avx2, run_avx2_fused, run_avx512, run_avx512_fused, run_neon, run_neon_fused;

#endif
