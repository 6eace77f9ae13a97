/*
 * The three products of a dense layer, out of one tile: ROWS rows × two vectors of columns, held in registers while the sums run.
 *
 * Every number is summed in the order of the terms, whatever tile it falls into, so its bits depend only on its row and column
 * and are the same for every width of a vector.
 */
#ifndef PRODUCT_H
#define PRODUCT_H

#include "layers.h"
#include "panel.h"

/* Rows of a tile: they leave registers for two vectors of b and one number of a. */
#if LANES == 8
#define ROWS 4
#else
#define ROWS 8
#endif
#define MOST_ROWS 10

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
  vf sums[MOST_ROWS][2];
  int end = vectors - 1;
#define LOAD(at, v) (is_part && (v) == end ? load_part(at, last) : load(at))
#pragma GCC unroll 10
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) sums[r][v] = LOAD(t.start + r * t.start_row + v * LANES, v);
  const float *a = t.a, *b = t.b;
  for (int k = 0; k < t.terms; k++) {
    vf columns[2];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) columns[v] = LOAD(b + v * LANES, v);
#pragma GCC unroll 10
    for (int r = 0; r < rows; r++) {
      vf one = splat(a[r * t.a_row]);
#pragma GCC unroll 2
      for (int v = 0; v < vectors; v++) sums[r][v] = multiply_add(one, columns[v], sums[r][v]);
    }
    a += t.a_term;
    b += t.b_term;
  }
#undef LOAD
#pragma GCC unroll 10
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) {
      float *to = t.out + r * t.out_row + v * LANES;
      if (is_part && v == end) store_part(to, sums[r][v], last);
      else store(to, sums[r][v]);
    }
}

