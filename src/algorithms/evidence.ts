/**
 * How far the best value of a search can be distinguished from a baseline that uses no feature, and from the other trials. The best of many trials
 * is lucky, so every statement holds for all values that it was selected from at once: Bonferroni's inequality, whatever their dependence.
 * docs/best.md states the rules.
 */
import { exp, log, normalCdf } from '../exact-math.ts';
import { normalQuantile } from './normal-quantile.ts';
import { type Direction, signOf } from './objective.ts';

/** What a value measures, which decides how it varies with the validation rows. */
export const measures = ['share', 'logLoss', 'squaredError', 'rootSquaredError', 'absoluteError', 'r2'] as const;
export type Measure = (typeof measures)[number];

/** The value of the best constant prediction. */
export interface Baseline {
  readonly measure: Measure;
  readonly value: number;
  /** Distinct validation rows of a trial. */
  readonly rows: number;
  /** The rows that the variance of a share depends on; at most `rows`: for the area under the ROC curve those of the rarer class. */
  readonly effectiveRows: number;
}

/** A value whose luck is considered. */
export interface Selected {
  readonly value: number;
  /** Standard error, if it is known from repetitions; null if it has to follow from the number of rows. */
  readonly standardError: number | null;
  /** From how many values it was selected as the best; 1 if it was not selected. */
  readonly comparisons: number;
}

export interface Evidence {
  readonly comparisons: number;
  /** Of 95 %, for all values that it was selected from at once; null if neither rows nor folds say how the value varies. */
  readonly interval: readonly [low: number, high: number] | null;
  /** An upper bound of the probability that the best of so many values would be this good if no feature said anything about the target. */
  readonly p: number;
  /** Whether it is distinguishable from the baseline: `p` is at most 0.05. */
  readonly aboveBaseline: boolean;
}

const LEVEL = 0.05;

const isLoss: Readonly<Record<Measure, boolean>> = {
  share: false,
  logLoss: true,
  squaredError: true,
  rootSquaredError: true,
  absoluteError: true,
  r2: false,
};

/** Undefined if the direction is not the usual one of the measure: then the baseline is no bound. */
export function evidenceOf(selected: Selected, baseline: Baseline, direction: Direction): Evidence | undefined {
  if (isLoss[baseline.measure] !== signOf(direction) < 0) return undefined;
  const comparisons = Math.max(selected.comparisons, 1);
  const p = Math.min(1, comparisons * chanceOf(selected, baseline));
  return { comparisons, interval: intervalOf(selected, baseline), p, aboveBaseline: p <= LEVEL };
}

/** The probability of a single value that is at least as good if no feature says anything about the target. */
function chanceOf({ value, standardError }: Selected, baseline: Baseline): number {
  const { measure, rows, effectiveRows } = baseline;
  const better = isLoss[measure] ? baseline.value - value : value - baseline.value;
  if (!(better > 0)) return 1;
  // The rule for log losses needs no error, and is exact.
  if (measure !== 'logLoss' && standardError !== null && standardError > 0) return normalCdf(-better / standardError);
  switch (measure) {
    case 'share':
      return binomialTail(value, effectiveRows, baseline.value);
    case 'logLoss':
      // exp(rows × difference) is a likelihood ratio, whose expectation is 1 without information: Markov's inequality.
      return Math.min(1, exp(-rows * better));
    default: {
      const gain = explainedBeyond(value, baseline);
      // The R² of values that are independent of the target is at most the square of their correlation, which is about N(0, 1/rows).
      return gain > 0 ? normalCdf(-Math.sqrt(rows * gain)) : 1;
    }
  }
}

/**
 * R²: the share of the baseline's squared error that is gone. Of absolute errors the share itself: for a symmetric target density f with one mode,
 * whose f(0)·E|y| is at least ¼ (that of a uniform one), independent predictions gain no more than a squared correlation.
 */
function explainedBeyond(value: number, { measure, value: of }: Baseline): number {
  switch (measure) {
    case 'squaredError':
    case 'absoluteError':
      return 1 - value / of;
    case 'r2':
      return 1 - (1 - value) / (1 - of);
    default:
      return 1 - (value / of) ** 2;
  }
}

