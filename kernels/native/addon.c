/* The kernels as a Node-API addon: create(kind) gives the functions through which src/nn/kernels/native.ts calls them. */
#ifdef __linux__
#define _DEFAULT_SOURCE /* madvise */
#include <sys/mman.h>
#endif
#include <node_api.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#ifdef HYPERSEARCH_CHECKED
#include "checks.h"
#endif

static int always(void) { return 1; }
#if defined(__x86_64__)
static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
static int has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

static const struct kind {
  const char *name;
  int (*is_there)(void);
  /* `fused` is NULL where the processor may have no such instructions. */
  run_kernel *strict, *fused;
} kinds[] = {
/* The fastest first. */
#if defined(__x86_64__)
    {"avx512", has_avx512, run_avx512, run_avx512_fused},
    {"avx2", has_avx2, run_avx2, run_avx2_fused},
    {"sse2", always, run_sse2, NULL},
#else
    {"neon", always, run_neon, run_neon_fused},
#endif
};
#define KINDS (sizeof kinds / sizeof *kinds)

/* One set of kernels: the arena on which it works is the memory of an ArrayBuffer that JavaScript holds. */
struct instance {
  run_kernel *run;
  unsigned char *arena;
  size_t arena_bytes;
  struct call *call;
  napi_ref held[2];
};

#define CHECK(status)                                                  \
  if ((status) != napi_ok) {                                           \
    napi_throw_error(env, NULL, "a call of Node-API failed: " #status); \
    return NULL;                                                       \
  }

static napi_value run(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  struct instance *instance;
  CHECK(napi_get_cb_info(env, info, &count, &argument, NULL, (void **)&instance))
  int32_t number;
  CHECK(napi_get_value_int32(env, argument, &number))
  if (instance->arena == NULL) {
    napi_throw_error(env, NULL, "the kernels have no arena");
    return NULL;
  }
#ifdef HYPERSEARCH_CHECKED
  char message[200];
  if (!check_call(number, instance->arena, instance->arena_bytes, instance->call->arguments, message, sizeof message)) {
    napi_throw_range_error(env, NULL, message);
    return NULL;
  }
#endif
  int result = instance->run(number, instance->arena, instance->call);
  napi_value value;
  CHECK(napi_create_int32(env, result, &value))
  return value;
}

/*
 * Pages of 2 MB where Linux gives them when asked: products go through a matrix in strides, and looking up its pages of 4 kB took a twentieth of a
 * step of bench:training's w3. Small arenas keep their small pages, of which only those in use take memory.
 */
static void use_huge_pages(unsigned char *arena, size_t bytes) {
#ifdef MADV_HUGEPAGE
  const size_t page = 1 << 21;
  size_t before = (page - (uintptr_t)arena % page) % page;
  if (bytes >= 4 * page) madvise(arena + before, (bytes - before) / page * page, MADV_HUGEPAGE);
#else
  (void)arena, (void)bytes;
#endif
}

/* use(arena: ArrayBuffer, call: ArrayBuffer): both are kept until others take their place. */
static napi_value use(napi_env env, napi_callback_info info) {
  napi_value buffers[2];
  size_t count = 2;
  struct instance *instance;
  CHECK(napi_get_cb_info(env, info, &count, buffers, NULL, (void **)&instance))
  void *data[2];
  size_t bytes[2];
  for (int i = 0; i < 2; i++) CHECK(napi_get_arraybuffer_info(env, buffers[i], &data[i], &bytes[i]))
  if (bytes[1] < sizeof(struct call)) {
    napi_throw_range_error(env, NULL, "the buffer for calls is too small");
    return NULL;
  }
  for (int i = 0; i < 2; i++) {
    if (instance->held[i] != NULL) CHECK(napi_delete_reference(env, instance->held[i]))
    CHECK(napi_create_reference(env, buffers[i], 1, &instance->held[i]))
  }
  use_huge_pages(data[0], bytes[0]);
  instance->arena = data[0];
  instance->arena_bytes = bytes[0];
  instance->call = data[1];
  napi_value misalignment;
  CHECK(napi_create_uint32(env, (uint32_t)((uintptr_t)data[0] % 64), &misalignment))
  return misalignment;
}

static void free_instance(napi_env env, void *data, void *hint) {
  (void)hint;
  struct instance *instance = data;
  for (int i = 0; i < 2; i++)
    if (instance->held[i] != NULL) napi_delete_reference(env, instance->held[i]);
  free(instance);
}

/* create(kind: string, fused: boolean): { run(kernel), use(arena, call) } */
static napi_value create(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  CHECK(napi_get_cb_info(env, info, &count, arguments, NULL, NULL))
  char name[16];
  CHECK(napi_get_value_string_utf8(env, arguments[0], name, sizeof name, NULL))
  bool fused;
  CHECK(napi_get_value_bool(env, arguments[1], &fused))
  for (size_t i = 0; i < KINDS; i++) {
    if (strcmp(kinds[i].name, name) != 0 || !kinds[i].is_there()) continue;
    if (fused && kinds[i].fused == NULL) break;
    struct instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL) break;
    instance->run = fused ? kinds[i].fused : kinds[i].strict;
    napi_value kernels, function;
    CHECK(napi_create_object(env, &kernels))
    CHECK(napi_wrap(env, kernels, instance, free_instance, NULL, NULL))
    CHECK(napi_create_function(env, "run", NAPI_AUTO_LENGTH, run, instance, &function))
    CHECK(napi_set_named_property(env, kernels, "run", function))
    CHECK(napi_create_function(env, "use", NAPI_AUTO_LENGTH, use, instance, &function))
    CHECK(napi_set_named_property(env, kernels, "use", function))
    return kernels;
  }
  napi_throw_error(env, NULL, "this processor has no such vectors, or no fused multiply-adds for them");
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value names, function;
  CHECK(napi_create_array(env, &names))
  uint32_t count = 0;
  for (size_t i = 0; i < KINDS; i++) {
    if (!kinds[i].is_there()) continue;
    napi_value name;
    CHECK(napi_create_string_utf8(env, kinds[i].name, NAPI_AUTO_LENGTH, &name))
    CHECK(napi_set_element(env, names, count++, name))
  }
  CHECK(napi_set_named_property(env, exports, "kinds", names))
  CHECK(napi_create_function(env, "create", NAPI_AUTO_LENGTH, create, NULL, &function))
  CHECK(napi_set_named_property(env, exports, "create", function))
  return exports;
}