INLINE void sum_rows(struct tile t, int rows, int vectors, int last, bool is_part) {
#define NEXT_ROWS(count)                        \
  {                                             \
    sum_tile(t, count, vectors, last, is_part); \
    t.a += (count) * t.a_row;                   \
    t.start += (count) * t.start_row;           \
    t.out += (count) * t.out_row;               \
    rows -= (count);                            \
  }
#if LANES == 16
  /* Two rows alone would wait for their additions: ten classes are common. */
  if (rows > 2 && rows % ROWS == 2) NEXT_ROWS(10)
#endif
  while (rows >= ROWS) NEXT_ROWS(ROWS)
#if ROWS > 4
  if (rows >= 4) NEXT_ROWS(4)
#endif
  if (rows == 3) NEXT_ROWS(3)
  if (rows == 2) NEXT_ROWS(2)
  if (rows == 1) NEXT_ROWS(1)
#undef NEXT_ROWS
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

/* Copying a panel pays from so many rows on that are multiplied with it. */
#define COPIED_FROM 48

/* out = start + a·b, with b as it lies in memory: `terms` rows, b_term apart. */
static void product(struct tile t, int rows, int columns, int terms) {
  const float *a = t.a, *b = t.b, *start = t.start;
  ptrdiff_t b_term = t.b_term, start_row = t.start_row;
  float *out = t.out;
  PANEL(panel);
  for (int j = 0; j < columns; j += WIDTH) {
    int width = lesser(WIDTH, columns - j);
    for (int k = 0; k < terms; k += BLOCK) {
      t.terms = lesser(BLOCK, terms - k);
      t.a = a + k * t.a_term;
      t.b = b + k * b_term + j;
      t.b_term = b_term;
      if (rows >= COPIED_FROM && t.terms > 32) {
        copy_panel(panel, t.b, b_term, t.terms, width);
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

static void column_sums(const float *x, ptrdiff_t row, float *sums, int N, int H) {
  int columns = padded(H), j = 0;
  /* Four sums at once: one alone would wait for each of its additions. */
  for (; j + 4 * LANES <= columns; j += 4 * LANES) {
    vf sum[4] = {0};
    for (int i = 0; i < N; i++)
#pragma GCC unroll 4
      for (int v = 0; v < 4; v++) sum[v] += load(x + i * row + j + v * LANES);
    for (int v = 0; v < 4; v++) store(sums + j + v * LANES, sum[v]);
  }
  for (; j < columns; j += LANES) {
    int here = lesser(LANES, columns - j);
    vf sum = splat(0);
    for (int i = 0; i < N; i++) sum += load_here(x + i * row + j, here);
    store_here(sums + j, sum, here);
  }
}

/* Sums as rows of outᵀ = aᵀ-like factors: columns that would fill less than a vector. */
struct narrow {
  /* outᵀ (columns × rows): number k of column h at a + h·a_row + k·a_term. */
  const float *a;
  ptrdiff_t a_row, a_term;
  /* The terms of row i: at b + i + k·b_row, or if they are to be turned at b + i·b_row + k. */
  const float *b;
  ptrdiff_t b_row;
  bool turns;
  /* From where sums begin, a number a column; NULL: zeros. */
  const float *start;
  float *out;
  ptrdiff_t out_row;
  int rows, columns, terms;
};

/* Whether that takes less time than vectors that are not full. Padding must fit in one. */
INLINE bool is_narrow(int columns, int rows, bool turns) {
  return LANES >= TILE && columns > 0 && rows >= 2 * LANES && (turns ? 8 * columns <= 5 * LANES : 4 * columns <= 3 * LANES);
}

static void sum_narrow(const struct narrow n) {
  float sums[LANES * WIDTH] __attribute__((aligned(64)));
  PANEL(panel);
  int room = padded(n.columns);
  struct tile t = {.a_row = n.a_row, .a_term = n.a_term, .out = sums, .out_row = WIDTH};
  for (int i = 0; i < n.rows; i += WIDTH) {
    int there = lesser(WIDTH, n.rows - i), width = padded(there);
    t.start = zeros;
    t.start_row = 0;
    if (n.start != NULL) {
      for (int h = 0; h < n.columns; h++)
        for_row(v, here, WIDTH) store(sums + h * WIDTH + v, splat(n.start[h]));
      t.start = sums;
      t.start_row = WIDTH;
    }
    for (int k = 0; k < n.terms; k += BLOCK) {
      t.terms = lesser(BLOCK, n.terms - k);
      t.a = n.a + k * t.a_term;
      if (n.turns) {
        turn_panel(panel, n.b + i * n.b_row + k, n.b_row, width, there, t.terms);
        t.b = panel;
        t.b_term = width;
      } else {
        t.b = n.b + i + k * n.b_row;
        t.b_term = n.b_row;
      }
      sum_columns(t, n.columns, width);
      t.start = sums;
      t.start_row = WIDTH;
    }
    float *to = n.out + i * n.out_row;
    int fours = there & ~3;
    turn_rows(sums, WIDTH, n.columns, to, n.out_row, room, fours);
    for (int r = fours; r < there; r++)
      for (int h = 0; h < room; h++) to[r * n.out_row + h] = h < n.columns ? sums[h * WIDTH + r] : 0;
  }
}

/* Columns that fill vectors. */
INLINE int wide_of(int columns) { return columns / LANES * LANES; }

/* z = x·W + b (bias NULL: none) */
static void dense_forward(const float *x, const float *weight, const float *bias, float *z, int N, int D, int H) {
  int wide = wide_of(H);
  bool narrow = is_narrow(H - wide, N, true);
  struct tile t = {
      .a = x, .a_row = stride(D), .a_term = 1, .b = weight, .b_term = stride(H), .start = bias ? bias : zeros, .start_row = 0,
      .out = z, .out_row = stride(H)};
  product(t, N, narrow ? wide : padded(H), D);
  if (narrow)
    sum_narrow((struct narrow){
        .a = weight + wide, .a_row = 1, .a_term = stride(H), .b = x, .b_row = stride(D), .turns = true,
        .start = bias ? bias + wide : NULL, .out = z + wide, .out_row = stride(H), .rows = N, .columns = H - wide, .terms = D});
}

/* dW = xᵀ·dz, db = the column sums of dz (d_bias NULL: none). Padding of both becomes zeros. */
static void dense_backward_parameters(const float *x, const float *dz, float *d_weight, float *d_bias, int N, int D, int H) {
  int wide = wide_of(H);
  bool narrow = is_narrow(H - wide, D, false);
  struct tile t = {
      .a = x, .a_row = 1, .a_term = stride(D), .b = dz, .b_term = stride(H), .start = zeros, .start_row = 0,
      .out = d_weight, .out_row = stride(H)};
  product(t, D, narrow ? wide : padded(H), N);
  if (narrow)
    sum_narrow((struct narrow){
        .a = dz + wide, .a_row = 1, .a_term = stride(H), .b = x, .b_row = stride(D), .out = d_weight + wide,
        .out_row = stride(H), .rows = D, .columns = H - wide, .terms = N});
  else clear_padding(d_weight, stride(H), D, H);
  if (d_bias == NULL) return;
  column_sums(dz, stride(H), d_bias, N, H);
  clear_padding(d_bias, stride(H), 1, H);
}

/* dx = dz·Wᵀ: rows of W become columns. Reads the padding of W's rows, which it may. */
static void dense_backward_input(const float *dz, const float *weight, float *dx, int N, int D, int H) {
  int wide = wide_of(D);
  bool narrow = is_narrow(D - wide, N, true);
  int columns = narrow ? wide : padded(D);
  PANEL(panel);
  struct tile t = {.a_row = stride(H), .a_term = 1, .b = panel, .out_row = stride(D)};
  for (int k = 0; k < columns; k += WIDTH) {
    int width = lesser(WIDTH, columns - k);
    for (int j = 0; j < H; j += BLOCK) {
      t.terms = lesser(BLOCK, H - j);
      turn_panel(panel, weight + k * stride(H) + j, stride(H), width, D - k, t.terms);
      t.a = dz + j;
      t.b_term = width;
      t.out = dx + k;
      t.start = j > 0 ? t.out : zeros;
      t.start_row = j > 0 ? t.out_row : 0;
      sum_columns(t, N, width);
    }
  }
  if (narrow)
    sum_narrow((struct narrow){
        .a = weight + wide * stride(H), .a_row = stride(H), .a_term = 1, .b = dz, .b_row = stride(H), .turns = true,
        .out = dx + wide, .out_row = stride(D), .rows = N, .columns = D - wide, .terms = H});
}

#endif
