/**
 * `exp`, `log` and derived functions, computed only with additions, multiplications and divisions.
 *
 * IEEE 754 fixes the bits of + − × ÷ √, but not those of `Math.exp` or `Math.log`, which differ between engines and versions. Everything that
 * determines hyperparameters or initial weights uses these functions, so that a search gives the same bits on every machine (invariant 6 in
 * docs/invariants.md). `exp` and `log` are within 2 units in the last place.
 */

const LN2_HIGH = 0.6931471803691238; // the leading 33 bits of ln 2: k·LN2_HIGH is exact for |k| < 2^20
const LN2_LOW = 1.9082149292705877e-10;

/** 1/n! for n = 0 … 13: with |r| ≤ ½ ln 2 the first omitted term is below 5e-18. */
const INVERSE_FACTORIALS = Float64Array.from({ length: 14 }, (_, n) => {
  let factorial = 1;
  for (let i = 2; i <= n; i++) factorial *= i;
  return 1 / factorial;
});

const scratch = new DataView(new ArrayBuffer(8));

/** 2^k as a float64, for −1022 ≤ k ≤ 1023. */
function powerOfTwo(k: number): number {
  scratch.setUint32(0, (k + 1023) << 20);
  scratch.setUint32(4, 0);
  return scratch.getFloat64(0);
}

/** e^x. Writes x = k·ln 2 + r with |r| ≤ ½ ln 2, sums the series of e^r, scales by 2^k. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019412) return 0;
  const k = Math.round(x / (LN2_HIGH + LN2_LOW));
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 0;
  for (let n = 13; n >= 0; n--) sum = sum * r + INVERSE_FACTORIALS[n]!;
  // Two factors, because 2^k may be subnormal or overflow when the product does not.
  const half = Math.trunc(k / 2);
  return sum * powerOfTwo(half) * powerOfTwo(k - half);
}

/** Natural logarithm. Writes x = m·2^k with √½ ≤ m < √2 and sums ln m = 2 artanh s, s = (m − 1)/(m + 1). */
export function log(x: number): number {
  if (Number.isNaN(x) || x < 0) return Number.NaN;
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (x === Number.POSITIVE_INFINITY) return x;
  let k = 0;
  let value = x;
  if (value < 2.2250738585072014e-308) {
    value *= 18014398509481984; // 2^54 lifts a subnormal into the normal range
    k = -54;
  }
  scratch.setFloat64(0, value);
  const high = scratch.getUint32(0);
  k += (high >>> 20) - 1023;
  scratch.setUint32(0, (high & 0xfffff) | (1023 << 20));
  let m = scratch.getFloat64(0);
  if (m > Math.SQRT2) {
    m /= 2;
    k += 1;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let sum = 0;
  for (let n = 23; n >= 3; n -= 2) sum = z * (sum + 1 / n);
  return k * LN2_HIGH + (2 * s * (1 + sum) + k * LN2_LOW);
}

/**
 * e^x − 1, accurate in the relative sense near 0 too, where `exp(x) − 1` would cancel. With x = k·ln 2 + r as in `exp`:
 * e^x − 1 = 2^k·(e^r − 1) + (2^k − 1), and the series of e^r − 1 has no leading 1 to cancel.
 */
export function expm1(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709) return exp(x); // the 1 is far below the last place
  if (x < -40) return -1;
  const k = Math.round(x / (LN2_HIGH + LN2_LOW));
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 0;
  for (let n = 13; n >= 1; n--) sum = sum * r + INVERSE_FACTORIALS[n]!;
  if (k === 0) return sum * r;
  const scale = powerOfTwo(k);
  return scale * (sum * r) + (scale - 1);
}

/** Hyperbolic tangent: tanh |x| = |t| / (t + 2) with t = e^(−2|x|) − 1, which cannot overflow and keeps small x exact. */
export function tanh(x: number): number {
  const t = expm1(-2 * Math.abs(x));
  const magnitude = Math.abs(t) / (t + 2);
  return x < 0 ? -magnitude : magnitude;
}

/** The logistic function 1 / (1 + e^−x), written for either sign so that the exponential never overflows. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}

const INVERSE_ROOT_TWO_PI = 0.3989422804014327; // 1/√(2π)

/** φ(x) = e^(−x²/2) / √(2π), the density of the standard normal distribution. */
export function normalDensity(x: number): number {
  return INVERSE_ROOT_TWO_PI * exp(-0.5 * x * x);
}

/** 1/(1·3·5·…·(2n + 1)) */
const INVERSE_ODD_FACTORIALS = Float64Array.from({ length: 40 }, (_, n) => {
  let product = 1;
  for (let i = 1; i <= n; i++) product *= 2 * i + 1;
  return 1 / product;
});
/** Beyond this the continued fraction is used instead of the series: both need about forty terms here. */
const NORMAL_TAIL = 3;

/**
 * Φ(x) = ½·(1 + erf(x/√2)), with an absolute error below 3e-16 and a relative error below 1e-13 even in the tail. Near 0 the series Φ = ½ + φ·(x + x³/3 + x⁵/(3·5) + …), whose terms have one sign; in the tails the continued
 * fraction 1 − Φ = φ/(x + 1/(x + 2/(x + 3/(x + …)))) (Abramowitz & Stegun 1964, 26.2.11 and 26.2.14).
 */
export function normalCdf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < NORMAL_TAIL) {
    const z = x * x;
    let sum = 0;
    for (let n = INVERSE_ODD_FACTORIALS.length - 1; n >= 0; n--) sum = sum * z + INVERSE_ODD_FACTORIALS[n]!;
    return 0.5 + normalDensity(x) * (sum * x);
  }
  let fraction = magnitude;
  for (let n = 40; n >= 1; n--) fraction = magnitude + n / fraction;
  const beyond = normalDensity(x) / fraction;
  return x < 0 ? beyond : 1 - beyond;
}

const HALF_PI_HIGH = 1.5707963267341256; // the leading 33 bits of π/2: n·HALF_PI_HIGH is exact for |n| < 2^20
const HALF_PI_LOW = 6.077100506506192e-11;

/** Alternating Taylor series of sin r (`first` = 1) or cos r (`first` = 0) for |r| ≤ π/4; the first omitted term is below 1e-18. */
function circularSeries(r: number, first: 0 | 1): number {
  const z = r * r;
  let sum = 1;
  for (let n = 18 + first; n > first; n -= 2) sum = 1 - (sum * z) / (n * (n - 1));
  return first === 1 ? r * sum : sum;
}

/** sin(x + quarterTurns·π/2) for |x| < 1e6, with an absolute error below 2.3e-16 for |x| < 100. */
function sineOfTurned(x: number, quarterTurns: 0 | 1): number {
  const n = Math.round(x / (HALF_PI_HIGH + HALF_PI_LOW));
  const r = x - n * HALF_PI_HIGH - n * HALF_PI_LOW;
  const quadrant = (((n + quarterTurns) % 4) + 4) % 4;
  const value = circularSeries(r, quadrant % 2 === 0 ? 1 : 0);
  return quadrant < 2 ? value : -value;
}

/** Sine of an angle in radians, |x| < 1e6. */
export function sine(x: number): number {
  return sineOfTurned(x, 0);
}

/** Cosine of an angle in radians, |x| < 1e6. */
export function cosine(x: number): number {
  return sineOfTurned(x, 1);
}
