/**
 * The functions of kernels/functions.ts on one float32 number, in plain JavaScript and with the same bits: an operation on float32 numbers in
 * float64, rounded to float32, is the operation in float32 (Figueroa 1995). Formulas, sources and errors are described there.
 */
import type { ElementwiseActivation } from '../model/activations.ts';

const round = Math.fround;

/** a·b + c on float32 numbers. */
export type MultiplyAdd = (a: number, b: number, c: number) => number;

/** Rounds twice: the family `simd`. */
export function multiplyAdd(a: number, b: number, c: number): number {
  return round(c + round(a * b));
}

/**
 * Rounds once: the family `fused`. The product is exact in float64, so the sum is rounded to float64 and then to float32. That differs from one
 * rounding only if the float64 sum lies halfway between two float32 numbers and was itself rounded; then its error decides.
 */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const rounded = round(sum);
  const beyond = sum - rounded;
  if (beyond === 0) return rounded;
  const other = rounded + 2 * beyond;
  if (round(other) !== other) return rounded; // not halfway, or not finite
  const added = sum - product;
  const error = product - (sum - added) + (c - added); // exact (Knuth's two-sum)
  return error === 0 || error > 0 !== beyond > 0 ? rounded : other;
}

const LOG2_E = round(Math.LOG2E);
const LN2_HIGH = round(0.693359375);
const LN2_LOW = round(-2.1219444e-4);
const ROUNDER = 12_582_912;
const ROOT_HALF = round(Math.SQRT1_2);

const floats = (...numbers: readonly number[]): readonly number[] => numbers.map(round);
/** Coefficients, highest power first: of (e^r − 1 − r) / r², of tanh (numerator and denominator), of the normal distribution. */
const EXPM1 = floats(1.98412698e-4, 1.38888889e-3, 8.33333333e-3, 4.16666667e-2, 1.66666667e-1, 0.5);
const TANH_P = floats(1.31775276e-8, 2.048118969e-5, 0.003487811179, 0.1337447527, 0.9999999772);
const TANH_Q = floats(7.70404805e-7, 0.000327292044, 0.025847389, 0.4670778905, 1);
const NORMAL = floats(
  ...[-0.05505130049, 0.2639031276, -0.4414777182, 0.2211910494, 0.01707762025],
  ...[0.1812498934, 0.2497935011, 0.281098429, 0.282221377, -6.011319881e-6],
);

/** 2^k for −150 ≤ k ≤ 150, at index k + 150. */
const POWERS = Float64Array.from({ length: 301 }, (_, i) => {
  let power = 1;
  for (let k = i; k > 150; k--) power *= 2;
  for (let k = i; k < 150; k++) power /= 2;
  return power;
});

// As in kernels/lanes.ts: a NaN in x stays, and so does −0.
// biome-ignore lint/complexity/useMathMinMax: Math.max(−0, 0) is 0
const atLeast = (x: number, bound: number) => (x < bound ? bound : x);
// biome-ignore lint/complexity/useMathMinMax: as above
const atMost = (x: number, bound: number) => (bound < x ? bound : x);

/** a = f(z) for one number; `constant` is the slope of leakyRelu and the α of elu. */
export type ScalarActivation = (z: number, constant: number) => number;

/** The activations, by how multiplications and additions are rounded. */
export function float32Activations(add: MultiplyAdd): Readonly<Record<ElementwiseActivation, ScalarActivation>> {
  const polynomial = (coefficients: readonly number[], x: number) => {
    let sum = coefficients[0]!;
    for (let i = 1; i < coefficients.length; i++) sum = add(sum, x, coefficients[i]!);
    return sum;
  };
  const wholeOf = (x: number) => round(add(x, LOG2_E, ROUNDER) - ROUNDER);
  /** e^r − 1 for x = k·ln 2 + r */
  const expm1OfRemainder = (x: number, k: number) => {
    const r = add(-k, LN2_LOW, add(-k, LN2_HIGH, x));
    return add(round(r * r), polynomial(EXPM1, r), r);
  };
  const exp = (x: number) => {
    const bounded = atMost(atLeast(x, -104), 89);
    const k = wholeOf(bounded);
    const half = k >> 1;
    const e = round(round(expm1OfRemainder(bounded, k) + 1) * POWERS[half + 150]!);
    return round(e * POWERS[k - half + 150]!);
  };
  const expm1OfNegative = (x: number) => {
    const bounded = atLeast(x, -32);
    const k = wholeOf(bounded);
    const scale = POWERS[k + 150]!;
    return add(scale, expm1OfRemainder(bounded, k), round(scale - 1));
  };
  const sigmoid = (x: number) => {
    const e = exp(-Math.abs(x));
    return round((x < 0 ? e : 1) / round(e + 1));
  };
  const tanh = (x: number) => {
    const bounded = atMost(atLeast(x, round(-9.1)), round(9.1));
    const square = round(bounded * bounded);
    const quotient = round(round(bounded * polynomial(TANH_P, square)) / polynomial(TANH_Q, square));
    return atMost(atLeast(quotient, -1), 1);
  };
  const normalDistribution = (x: number) => {
    const z = round(Math.abs(x) * ROOT_HALF);
    const p = polynomial(NORMAL, round(1 / add(z, 0.5, 1)));
    const tail = round(round(0.5 * p) * exp(-round(z * z)));
    return x < 0 ? tail : round(1 - tail);
  };
  return {
    linear: (z) => z,
    sigmoid,
    tanh,
    relu: (z) => atLeast(z, 0),
    leakyRelu: (z, slope) => (z < 0 ? round(slope * z) : z),
    elu: (z, alpha) => (z < 0 ? round(alpha * expm1OfNegative(z)) : z),
    gelu: (z) => round(z * normalDistribution(z)),
    silu: (z) => round(z * sigmoid(z)),
  };
}
