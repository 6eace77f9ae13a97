/**
 * Masks of inverted dropout. Their bits are those of src/random.ts: Philox4x32-10 (Salmon et al., SC 2011), here for four
 * blocks at once, one in each lane.
 */
import { padded, rowBytes } from './lanes';

const MULTIPLIER_0: u32 = 0xd2511f53;
const MULTIPLIER_1: u32 = 0xcd9e8d57;
const WEYL_0: u32 = 0x9e3779b9;
const WEYL_1: u32 = 0xbb67ae85;

const LANES = memory.data<u32>([0, 1, 2, 3]);
/** The four blocks, 16 bytes each. */
const blocks: usize = memory.data(64, 16);

/** The upper halves of four 64-bit products. */
// @ts-ignore: decorator
@inline
function multiplyHigh(a: v128, b: v128): v128 {
  const low = i64x2.extmul_low_i32x4_u(a, b);
  const high = i64x2.extmul_high_i32x4_u(a, b);
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

/** The blocks with the counters (first … first + 3, c1, c2, c3), as bytes in memory, into `blocks`. */
function philox(first: u32, c1: u32, c2: u32, c3: u32, key0: u32, key1: u32): void {
  const m0 = i32x4.splat(MULTIPLIER_0);
  const m1 = i32x4.splat(MULTIPLIER_1);
  let x0 = i32x4.add(i32x4.splat(first), v128.load(LANES));
  let x1 = i32x4.splat(c1);
  let x2 = i32x4.splat(c2);
  let x3 = i32x4.splat(c3);
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(m0, x0);
    const high1 = multiplyHigh(m1, x2);
    const low0 = i32x4.mul(m0, x0);
    const low1 = i32x4.mul(m1, x2);
    x0 = v128.xor(v128.xor(high1, x1), i32x4.splat(key0));
    x1 = low1;
    x2 = v128.xor(v128.xor(high0, x3), i32x4.splat(key1));
    x3 = low0;
    key0 += WEYL_0;
    key1 += WEYL_1;
  }
  // The lanes of x0 … x3 hold the first … fourth words of four blocks: turned, each block lies together.
  const low01 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
  const low23 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
  const high23 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
  v128.store(blocks, v128.shuffle<i32>(low01, low23, 0, 1, 4, 5));
  v128.store(blocks, v128.shuffle<i32>(low01, low23, 2, 3, 6, 7), 16);
  v128.store(blocks, v128.shuffle<i32>(high01, high23, 0, 1, 4, 5), 32);
  v128.store(blocks, v128.shuffle<i32>(high01, high23, 2, 3, 6, 7), 48);
}

/** 65536/threshold where 16 bits are below the threshold (≤ 65536), else 0. A block serves eight columns of a row. */
export function dropoutMask(
  mask: usize,
  threshold: i32,
  c1: u32,
  c2: u32,
  c3: u32,
  key0: u32,
  key1: u32,
  N: i32,
  H: i32,
): void {
  const row = rowBytes(H);
  const blocksPerRow = padded(H) >> 3;
  const count = N * blocksPerRow;
  const limit = i32x4.splat(threshold);
  const scale = f32x4.splat(<f32>(65536 / <f64>threshold));
  let inRow = 0;
  let to = mask;
  for (let block = 0; block < count; block += 4) {
    philox(block, c1, c2, c3, key0, key1);
    const here = min(4, count - block);
    for (let b = 0; b < here; b++) {
      const bits = v128.load(blocks + ((<usize>b) << 4));
      const first = i32x4.lt_u(i32x4.extend_low_i16x8_u(bits), limit);
      const second = i32x4.lt_u(i32x4.extend_high_i16x8_u(bits), limit);
      v128.store(to, v128.and(first, scale));
      v128.store(to, v128.and(second, scale), 16);
      to += 32;
      if (++inRow == blocksPerRow) {
        inRow = 0;
        mask += row;
        to = mask;
      }
    }
  }
}
