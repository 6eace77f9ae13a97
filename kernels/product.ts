/**
 * The three products of a dense layer, out of one tile: 4 rows × 8 columns, held in eight registers while the sums run.
 *
 * Every number is summed in the order of the terms, whatever tile it falls into, so its bits depend only on its row and column.
 * Larger tiles and unrolled sums were tried: they spill registers on Node 20 and halve the speed (docs/benchmarks.md).
 */
import { F32, multiplyAdd, padded, rowBytes, stride } from './lanes';

/** Terms summed in one go; more are added to what is there, which changes no bits. A panel of them stays in the first cache. */
const BLOCK: i32 = 1024;
/** From so many terms on, eight columns of b are copied together: their rows would else lie in too many cache lines. */
const COPIED: i32 = 384;
/** Bytes of x and dz up to which the weights' gradient is faster without turning x around. */
const SMALL: usize = 24 * 1024;

/** Eight columns of b, one below the other: BLOCK×8. */
const panel: usize = memory.data(1024 * 8 * 4, 64);
/** Columns of x as rows: as many as fit, at least 16 of BLOCK terms. */
const TURNED: i32 = 16 * (1024 + 8);
const turned: usize = memory.data(16 * (1024 + 8) * 4, 64);

/** How a tile's sums begin. */
const ZERO: i32 = 0;
const BIAS: i32 = 1;
const CONTINUE: i32 = 2;

/** out (4×8) = start + a·b: rows of a `aRow` bytes apart, terms side by side; terms of b `bRow` bytes apart. */
// @ts-ignore: decorator
@inline
function tile(
  begin: i32,
  a: usize,
  aRow: usize,
  b: usize,
  bRow: usize,
  bias: usize,
  out: usize,
  outRow: usize,
  terms: i32,
): void {
  let s00: v128, s01: v128, s10: v128, s11: v128, s20: v128, s21: v128, s30: v128, s31: v128;
  if (begin == CONTINUE) {
    let o = out;
    s00 = v128.load(o);
    s01 = v128.load(o, 16);
    o += outRow;
    s10 = v128.load(o);
    s11 = v128.load(o, 16);
    o += outRow;
    s20 = v128.load(o);
    s21 = v128.load(o, 16);
    o += outRow;
    s30 = v128.load(o);
    s31 = v128.load(o, 16);
  } else {
    s00 = f32x4.splat(0);
    s01 = s00;
    if (begin == BIAS) {
      s00 = v128.load(bias);
      s01 = v128.load(bias, 16);
    }
    s10 = s00;
    s11 = s01;
    s20 = s00;
    s21 = s01;
    s30 = s00;
    s31 = s01;
  }
  let p0 = a;
  let p1 = p0 + aRow;
  let p2 = p1 + aRow;
  let p3 = p2 + aRow;
  const end = p0 + ((<usize>terms) << 2);
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(p0);
    s00 = multiplyAdd(a0, b0, s00);
    s01 = multiplyAdd(a0, b1, s01);
    const a1 = v128.load32_splat(p1);
    s10 = multiplyAdd(a1, b0, s10);
    s11 = multiplyAdd(a1, b1, s11);
    const a2 = v128.load32_splat(p2);
    s20 = multiplyAdd(a2, b0, s20);
    s21 = multiplyAdd(a2, b1, s21);
    const a3 = v128.load32_splat(p3);
    s30 = multiplyAdd(a3, b0, s30);
    s31 = multiplyAdd(a3, b1, s31);
    p0 += F32;
    p1 += F32;
    p2 += F32;
    p3 += F32;
    b += bRow;
  } while (p0 < end);
  storeTile(out, outRow, s00, s01, s10, s11, s20, s21, s30, s31);
}

// @ts-ignore: decorator
@inline
function storeTile(
  out: usize,
  outRow: usize,
  s00: v128,
  s01: v128,
  s10: v128,
  s11: v128,
  s20: v128,
  s21: v128,
  s30: v128,
  s31: v128,
): void {
  v128.store(out, s00);
  v128.store(out, s01, 16);
  out += outRow;
  v128.store(out, s10);
  v128.store(out, s11, 16);
  out += outRow;
  v128.store(out, s20);
  v128.store(out, s21, 16);
  out += outRow;
  v128.store(out, s30);
  v128.store(out, s31, 16);
}

