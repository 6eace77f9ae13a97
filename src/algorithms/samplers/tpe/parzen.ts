/**
 * The Parzen estimator of the tree-structured Parzen sampler (Bergstra et al. 2011; rules and numbers as in Optuna 5, see Watanabe
 * 2023, "Tree-structured Parzen estimator"): a mixture whose i-th component is the product of kernels around observation i, one per
 * hyperparameter, and whose last component is the prior. If an observation has no value of a hyperparameter, its kernel is the prior's.
 */
import { exp, log, normalCdf } from '../../../exact-math.ts';
import type { Axis } from '../../space/transform.ts';

/** How many of n complete trials count as good. */
export function gamma(n: number): number {
  return Math.min(Math.ceil(0.1 * n), 25);
}

const FULL_WEIGHTS = 25;

/** Weights of n observations, oldest first: the last 25 have full weight, older ones decreasing weights. */
export function observationWeights(n: number): Float64Array {
  const ramp = Math.max(n - FULL_WEIGHTS, 0);
  const weights = new Float64Array(n).fill(1);
  const rise = ramp === 1 ? 0 : (1 - 1 / n) / (ramp - 1);
  for (let i = 0; i < ramp; i++) weights[i] = 1 / n + rise * i;
  return weights;
}

/** Weights of the mixture: the observations, then the prior; they sum to 1. */
export function mixtureWeights(n: number): Float64Array {
  const weights = new Float64Array(n + 1);
  weights.set(observationWeights(n));
  weights[n] = 1;
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** Truncated normal kernels on an axis. The last is the prior. */
export interface NumericKernels {
  readonly axis: Axis;
  readonly mu: Float64Array;
  readonly sigma: Float64Array;
}

const MAX_COMPONENTS = 100;

/**
 * Writes kernels around places on the axis (NaN: the prior's kernel) into mu and sigma, which are one longer. A kernel is as wide as the
 * larger gap to its sorted neighbours; the ends of the axis count as neighbours only of a single observation. `order`: indices sorted by
 * place, without NaN.
 */
export function setKernels({ axis, mu, sigma }: NumericKernels, places: Float64Array, order: Uint32Array): void {
  const range = axis.high - axis.low;
  mu.fill((axis.low + axis.high) / 2);
  sigma.fill(range);
  const least = range / Math.min(MAX_COMPONENTS, 2 + order.length);
  const alone = order.length === 1;
  for (let k = 0; k < order.length; k++) {
    const i = order[k]!;
    const place = places[i]!;
    const left = k > 0 ? place - places[order[k - 1]!]! : alone ? place - axis.low : 0;
    const right = k + 1 < order.length ? places[order[k + 1]!]! - place : alone ? axis.high - place : 0;
    mu[i] = place;
    sigma[i] = Math.min(Math.max(left, right, least), range);
  }
}

/** ½ ln 2π */
export const LOG_ROOT_TWO_PI = 0.9189385332046727;
/** Beyond this many deviations, Φ is 0 or 1 in double precision. */
const FAR = 8.3;

/** Φ(b) − Φ(a) for a ≤ b, without cancellation in the upper tail; 0 where it is below 1e-16. */
export function normalMass(a: number, b: number): number {
  if (a < -FAR && b > FAR) return 1;
  if (a > FAR || b < -FAR) return 0;
  return a > 0 ? normalCdf(-a) - normalCdf(-b) : normalCdf(b) - normalCdf(a);
}

const MIN_MASS = 1e-300;

/** Log of the mass on the axis of the kernel with centre m and width s. */
export function logMass(axis: Axis, m: number, s: number): number {
  if (m - axis.low > FAR * s && axis.high - m > FAR * s) return 0;
  return log(Math.max(normalMass((axis.low - m) / s, (axis.high - m) / s), MIN_MASS));
}

/** Log of the mass between two places of the kernel with centre m and width s. */
export function logKernel(m: number, s: number, [from, to]: readonly [number, number]): number {
  return log(Math.max(normalMass((from - m) / s, (to - m) / s), MIN_MASS));
}

/** The probability of each choice under the kernel of `choice`, or under the prior if it is undefined. */
export function choiceKernel(choices: number, components: number, choice: number | undefined): Float64Array {
  const weights = new Float64Array(choices).fill(1 / components);
  if (choice !== undefined) weights[choice]! += 1;
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** Components `from` … `to` − 1. */
export type Range = readonly [from: number, to: number];

/** ln Σ weight·exp(term) over the ranges; negligible terms are skipped. */
export function logSumExp(terms: Float64Array, weights: Float64Array, ranges: readonly Range[]): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const [from, to] of ranges) for (let i = from; i < to; i++) if (terms[i]! > most) most = terms[i]!;
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (const [from, to] of ranges) {
    for (let i = from; i < to; i++) {
      const below = terms[i]! - most;
      if (below > -50) sum += weights[i]! * exp(below);
    }
  }
  return most + log(sum);
}

/** Acklam's rational approximations of the inverse of Φ (2003), with a relative error below 1.15e-9. */
const CENTRE = [
  [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239],
  [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1],
] as const;
const TAIL = [
  [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ],
  [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1],
] as const;
const TAIL_BEGINS = 0.02425;

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

/** Φ⁻¹(p), 0 < p < 1. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < TAIL_BEGINS) {
    const q = Math.sqrt(-2 * log(Math.max(p, MIN_MASS)));
    return polynomial(TAIL[0], q) / polynomial(TAIL[1], q);
  }
  const q = p - 0.5;
  return (q * polynomial(CENTRE[0], q * q)) / polynomial(CENTRE[1], q * q);
}

/** A sample of the truncated kernel i at `u` in [0, 1). */
export function drawKernel({ axis, mu, sigma }: NumericKernels, i: number, u: number): number {
  const [m, s] = [mu[i]!, sigma[i]!];
  const [a, b] = [(axis.low - m) / s, (axis.high - m) / s];
  const p = normalCdf(a) + u * normalMass(a, b);
  const x = m + s * normalQuantile(Math.min(Math.max(p, 1e-16), 1 - 1e-16));
  return Math.min(Math.max(x, axis.low), axis.high);
}
