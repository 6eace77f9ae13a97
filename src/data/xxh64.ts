/** The low 32 bits of XXH64 with seed 0, which frames of Zstandard end with (RFC 8878, 3.1.1). In halves of 32 bits: BigInt takes twenty times as long. */

/** The halves of a number of 64 bits, as whole numbers with or without sign: only their bits count. */
interface Halves {
  low: number;
  high: number;
}

const P1: Halves = { low: 0x85ebca87, high: 0x9e3779b1 };
const P2: Halves = { low: 0x27d4eb4f, high: 0xc2b2ae3d };
const P3: Halves = { low: 0x9e3779f9, high: 0x165667b1 };
const P4: Halves = { low: 0xc2b2ae63, high: 0x85ebca77 };
const P5: Halves = { low: 0x165667c5, high: 0x27d4eb2f };

function add(to: Halves, low: number, high: number): void {
  const sum = (to.low >>> 0) + (low >>> 0);
  to.high = (to.high + high + (sum > 0xffffffff ? 1 : 0)) | 0;
  to.low = sum | 0;
}

/** The upper half of the product of two numbers of 32 bits. */
function upper(a: number, b: number): number {
  const [a0, a1, b0, b1] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const rest = a0 * b1 + (middle & 0xffff);
  return a1 * b1 + (middle >>> 16) + (rest >>> 16);
}

function multiply(to: Halves, { low, high }: Halves): void {
  const top = upper(to.low, low) + Math.imul(to.low, high) + Math.imul(to.high, low);
  to.low = Math.imul(to.low, low);
  to.high = top | 0;
}

/** By less than 32 bits. */
function rotate(to: Halves, bits: number): void {
  const { low, high } = to;
  to.low = (low << bits) | (high >>> (32 - bits));
  to.high = (high << bits) | (low >>> (32 - bits));
}

/** Exclusive or with itself, moved to the right by `bits`. */
function fold(to: Halves, bits: number): void {
  const { low, high } = to;
  to.low = bits < 32 ? low ^ ((low >>> bits) | (high << (32 - bits))) : low ^ (high >>> (bits - 32));
  to.high = bits < 32 ? high ^ (high >>> bits) : high;
}

/** As the reference calls it: takes in 8 bytes. */
function round(lane: Halves, low: number, high: number): void {
  const input = { low, high };
  multiply(input, P2);
  add(lane, input.low, input.high);
  rotate(lane, 31);
  multiply(lane, P1);
}

const STRIPE = 32;

/** Four lanes over whole stripes, merged. */
function stripes(view: DataView): Halves {
  const lanes: readonly Halves[] = [
    { low: (P1.low + P2.low) | 0, high: (P1.high + P2.high + (P1.low + P2.low > 0xffffffff ? 1 : 0)) | 0 },
    { ...P2 },
    { low: 0, high: 0 },
    { low: -P1.low | 0, high: ~P1.high },
  ];
  for (let at = 0; at + STRIPE <= view.byteLength; at += STRIPE)
    for (let i = 0; i < 4; i++) round(lanes[i]!, view.getInt32(at + 8 * i, true), view.getInt32(at + 8 * i + 4, true));
  const hash = { low: 0, high: 0 };
  for (const [i, lane] of lanes.entries()) {
    const turned = { ...lane };
    rotate(turned, [1, 7, 12, 18][i]!);
    add(hash, turned.low, turned.high);
  }
  for (const lane of lanes) {
    const merged = { low: 0, high: 0 };
    round(merged, lane.low, lane.high);
    hash.low ^= merged.low;
    hash.high ^= merged.high;
    multiply(hash, P1);
    add(hash, P4.low, P4.high);
  }
  return hash;
}

export function xxh64Low(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hash = bytes.length < STRIPE ? { ...P5 } : stripes(view);
  add(hash, bytes.length, 0);
  let at = bytes.length - (bytes.length % STRIPE);
  for (; at + 8 <= bytes.length; at += 8) {
    const lane = { low: 0, high: 0 };
    round(lane, view.getInt32(at, true), view.getInt32(at + 4, true));
    hash.low ^= lane.low;
    hash.high ^= lane.high;
    rotate(hash, 27);
    multiply(hash, P1);
    add(hash, P4.low, P4.high);
  }
  if (at + 4 <= bytes.length) {
    const word = { low: view.getInt32(at, true), high: 0 };
    multiply(word, P1);
    hash.low ^= word.low;
    hash.high ^= word.high;
    rotate(hash, 23);
    multiply(hash, P2);
    add(hash, P3.low, P3.high);
    at += 4;
  }
  for (; at < bytes.length; at++) {
    const one = { low: bytes[at]!, high: 0 };
    multiply(one, P5);
    hash.low ^= one.low;
    hash.high ^= one.high;
    rotate(hash, 11);
    multiply(hash, P1);
  }
  fold(hash, 33);
  multiply(hash, P2);
  fold(hash, 29);
  multiply(hash, P3);
  fold(hash, 32);
  return hash.low >>> 0;
}