/** One row × 8 columns, for rows left over; terms of a `aTerm` bytes apart. */
function rowTile(
  begin: i32,
  a: usize,
  aTerm: usize,
  b: usize,
  bRow: usize,
  bias: usize,
  out: usize,
  terms: i32,
): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  if (begin != ZERO) {
    const start = begin == BIAS ? bias : out;
    s0 = v128.load(start);
    s1 = v128.load(start, 16);
  }
  for (let k = 0; k < terms; k++) {
    const a0 = v128.load32_splat(a);
    s0 = multiplyAdd(a0, v128.load(b), s0);
    s1 = multiplyAdd(a0, v128.load(b, 16), s1);
    a += aTerm;
    b += bRow;
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
}

/**
 * `rows` rows × the 8 columns that begin `column` bytes into b, bias and out.
 *
 * Each way to begin is a function of its own, and what is left over is done out here: whatever else stands in a function with
 * the tile's loop takes registers from it and costs a tenth of the speed (Node 20). Addresses are sums made inside it, for the
 * engine then knows that their upper halves are zeros.
 */
function tilesDown(
  begin: i32,
  a: usize,
  aRow: usize,
  b: usize,
  bRow: usize,
  column: usize,
  bias: usize,
  out: usize,
  outRow: usize,
  rows: i32,
  terms: i32,
): void {
  const wholes = rows & ~3;
  if (wholes > 0) {
    if (begin == ZERO) wholeTiles(a, aRow, b, bRow, column, out, outRow, wholes, terms);
    else if (begin == BIAS) biasedTiles(a, aRow, b, bRow, column, bias, out, outRow, wholes, terms);
    else continuedTiles(a, aRow, b, bRow, column, out, outRow, wholes, terms);
  }
  for (let i = wholes; i < rows; i++) {
    const to = out + <usize>i * outRow + column;
    rowTile(begin, a + <usize>i * aRow, F32, b + column, bRow, bias + column, to, terms);
  }
}

function wholeTiles(
  a: usize,
  aRow: usize,
  b: usize,
  bRow: usize,
  column: usize,
  out: usize,
  outRow: usize,
  rows: i32,
  terms: i32,
): void {
  for (let i = 0; i < rows; i += 4) {
    tile(ZERO, a + <usize>i * aRow, aRow, b + column, bRow, 0, out + <usize>i * outRow + column, outRow, terms);
  }
}

function biasedTiles(
  a: usize,
  aRow: usize,
  b: usize,
  bRow: usize,
  column: usize,
  bias: usize,
  out: usize,
  outRow: usize,
  rows: i32,
  terms: i32,
): void {
  for (let i = 0; i < rows; i += 4) {
    tile(BIAS, a + <usize>i * aRow, aRow, b + column, bRow, bias + column, out + <usize>i * outRow + column, outRow, terms);
  }
}

function continuedTiles(
  a: usize,
  aRow: usize,
  b: usize,
  bRow: usize,
  column: usize,
  out: usize,
  outRow: usize,
  rows: i32,
  terms: i32,
): void {
  for (let i = 0; i < rows; i += 4) {
    tile(CONTINUE, a + <usize>i * aRow, aRow, b + column, bRow, 0, out + <usize>i * outRow + column, outRow, terms);
  }
}

/** Eight columns of b, one below the other, into `panel`. */
function copyPanel(b: usize, bRow: usize, terms: i32): void {
  let to = panel;
  for (let k = 0; k < terms; k++) {
    v128.store(to, v128.load(b));
    v128.store(to, v128.load(b, 16), 16);
    to += 32;
    b += bRow;
  }
}

/** z = x·W + b (b = 0: none) */
export function denseForward(x: usize, weight: usize, bias: usize, z: usize, N: i32, D: i32, H: i32): void {
  const xRow = rowBytes(D);
  const wRow = rowBytes(H);
  const first = bias == 0 ? ZERO : BIAS;
  for (let j = 0; j < H; j += 8) {
    const column = (<usize>j) << 2;
    for (let k = 0; k < D; k += BLOCK) {
      const terms = min(BLOCK, D - k);
      let b = weight + <usize>k * wRow;
      let bRow = wRow;
      if (terms >= COPIED) {
        copyPanel(b + column, wRow, terms);
        b = panel - column;
        bRow = 32;
      }
      const a = x + ((<usize>k) << 2);
      tilesDown(k == 0 ? first : CONTINUE, a, xRow, b, bRow, column, bias, z, wRow, N, terms);
    }
  }
}

