/* Streams of random numbers, initial weights and shuffled orders: the bits of src/random.ts and src/exact-math.ts. */
#ifndef RANDOM_H
#define RANDOM_H

#include "layers.h"

/* Words of the Philox blocks of an address one after the other. Blocks are computed LANES at a time. */
struct stream {
  const uint32_t *counter, *key;
  uint32_t first, words[4 * LANES];
  int used;
};

static struct stream stream_at(const uint32_t counter[3], const uint32_t key[2]) {
  return (struct stream){.counter = counter, .key = key, .used = 4 * LANES};
}

static void next_words(struct stream *s) {
  vu words[4];
  philox(s->first, s->counter, s->key[0], s->key[1], words);
  for (int block = 0; block < LANES; block++)
    for (int w = 0; w < 4; w++) s->words[4 * block + w] = words[w][block];
  s->first += LANES;
  s->used = 0;
}

INLINE uint32_t next_word(struct stream *s) {
  if (s->used == 4 * LANES) next_words(s);
  return s->words[s->used++];
}

/* In [0, 1), 53 bits. */
INLINE double uniform(struct stream *s) {
  double high = next_word(s) >> 5, low = next_word(s) >> 6;
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

/* ln x of a normal number 0 < x < 1: as `log` in src/exact-math.ts, whose comments say why. */
static double exact_log(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  double k = (double)(int)(bits >> 52) - 1023;
  bits = (bits & 0xfffffffffffffull) | 0x3ff0000000000000ull;
  double m;
  memcpy(&m, &bits, sizeof m);
  if (m > 1.4142135623730951) m /= 2, k += 1;
  double s = (m - 1) / (m + 1), z = s * s, sum = 0;
  static const double inverses[] = {1.0 / 23, 1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13,
                                    1.0 / 11, 1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3};
  for (int n = 0; n < 11; n++) sum = z * (sum + inverses[n]);
  return k * 0.6931471803691238 + (2 * s * (1 + sum) + k * 1.9082149292705877e-10);
}

/* Not `sqrt`, which would need the library of mathematics where errno is kept. */
INLINE double exact_root(double x) {
#if defined(__ARM_NEON)
  return vget_lane_f64(vsqrt_f64(vdup_n_f64(x)), 0);
#else
  return _mm_cvtsd_f64(_mm_sqrt_sd(_mm_setzero_pd(), _mm_set_sd(x)));
#endif
}

/* Two standard normals: Marsaglia's polar method. */
INLINE void two_normals(struct stream *s, double normals[2]) {
  for (;;) {
    double u = 2 * uniform(s) - 1, v = 2 * uniform(s) - 1, r = u * u + v * v;
    if (!(r > 0 && r < 1)) continue;
    double scale = exact_root(-2 * exact_log(r) / r);
    normals[0] = u * scale;
    normals[1] = v * scale;
    return;
  }
}

enum distribution { NORMAL, UNIFORM };

/* rows × columns numbers of mean 0 and this deviation, row by row. */
static void draw_weights(
    float *weight, int rows, int columns, int distribution, double deviation, const uint32_t counter[3], const uint32_t key[2]) {
  struct stream s = stream_at(counter, key);
  double normals[2];
  bool has_spare = false;
  for (int i = 0; i < rows; i++, weight += stride(columns)) {
    for (int j = 0; j < columns; j++) {
      double drawn;
      if (distribution == UNIFORM) drawn = 1.7320508075688772 * (2 * uniform(&s) - 1);
      else if ((has_spare = !has_spare)) {
        two_normals(&s, normals);
        drawn = normals[0];
      } else drawn = normals[1];
      weight[j] = (float)(deviation * drawn);
    }
  }
}

/* In [0, n), every number as likely as another. */
INLINE uint32_t below(struct stream *s, uint32_t n) {
  for (;;) {
    uint32_t bits = next_word(s);
    /* Below the greatest multiple of n; the first check spares computing it. −n is 2^32 − n, and −n % n is 2^32 mod n. */
    if (bits <= -n || bits < 0x100000000ull - -n % n) return bits % n;
  }
}

/* A random order of 0 … n − 1 (Fisher–Yates). */
static void shuffle(int32_t *order, int n, const uint32_t counter[3], const uint32_t key[2]) {
  struct stream s = stream_at(counter, key);
  for (int i = 0; i < n; i++) {
    uint32_t j = below(&s, (uint32_t)i + 1);
    order[i] = order[j];
    order[j] = i;
  }
}

#endif
