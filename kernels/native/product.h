/*
 * The three products of a dense layer, out of one tile: ROWS rows × two vectors of columns, held in registers while the sums run.
 *
 * Every number is summed in the order of the terms, whatever tile it falls into, so its bits depend only on its row and column
 * and are the same for every width of a vector.
 */
#ifndef PRODUCT_H
#define PRODUCT_H

#include "layers.h"

/* As many rows as leave registers for two vectors of b and one number of a. */
#if LANES == 16
#define ROWS 8
#elif LANES == 8
#define ROWS 4
#else
#define ROWS 8
#endif

/* Columns of a tile. */
#define WIDTH (2 * LANES)
/* Terms summed in one go; more are added to what is there, which changes no bits. A panel of them stays in the first cache. */
#define BLOCK 256

/*
 * out (rows × columns) = start + a·b. Numbers of a lie a_row (from row to row) and a_term (from term to term) apart, terms of b
 * b_term. `start` is the row from which sums begin, start_row apart: zeros or the bias (0), or out itself.
 */
struct tile {
  const float *a;
  ptrdiff_t a_row, a_term;
  const float *b;
  ptrdiff_t b_term;
  const float *start;
  ptrdiff_t start_row;
  float *out;
  ptrdiff_t out_row;
  int terms;
};

/* `vectors` of columns, the last of `last` lanes. rows, vectors and whether last < LANES are constants where it is called. */
INLINE void sum_tile(const struct tile t, int rows, int vectors, int last, bool is_part) {
  vf sums[ROWS][2];
  int end = vectors - 1;
#define LOAD(at, v) (is_part && (v) == end ? load_part(at, last) : load(at))
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) sums[r][v] = LOAD(t.start + r * t.start_row + v * LANES, v);
  const float *a = t.a, *b = t.b;
  for (int k = 0; k < t.terms; k++) {
    vf columns[2];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) columns[v] = LOAD(b + v * LANES, v);
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
      vf one = splat(a[r * t.a_row]);
#pragma GCC unroll 2
      for (int v = 0; v < vectors; v++) sums[r][v] = multiply_add(one, columns[v], sums[r][v]);
    }
    a += t.a_term;
    b += t.b_term;
  }
#undef LOAD
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) {
      float *to = t.out + r * t.out_row + v * LANES;
      if (is_part && v == end) store_part(to, sums[r][v], last);
      else store(to, sums[r][v]);
    }
}

INLINE void sum_rows(struct tile t, int rows, int vectors, int last, bool is_part) {
#define SOME_ROWS(count)                              \
  for (; rows >= (count); rows -= (count)) {          \
    sum_tile(t, count, vectors, last, is_part);       \
    t.a += (count) * t.a_row;                         \
    t.start += (count) * t.start_row;                 \
    t.out += (count) * t.out_row;                     \
  }
  SOME_ROWS(ROWS)
#if ROWS > 4
  SOME_ROWS(4)
#endif
  SOME_ROWS(2)
  SOME_ROWS(1)
#undef SOME_ROWS
}

/* `rows` rows of at most WIDTH columns. Functions of their own: code of other tiles beside a tile's loop takes registers from it. */
#define SUM_COLUMNS(name, vectors, last, is_part) \
  __attribute__((noinline)) static void name##_by_rows(struct tile t, int rows, int columns) { \
    (void)columns;                                \
    t.a_term = 1;                                 \
    sum_rows(t, rows, vectors, last, is_part);    \
  }                                               \
  __attribute__((noinline)) static void name##_by_columns(struct tile t, int rows, int columns) { \
    (void)columns;                                \
    t.a_row = 1;                                  \
    sum_rows(t, rows, vectors, last, is_part);    \
  }
SUM_COLUMNS(two, 2, LANES, false)
SUM_COLUMNS(one, 1, LANES, false)
#if LANES > TILE
SUM_COLUMNS(part_of_two, 2, columns - LANES, true)
SUM_COLUMNS(part_of_one, 1, columns, true)
#endif

/* Either a_row or a_term is 1. */
static void sum_columns(struct tile t, int rows, int columns) {
  bool by_rows = t.a_term == 1;
#define CASE(name) return by_rows ? name##_by_rows(t, rows, columns) : name##_by_columns(t, rows, columns)
  if (columns == WIDTH) CASE(two);
  if (columns == LANES) CASE(one);
#if LANES > TILE
  if (columns > LANES) CASE(part_of_two);
  CASE(part_of_one);
#endif
#undef CASE
}

static const float zeros[WIDTH];

/* Room for a panel of b: BLOCK terms × WIDTH columns; a thread has its own. */
static _Thread_local float panel[BLOCK * WIDTH] __attribute__((aligned(64)));

INLINE int lesser(int a, int b) { return a < b ? a : b; }

/* Copies `terms` rows of `columns` numbers to the panel. */
static void copy_panel(const float *b, ptrdiff_t b_term, int terms, int columns) {
  for (int k = 0; k < terms; k++)
    for_row(j, here, columns) store_here(panel + k * columns + j, load_here(b + k * b_term + j, here), here);
}