/** Four rows of four numbers become four columns. */
// @ts-ignore: decorator
@inline
function turn(from: usize, fromRow: usize, to: usize, toRow: usize): void {
  const x0 = v128.load(from);
  const x1 = v128.load(from + fromRow);
  const x2 = v128.load(from + fromRow * 2);
  const x3 = v128.load(from + fromRow * 3);
  const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to + toRow, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(to + toRow * 2, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(to + toRow * 3, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}

/** dx = dz·Wᵀ: eight rows of W at a time become eight columns, and the same tile serves. */
export function denseBackwardInput(dz: usize, weight: usize, dx: usize, N: i32, D: i32, H: i32): void {
  const zRow = rowBytes(H);
  const xRow = rowBytes(D);
  for (let k = 0; k < D; k += 8) {
    const column = (<usize>k) << 2;
    for (let j = 0; j < H; j += BLOCK) {
      const terms = min(BLOCK, H - j);
      turnPanel(weight + <usize>k * zRow + ((<usize>j) << 2), zRow, min(8, D - k), terms);
      tilesDown(j == 0 ? ZERO : CONTINUE, dz + ((<usize>j) << 2), zRow, panel - column, 32, column, 0, dx, xRow, N, terms);
    }
  }
}

/** `rows` (≤ 8) rows of W become columns of `panel`, those that are missing zeros. Reads W's padding, which it may. */
function turnPanel(weight: usize, wRow: usize, rows: i32, terms: i32): void {
  if (rows < 8) memory.fill(panel, 0, (<usize>padded(terms)) << 5);
  for (let j = 0; j < terms; j += 4) {
    const from = weight + ((<usize>j) << 2);
    const to = panel + ((<usize>j) << 5);
    if (rows == 8) {
      turn(from, wRow, to, 32);
      turn(from + (wRow << 2), wRow, to + 16, 32);
    } else {
      for (let r = 0; r < rows; r++) {
        const source = from + <usize>r * wRow;
        const target = to + ((<usize>r) << 2);
        for (let i: usize = 0; i < 4; i++) store<f32>(target + (i << 5), load<f32>(source + (i << 2)));
      }
    }
  }
}

/** dW = xᵀ·dz, db = the column sums of dz (db = 0: none). Padding of both becomes zeros. */
export function denseBackwardParameters(
  x: usize,
  dz: usize,
  dWeight: usize,
  dBias: usize,
  N: i32,
  D: i32,
  H: i32,
): void {
  const xRow = rowBytes(D);
  const zRow = rowBytes(H);
  if (<usize>N * (xRow + zRow) <= SMALL) gradientDirect(x, xRow, dz, zRow, dWeight, N, D, H);
  else gradientTurned(x, xRow, dz, zRow, dWeight, N, D, H);
  clearPadding(dWeight, zRow, D, H);
  if (dBias == 0) return;
  columnSums(dz, zRow, dBias, N, H);
  clearPadding(dBias, zRow, 1, H);
}

/** Four columns of x at a time straight from its rows. */
function gradientDirect(
  x: usize,
  xRow: usize,
  dz: usize,
  zRow: usize,
  dWeight: usize,
  N: i32,
  D: i32,
  H: i32,
): void {
  const wholes = D & ~3;
  for (let j = 0; j < H; j += 8) {
    const column = (<usize>j) << 2;
    columnTiles(x, xRow, dz, zRow, column, dWeight, wholes, N);
  }
  for (let k = wholes; k < D; k++) {
    for (let j = 0; j < H; j += 8) {
      const column = (<usize>j) << 2;
      rowTile(ZERO, x + ((<usize>k) << 2), xRow, dz + column, zRow, 0, dWeight + <usize>k * zRow + column, N);
    }
  }
}

function columnTiles(x: usize, xRow: usize, dz: usize, zRow: usize, column: usize, dWeight: usize, rows: i32, terms: i32): void {
  for (let k = 0; k < rows; k += 4) {
    columnTile(x + ((<usize>k) << 2), xRow, dz + column, zRow, dWeight + <usize>k * zRow + column, zRow, terms);
  }
}

/** As `tile`, but the four rows of a are four neighbouring columns in memory, and its terms lie `aTerm` bytes apart. */
// @ts-ignore: decorator
@inline
function columnTile(a: usize, aTerm: usize, b: usize, bRow: usize, out: usize, outRow: usize, terms: i32): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  const end = a + <usize>terms * aTerm;
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a);
    s00 = multiplyAdd(a0, b0, s00);
    s01 = multiplyAdd(a0, b1, s01);
    const a1 = v128.load32_splat(a, 4);
    s10 = multiplyAdd(a1, b0, s10);
    s11 = multiplyAdd(a1, b1, s11);
    const a2 = v128.load32_splat(a, 8);
    s20 = multiplyAdd(a2, b0, s20);
    s21 = multiplyAdd(a2, b1, s21);
    const a3 = v128.load32_splat(a, 12);
    s30 = multiplyAdd(a3, b0, s30);
    s31 = multiplyAdd(a3, b1, s31);
    a += aTerm;
    b += bRow;
  } while (a < end);
  storeTile(out, outRow, s00, s01, s10, s11, s20, s21, s30, s31);
}

