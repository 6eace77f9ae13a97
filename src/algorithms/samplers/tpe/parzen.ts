/**
 * The Parzen estimator of the tree-structured Parzen sampler (Bergstra et al. 2011; rules and numbers as in Optuna 5, see Watanabe
 * 2023, "Tree-structured Parzen estimator"): a mixture whose i-th component is the product of kernels around observation i, one per
 * hyperparameter, and whose last component is the prior. If an observation has no value of a hyperparameter, its kernel is the prior's.
 */
import { exp, log, normalCdf } from '../../../exact-math.ts';
import { normalQuantile } from '../../normal-quantile.ts';
import type { Axis } from '../../space/transform.ts';

/** How many of n complete trials count as good. */
export function gamma(n: number): number {
  return Math.min(Math.ceil(0.1 * n), 25);
}

const FULL_WEIGHTS = 25;

/** Weights by age, from 0 for the oldest of n observations: `first + rise · age` below `ramp`, and 1 for the last 25 and the prior, whose age is n. */
export interface AgeWeights {
  readonly ramp: number;
  readonly first: number;
  readonly rise: number;
}

export function ageWeights(n: number): AgeWeights {
  const ramp = Math.max(n - FULL_WEIGHTS, 0);
  const first = 1 / n;
  return { ramp, first, rise: ramp === 1 ? 0 : (1 - first) / (ramp - 1) };
}

export function weightAt({ ramp, first, rise }: AgeWeights, age: number): number {
  return age < ramp ? first + rise * age : 1;
}

/** The sum of the weights of n observations and of the prior, oldest first. */
export function sumOfWeights(n: number): number {
  const { ramp, first, rise } = ageWeights(n);
  let sum = 0;
  for (let age = 0; age < ramp; age++) sum += first + rise * age;
  for (let age = ramp; age <= n; age++) sum += 1;
  return sum;
}

/** Terms of a mixture this far below the largest are not counted. */
export const NEGLIGIBLE = 50;

const MAX_COMPONENTS = 100;

/** The least width of kernels on the axis around `count` places. */
export function leastWidth({ low, high }: Axis, count: number): number {
  return (high - low) / Math.min(MAX_COMPONENTS, 2 + count);
}

/**
 * The width of the kernel around a place between its sorted neighbours: the larger gap. The ends of the axis count as neighbours only of a
 * single place.
 */
export function kernelWidth({ low, high }: Axis, least: number, place: number, left?: number, right?: number): number {
  const alone = left === undefined && right === undefined;
  const below = left !== undefined ? place - left : alone ? place - low : 0;
  const above = right !== undefined ? right - place : alone ? high - place : 0;
  return Math.min(Math.max(below, above, least), high - low);
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

/** ln Σ weight·exp(term) of the first `count` terms, without those that are by `negligible` or more below the largest. */
export function logSumExp(terms: Float64Array, weights: Float64Array, count: number, negligible = NEGLIGIBLE): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) if (terms[i]! > most) most = terms[i]!;
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const below = terms[i]! - most;
    if (below > -negligible) sum += weights[i]! * exp(below);
  }
  return most + log(sum);
}

/** A sample of the kernel with centre m and width s, truncated to the axis, at `u` in [0, 1). */
export function drawKernel({ low, high }: Axis, m: number, s: number, u: number): number {
  const [a, b] = [(low - m) / s, (high - m) / s];
  const p = normalCdf(a) + u * normalMass(a, b);
  const x = m + s * normalQuantile(Math.min(Math.max(p, 1e-16), 1 - 1e-16));
  return Math.min(Math.max(x, low), high);
}

/** The index at `u` in [0, 1) of weights that sum to 1. */
export function indexAt(weights: Float64Array, u: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]!;
    if (u < sum) return i;
  }
  return weights.length - 1;
}
