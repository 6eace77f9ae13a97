/**
 * Four float32 numbers at a time: what every kernel is made of.
 *
 * Addresses and strides are in bytes, sizes in numbers. Rows of matrices begin `rowBytes(columns)` apart, so that whole tiles of
 * eight columns can be read and written; src/nn/kernels/simd.ts allocates by the same rule.
 */

/** Bytes of one float32. */
export const F32: usize = 4;
/** Columns of a tile: every row of a matrix is padded to a multiple of them. */
const TILE: i32 = 8;

/** `columns` rounded up to whole tiles. */
// @ts-ignore: decorator
@inline
export function padded(columns: i32): i32 {
  return (columns + 7) & ~7;
}

/**
 * Numbers from one row to the next. Rows that lie a multiple of 64 numbers (256 bytes) apart share few sets of the first cache
 * and evict one another, so such strides are one tile longer.
 */
export function stride(columns: i32): i32 {
  const whole = padded(columns);
  return whole % 64 == 0 ? whole + 8 : whole;
}

// @ts-ignore: decorator
@inline
export function rowBytes(columns: i32): usize {
  return (<usize>stride(columns)) << 2;
}

/** a·b + c. Two roundings by default, which gives the same bits on every processor; one, where fused, in the fast variant. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

/** c − a·b, rounded like `multiplyAdd`. */
// @ts-ignore: decorator
@inline
export function subtractProduct(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

/** The greater of x and a bound; a NaN in x stays. One instruction, where f32x4.max takes seven. */
// @ts-ignore: decorator
@inline
export function atLeast(x: v128, bound: v128): v128 {
  return f32x4.pmax(x, bound);
}

/** The lesser of x and a bound; a NaN in x stays. */
// @ts-ignore: decorator
@inline
export function atMost(x: v128, bound: v128): v128 {
  return f32x4.pmin(x, bound);
}

/** The sum of the four lanes, in one fixed order. */
// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}