/** Columns of x are turned into rows first: where x is large, reading down its columns costs more than that. */
function gradientTurned(
  x: usize,
  xRow: usize,
  dz: usize,
  zRow: usize,
  dWeight: usize,
  N: i32,
  D: i32,
  H: i32,
): void {
  for (let i = 0; i < N; i += BLOCK) {
    const terms = min(BLOCK, N - i);
    const begin = i == 0 ? ZERO : CONTINUE;
    const turnedRow = rowBytes(terms);
    const most = (TURNED / stride(terms)) & ~3;
    for (let k = 0; k < D; k += most) {
      const rows = min(most, D - k);
      turnColumns(x + <usize>i * xRow + ((<usize>k) << 2), xRow, turnedRow, rows, terms);
      const out = dWeight + <usize>k * zRow;
      for (let j = 0; j < H; j += 8) {
        tilesDown(begin, turned, turnedRow, dz + <usize>i * zRow, zRow, (<usize>j) << 2, 0, out, zRow, rows, terms);
      }
    }
  }
}

/** `columns` columns of `terms` rows become the rows of `turned`. Reads x's padding, which it may, but no row beyond. */
function turnColumns(x: usize, xRow: usize, turnedRow: usize, columns: i32, terms: i32): void {
  const wholes = terms & ~3;
  for (let c = 0; c < columns; c += 4) {
    const from = x + ((<usize>c) << 2);
    const to = turned + <usize>c * turnedRow;
    for (let i = 0; i < wholes; i += 4) turn(from + <usize>i * xRow, xRow, to + ((<usize>i) << 2), turnedRow);
    for (let i = wholes; i < terms; i++) {
      const source = from + <usize>i * xRow;
      const target = to + ((<usize>i) << 2);
      for (let r: usize = 0; r < 4; r++) store<f32>(target + r * turnedRow, load<f32>(source + (r << 2)));
    }
  }
}

function columnSums(x: usize, xRow: usize, sums: usize, N: i32, H: i32): void {
  for (let j = 0; j < H; j += 8) {
    let from = x + ((<usize>j) << 2);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    for (let i = 0; i < N; i++) {
      s0 = f32x4.add(s0, v128.load(from));
      s1 = f32x4.add(s1, v128.load(from, 16));
      from += xRow;
    }
    v128.store(sums + ((<usize>j) << 2), s0);
    v128.store(sums + ((<usize>j) << 2), s1, 16);
  }
}

/** Zeros in what tiles have written beyond the last column. */
export function clearPadding(x: usize, xRow: usize, rows: i32, columns: i32): void {
  const whole = padded(columns);
  if (whole == columns) return;
  for (let i = 0; i < rows; i++) {
    for (let j = columns; j < whole; j++) store<f32>(x + ((<usize>j) << 2), 0);
    x += xRow;
  }
}