/** P(X ≥ share × rows) of a binomial X with `rows` draws of probability `chance`; hits are rounded down. */
function binomialTail(share: number, rows: number, chance: number): number {
  const hits = Math.floor(share * rows + 1e-9);
  if (hits <= rows * chance) return 1;
  if (chance <= 0) return 0;
  const odds = chance / (1 - chance);
  let term = exp(logChoose(rows, hits) + hits * log(chance) + (rows - hits) * log(1 - chance));
  let sum = 0;
  for (let k = hits; k <= rows && term > sum * 1e-12; k++) {
    sum += term;
    term *= ((rows - k) / (k + 1)) * odds;
  }
  return Math.min(1, sum);
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** Stirling's series. */
function logFactorial(n: number): number {
  if (n < 10) {
    let product = 1;
    for (let i = 2; i <= n; i++) product *= i;
    return log(product);
  }
  return (n + 0.5) * log(n) - n + 0.5 * log(2 * Math.PI) + 1 / (12 * n) - 1 / (360 * n ** 3);
}

function intervalOf({ value, standardError, comparisons }: Selected, baseline: Baseline): Evidence['interval'] {
  const z = -normalQuantile(LEVEL / 2 / Math.max(comparisons, 1));
  if (standardError === null && baseline.measure === 'share') {
    return wilson(value * baseline.effectiveRows, baseline.effectiveRows, z);
  }
  const error = standardError ?? errorOf(value, baseline);
  if (error === null) return null;
  const [low, high] = [value - z * error, value + z * error];
  if (baseline.measure === 'share') return [Math.max(0, low), Math.min(1, high)];
  return isLoss[baseline.measure] ? [Math.max(0, low), high] : [low, Math.min(1, high)];
}

/** The 97.5 % quantile of the standard normal distribution. */
const Z_95 = 1.959963984540054;

/** The score interval of a share of `hits` in `rows` (Wilson 1927), by default of 95 %. */
export function wilson(hits: number, rows: number, z = Z_95): readonly [number, number] {
  const share = hits / rows;
  const middle = share + z ** 2 / (2 * rows);
  const half = z * Math.sqrt((share * (1 - share)) / rows + z ** 2 / (4 * rows ** 2));
  const whole = 1 + z ** 2 / rows;
  return [Math.max(0, (middle - half) / whole), Math.min(1, (middle + half) / whole)];
}

/** The standard error of one value by its validation rows, with normally distributed errors of a regression; null if rows do not determine it. */
function errorOf(value: number, { measure, rows, effectiveRows }: Omit<Baseline, 'value'>): number | null {
  switch (measure) {
    case 'share': {
      // Agresti & Coull 1998: two hits and two misses more, so that no error in few rows is not certainty.
      const share = (value * effectiveRows + 2) / (effectiveRows + 4);
      return Math.sqrt((share * (1 - share)) / (effectiveRows + 4));
    }
    case 'logLoss':
      return null;
    case 'squaredError':
      return value * Math.sqrt(2 / rows);
    case 'rootSquaredError':
      return value / Math.sqrt(2 * rows);
    case 'absoluteError':
      return value * Math.sqrt((Math.PI / 2 - 1) / rows);
    case 'r2':
      return (1 - value) * Math.sqrt(2 / rows);
  }
}

interface Candidate {
  readonly value: number;
  /** Standard error over the folds; null for a single fold. */
  readonly standardError: number | null;
}

/**
 * How many of the other candidates are not distinguishable from the best: the difference is below the quantile, at 0.05 / (candidates − 1), of
 * what chance makes of equally good ones (subset selection: Gupta 1965; multiple comparisons with the best: Hsu 1984). Candidates have
 * their rows in common, which makes differences smaller than this assumes, so the count is rather too high. Null if there is no error.
 */
export function countAlike(
  best: Candidate,
  others: readonly Candidate[],
  baseline: Omit<Baseline, 'value'> | undefined,
): number | null {
  if (others.length === 0) return 0;
  const error = ({ value, standardError }: Candidate) =>
    baseline?.measure === 'share' || standardError === null ? baseline && errorOf(value, baseline) : standardError;
  const own = error(best) ?? null;
  if (own === null) return null;
  const z = -normalQuantile(LEVEL / others.length);
  return others.filter((other) => Math.abs(best.value - other.value) <= z * Math.hypot(own, error(other) ?? own))
    .length;
}