/* Copying a panel pays from so many rows on that are multiplied with it. */
#define COPIED_FROM 48

/* out = start + a·b, with b as it lies in memory: `terms` rows, b_term apart. */
static void product(struct tile t, int rows, int columns, int terms) {
  const float *a = t.a, *b = t.b, *start = t.start;
  ptrdiff_t b_term = t.b_term, start_row = t.start_row;
  float *out = t.out;
  for (int j = 0; j < columns; j += WIDTH) {
    int width = lesser(WIDTH, columns - j);
    for (int k = 0; k < terms; k += BLOCK) {
      t.terms = lesser(BLOCK, terms - k);
      t.a = a + k * t.a_term;
      t.b = b + k * b_term + j;
      t.b_term = b_term;
      if (rows >= COPIED_FROM && t.terms > 32) {
        copy_panel(t.b, b_term, t.terms, width);
        t.b = panel;
        t.b_term = width;
      }
      t.out = out + j;
      t.start = k > 0 ? t.out : start == zeros ? zeros : start + j;
      t.start_row = k > 0 ? t.out_row : start_row;
      sum_columns(t, rows, width);
    }
  }
}

/* z = x·W + b (bias NULL: none) */
static void dense_forward(const float *x, const float *weight, const float *bias, float *z, int N, int D, int H) {
  struct tile t = {
      .a = x, .a_row = stride(D), .a_term = 1, .b = weight, .b_term = stride(H), .start = bias ? bias : zeros, .start_row = 0,
      .out = z, .out_row = stride(H)};
  product(t, N, padded(H), D);
}

static void column_sums(const float *x, ptrdiff_t row, float *sums, int N, int H) {
  for_row(j, here, padded(H)) {
    vf sum = splat(0);
    for (int i = 0; i < N; i++) sum += load_here(x + i * row + j, here);
    store_here(sums + j, sum, here);
  }
}

/* dW = xᵀ·dz, db = the column sums of dz (d_bias NULL: none). Padding of both becomes zeros. */
static void dense_backward_parameters(const float *x, const float *dz, float *d_weight, float *d_bias, int N, int D, int H) {
  struct tile t = {
      .a = x, .a_row = 1, .a_term = stride(D), .b = dz, .b_term = stride(H), .start = zeros, .start_row = 0,
      .out = d_weight, .out_row = stride(H)};
  product(t, D, padded(H), N);
  clear_padding(d_weight, stride(H), D, H);
  if (d_bias == NULL) return;
  column_sums(dz, stride(H), d_bias, N, H);
  clear_padding(d_bias, stride(H), 1, H);
}

/* `rows` rows of W, a multiple of four, become the columns of the panel; rows beyond `there` are zeros. */
static void turn_panel(const float *weight, ptrdiff_t row, int rows, int there, int terms) {
  static const float none[4];
  for (int r = 0; r < rows; r += 4) {
    for (int j = 0; j < terms; j += 4) {
      const float *from = weight + r * row + j;
      f4 x0 = load4(r < there ? from : none), x1 = load4(r + 1 < there ? from + row : none);
      f4 x2 = load4(r + 2 < there ? from + 2 * row : none), x3 = load4(r + 3 < there ? from + 3 * row : none);
      f4 low01 = {x0[0], x1[0], x0[1], x1[1]}, low23 = {x2[0], x3[0], x2[1], x3[1]};
      f4 high01 = {x0[2], x1[2], x0[3], x1[3]}, high23 = {x2[2], x3[2], x2[3], x3[3]};
      float *to = panel + j * rows + r;
      store4(to, (f4){low01[0], low01[1], low23[0], low23[1]});
      store4(to + rows, (f4){low01[2], low01[3], low23[2], low23[3]});
      store4(to + 2 * rows, (f4){high01[0], high01[1], high23[0], high23[1]});
      store4(to + 3 * rows, (f4){high01[2], high01[3], high23[2], high23[3]});
    }
  }
}

/* dx = dz·Wᵀ: rows of W become columns. Reads the padding of W's rows, which it may. */
static void dense_backward_input(const float *dz, const float *weight, float *dx, int N, int D, int H) {
  int columns = padded(D);
  struct tile t = {.a_row = stride(H), .a_term = 1, .b = panel, .out_row = stride(D)};
  for (int k = 0; k < columns; k += WIDTH) {
    int width = lesser(WIDTH, columns - k);
    for (int j = 0; j < H; j += BLOCK) {
      t.terms = lesser(BLOCK, H - j);
      turn_panel(weight + k * stride(H) + j, stride(H), width, D - k, t.terms);
      t.a = dz + j;
      t.b_term = width;
      t.out = dx + k;
      t.start = j > 0 ? t.out : zeros;
      t.start_row = j > 0 ? t.out_row : 0;
      sum_columns(t, N, width);
    }
  }
}

#endif
