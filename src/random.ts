/**
 * Counter-based random numbers (invariant 5): a number is a function of where it is used, never drawn from a shared sequence.
 *
 * The generator is Philox4x32-10 of Salmon, Moraes, Dror & Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011):
 * a keyed bijection of 128-bit counters that passes BigCrush. The key is the search's seed; the counter is the address
 * (purpose, trial, fold, epoch) and a block index, so any number can be recomputed separately, in any order, in any process.
 */
import { log } from './exact-math.ts';

/** What a stream is for. The position in this list is part of the address: append, never reorder. */
const purposes = [
  'sampler',
  'gridOrder',
  'split',
  'weights',
  'shuffle',
  'dropout',
  'dataset',
  'probe',
  'forest',
  'ensemble',
  'test',
  'importance',
] as const;
export type Purpose = (typeof purposes)[number];

export interface Address {
  /** The search's seed: an integer from 0 to 2^53 − 1. */
  readonly seed: number;
  readonly purpose: Purpose;
  /** From 0 to 2^32 − 1. */
  readonly trial?: number;
  /** From 0 to 2^20 − 1; also used to distinguish the layers of a network or the attempts of a purpose. */
  readonly fold?: number;
  /** From 0 to 2^32 − 1. */
  readonly epoch?: number;
}

/** The input of Philox for an address: counter words without the block index, and key words. */
export interface AddressWords {
  readonly c1: number;
  readonly c2: number;
  readonly c3: number;
  readonly key0: number;
  readonly key1: number;
}

export interface Random {
  /** The next 32 random bits, as an unsigned integer. */
  uint32(): number;
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform integer in [0, n), without modulo bias; 1 ≤ n ≤ 2^32. */
  integer(n: number): number;
  /** A uniformly random order of 0 … n − 1 (Fisher–Yates). */
  permutation(n: number): Uint32Array;
}

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const lowHigh = aLow * bHigh;
  const middle = aHigh * bLow + (lowHigh & 0xffff) + ((aLow * bLow) >>> 16);
  return (aHigh * bHigh + Math.floor(lowHigh / 65536) + Math.floor(middle / 65536)) >>> 0;
}

/** Ten Philox rounds: `output[0..3]` becomes the image of the counter words `c0..c3` under the key `k0,k1`. */
export function philox(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  output: Uint32Array,
): void {
  let x0 = c0;
  let x1 = c1;
  let x2 = c2;
  let x3 = c3;
  let key0 = k0;
  let key1 = k1;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, x0);
    const high1 = multiplyHigh(MULTIPLIER_1, x2);
    const low0 = Math.imul(MULTIPLIER_0, x0);
    const low1 = Math.imul(MULTIPLIER_1, x2);
    x0 = (high1 ^ x1 ^ key0) >>> 0;
    x1 = low1 >>> 0;
    x2 = (high0 ^ x3 ^ key1) >>> 0;
    x3 = low0 >>> 0;
    key0 = (key0 + WEYL_0) >>> 0;
    key1 = (key1 + WEYL_1) >>> 0;
  }
  output[0] = x0;
  output[1] = x1;
  output[2] = x2;
  output[3] = x3;
}

/** The counter words are (block index, purpose and fold, trial, epoch); the key is the seed. */
export function wordsOf({ seed, purpose, trial = 0, fold = 0, epoch = 0 }: Address): AddressWords {
  return {
    c1: ((purposes.indexOf(purpose) << 20) | fold) >>> 0,
    c2: trial,
    c3: epoch,
    key0: seed >>> 0,
    key1: Math.floor(seed / 2 ** 32) >>> 0,
  };
}

/** a mod n for integers 0 ≤ a ≤ 2^32, 1 ≤ n ≤ 2^32. `%` is slow if a is not an int32, and the quotient is exact enough. */
function remainder(a: number, n: number): number {
  return a - Math.floor(a / n) * n;
}

/** The stream of random numbers at `address`. Streams at the same address are equal, others are independent. */
export function randomAt(address: Address): Random {
  return streamOf(wordsOf(address));
}

/** As `randomAt`. */
export function streamOf(words: AddressWords): Random {
  return new Stream(words);
}

/** A class, because V8 compiles the methods of all streams once: closures of short-lived streams were compiled over and over. */
class Stream implements Random {
  readonly #words: AddressWords;
  readonly #block = new Uint32Array(4);
  #blockIndex = 0;
  #used = 4;
  #spare: number | undefined;

  constructor(words: AddressWords) {
    this.#words = words;
  }

  uint32(): number {
    if (this.#used === 4) {
      const { c1, c2, c3, key0, key1 } = this.#words;
      philox(this.#blockIndex++, c1, c2, c3, key0, key1, this.#block);
      this.#used = 0;
    }
    return this.#block[this.#used++]!;
  }

  uniform(): number {
    return ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  /** Marsaglia's polar method: two normals from a point in the unit disc, with no sine or cosine. */
  normal(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare;
      this.#spare = undefined;
      return value;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = Math.sqrt((-2 * log(s)) / s);
        this.#spare = v * scale;
        return u * scale;
      }
    }
  }

  integer(n: number): number {
    for (;;) {
      const bits = this.uint32();
      // Below the largest multiple of n every remainder is equally likely; the first check avoids computing that multiple.
      if (bits <= 2 ** 32 - n || bits < 2 ** 32 - remainder(2 ** 32, n)) return remainder(bits, n);
    }
  }

  permutation(n: number): Uint32Array {
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      const j = this.integer(i + 1);
      order[i] = order[j]!;
      order[j] = i;
    }
    return order;
  }
}
