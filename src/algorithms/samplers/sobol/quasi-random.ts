/** Low-discrepancy sequences. */
import { directions } from './joe-kuo.ts';

const BITS = 32;

/** The number of dimensions with direction numbers. */
export const MAX_SOBOL_DIMENSIONS = directions.length + 1;

/** v₁ … v₃₂ of a dimension (from 0), each shifted to the top of 32 bits. */
function directionIntegers(dimension: number): Uint32Array {
  const v = new Uint32Array(BITS);
  if (dimension === 0) return v.map((_, k) => 2 ** (BITS - 1 - k));
  const [polynomial, ...initial] = directions[dimension - 1]!;
  const degree = initial.length;
  for (let k = 0; k < BITS; k++) {
    if (k < degree) {
      v[k] = initial[k]! * 2 ** (BITS - 1 - k);
      continue;
    }
    let next = v[k - degree]! ^ (v[k - degree]! >>> degree);
    for (let j = 1; j < degree; j++) if ((polynomial >>> (degree - j)) & 1) next ^= v[k - j]!;
    v[k] = next;
  }
  return v;
}

/**
 * Coordinate `dimension` (from 0) of point `index` (from 0 to 2³² − 1) of the unscrambled Sobol sequence in Gray code order, as 32 bits of a
 * binary fraction (Antonov & Saleev 1979).
 */
export function sobolBits(dimension: number): (index: number) => number {
  const v = directionIntegers(dimension);
  return (index) => {
    let gray = (index ^ (index >>> 1)) >>> 0;
    let bits = 0;
    for (let k = 0; gray !== 0; k++, gray >>>= 1) if (gray & 1) bits ^= v[k]!;
    return bits >>> 0;
  };
}

/** The same as a number in [0, 1). */
export function sobol(dimension: number, index: number): number {
  return sobolBits(dimension)(index) / 2 ** BITS;
}

function reversed(bits: number): number {
  let x = bits >>> 0;
  x = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1);
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  x = ((x >>> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8);
  return ((x >>> 16) | (x << 16)) >>> 0;
}

/**
 * Hash-based Owen scrambling of a binary fraction: whether a bit is flipped depends on the seed and on all higher bits, so every dyadic
 * interval keeps its number of points (Owen 1995; hash of Laine & Karras 2011 with the constants of Vegdahl 2021).
 */
export function scrambled(bits: number, seed: number): number {
  let x = reversed(bits);
  x = (x ^ Math.imul(x, 0x3d20adea)) >>> 0;
  x = (x + seed) >>> 0;
  x = Math.imul(x, (seed >>> 16) | 1) >>> 0;
  x = (x ^ Math.imul(x, 0x05526c56)) >>> 0;
  x = (x ^ Math.imul(x, 0x53a22864)) >>> 0;
  return reversed(x);
}

const primes = [
  2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
] as const;

/** Coordinate `dimension` (from 0 to 24) of point `index` of the Halton sequence (1960): the digits of the index in a prime base, reversed. */
export function halton(dimension: number, index: number): number {
  const base = primes[dimension];
  if (base === undefined) throw new RangeError(`dimension must be from 0 to ${primes.length - 1}, got ${dimension}`);
  let value = 0;
  let weight = 1 / base;
  for (let rest = index; rest > 0; rest = Math.floor(rest / base)) {
    value += (rest % base) * weight;
    weight /= base;
  }
  return value;
}
