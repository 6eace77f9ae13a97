/**
 * What the runs of a confirmation say about its finalists: how good each is, how certain that is, and how probable it is that it is the best.
 *
 * A run's value is modelled as yᵢᵣ = θᵢ + bᵣ + eᵢᵣ: the finalist, the repetition (its split and its seed, which all finalists share), and a
 * rest. Differences of finalists are therefore differences within repetitions, from which bᵣ cancels. The finalist with the best mean has a
 * mean that is too good; a hierarchical model θᵢ ~ N(μ, τ²) with τ uniform corrects that by shrinking means towards each other as far as the
 * runs do not tell them apart (Gelman et al., Bayesian Data Analysis, 3rd edition, section 5.4).
 *
 * Repetitions share rows, so their values are correlated and their variance understates that of a mean: 1/n becomes 1/n + `overlap` (Nadeau &
 * Bengio, "Inference for the Generalization Error", Machine Learning 52, 2003) in standard errors and probabilities. Means are shrunk for what
 * is independent between runs alone: with the overlap they were shrunk too far on three of four data sets (docs/benchmarks.md).
 */
import { exp, log, normalCdf, normalDensity } from '../../exact-math.ts';
import { type Direction, signOf } from '../objective.ts';

export interface Estimate {
  /** Mean of the runs. */
  readonly mean: number;
  /** The estimate of what a run gives on average, corrected for the choice of the best. */
  readonly value: number;
  /** Of `value`, in its units. */
  readonly standardError: number;
  /** That it is the best of the finalists; these add up to 1. */
  readonly probability: number;
}

/** Values of τ over which the posterior is summed, and points over which probabilities are integrated. */
const SPREADS = 32;
const POINTS = 48;
/** Values of τ whose weight is below this share of the highest are left out. */
const NEGLIGIBLE = 1e-6;
/** Posteriors are integrated up to so many standard deviations on both sides. */
const REACH = 5;
/** Backfitting converges by a constant factor a round; designs of a confirmation need far fewer. */
const FITS = 200;

/**
 * `runs[i][r]`: the value of finalist i in repetition r. Each finalist has at least one, for repetitions 0, 1, …, and one of them all.
 * `overlap`: the ratio of validation to training rows of a run.
 */
export function estimatesOf(
  runs: readonly (readonly number[])[],
  direction: Direction,
  overlap: number,
): readonly Estimate[] {
  if (runs.some(({ length }) => length === 0)) throw new RangeError('every finalist needs at least one run');
  const sign = signOf(direction);
  const { levels, rest, within } = fitted(runs);
  const isAlone = runs.length === 1;
  // What all finalists of a repetition have in common; of one finalist, everything.
  const common = isAlone ? within : Math.max(0, within - rest);
  const mixtureWith = (shared: number) => {
    return mixtureOf(
      levels,
      runs.map((own) => rest * (1 / own.length + shared)),
    );
  };
  const isNoisy = rest > 0 && !isAlone;
  const posteriors = isNoisy ? posteriorsOf(mixtureWith(0)) : levels.map((mean) => ({ mean, variance: 0 }));
  const chances = isNoisy ? chancesOf(mixtureWith(overlap), sign) : tiesOf(levels, sign);
  return runs.map((own, i) => {
    const { mean, variance } = posteriors[i]!;
    const ofOverlap = isAlone ? 0 : rest * overlap;
    return {
      mean: meanOf(own),
      value: mean,
      standardError: Math.sqrt(variance + ofOverlap + common * (1 / own.length + overlap)),
      probability: chances[i]!,
    };
  });
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Without noise, finalists with the best level are equally probable to be the best. */
function tiesOf(levels: readonly number[], sign: 1 | -1): readonly number[] {
  const best = Math.max(...levels.map((level) => sign * level));
  const ties = levels.filter((level) => sign * level === best).length;
  return levels.map((level) => (sign * level === best ? 1 / ties : 0));
}

interface Fit {
  /** θᵢ by least squares: the mean over all repetitions, also those that a finalist was not run in. */
  readonly levels: readonly number[];
  /** Variance of eᵢᵣ. */
  readonly rest: number;
  /** Variance of a finalist's values: of bᵣ + eᵢᵣ. */
  readonly within: number;
}

function fitted(runs: readonly (readonly number[])[]): Fit {
  const repeats = Math.max(...runs.map(({ length }) => length));
  const of = Array.from({ length: repeats }, (_, r) => runs.flatMap((own, i) => (r < own.length ? [i] : [])));
  let levels = runs.map(meanOf);
  let shifts = Array.from({ length: repeats }, () => 0);
  for (let fit = 0; fit < FITS; fit++) {
    const moved = of.map((finalists, r) => meanOf(finalists.map((i) => runs[i]![r]! - levels[i]!)));
    const centre = meanOf(moved);
    shifts = moved.map((shift) => shift - centre);
    levels = runs.map((own) => meanOf(own.map((value, r) => value - shifts[r]!)));
  }
  let squares = 0;
  let squaresWithin = 0;
  let count = 0;
  for (const [i, own] of runs.entries()) {
    const mean = meanOf(own);
    for (const [r, value] of own.entries()) {
      squares += (value - levels[i]! - shifts[r]!) ** 2;
      squaresWithin += (value - mean) ** 2;
      count++;
    }
  }
  const within = squaresWithin / Math.max(count - runs.length, 1);
  return { levels, within, rest: squares / Math.max(count - runs.length - repeats + 1, 1) };
}

/** The posterior given one value of τ, and the weight of that value; weights add up to 1. */
interface Component {
  readonly weight: number;
  /** Of θᵢ. */
  readonly means: readonly number[];
  readonly variances: readonly number[];
  /** The part of the variance that comes from μ, which finalists share. */
  readonly shared: readonly number[];
}

function mixtureOf(levels: readonly number[], variances: readonly number[]): readonly Component[] {
  const all = spreadsOf(levels, variances).map((spread) => givenSpread(levels, variances, spread));
  const highest = Math.max(...all.map(({ logWeight }) => logWeight));
  const given = all
    .map(({ logWeight, ...component }) => ({ ...component, weight: exp(logWeight - highest) }))
    .filter(({ weight }) => weight >= NEGLIGIBLE);
  const total = given.reduce((sum, { weight }) => sum + weight, 0);
  return given.map((component) => ({ ...component, weight: component.weight / total }));
}

/** Means and variances of the θᵢ. */
function posteriorsOf(mixture: readonly Component[]): readonly { readonly mean: number; readonly variance: number }[] {
  const mixed = (of: (one: Component) => number) => mixture.reduce((sum, one) => sum + one.weight * of(one), 0);
  return mixture[0]!.means.map((_, i) => {
    const mean = mixed(({ means }) => means[i]!);
    const variance = mixed(({ means, variances, shared }) => variances[i]! + shared[i]! + (means[i]! - mean) ** 2);
    return { mean, variance };
  });
}

function chancesOf(mixture: readonly Component[], sign: 1 | -1): readonly number[] {
  const given = mixture.map(({ means, variances }) => bestOfNormal(means, variances, sign));
  return mixture[0]!.means.map((_, i) => mixture.reduce((sum, { weight }, k) => sum + weight * given[k]![i]!, 0));
}

/** From nearly 0 to several times what the levels show. */
function spreadsOf(levels: readonly number[], variances: readonly number[]): readonly number[] {
  const mean = meanOf(levels);
  const seen = levels.reduce((sum, level) => sum + (level - mean) ** 2, 0) / (levels.length - 1);
  const most = 3 * Math.sqrt(seen + Math.max(...variances));
  return Array.from({ length: SPREADS }, (_, k) => ((k + 0.5) / SPREADS) * most);
}

/** Equations 5.17 to 5.21 of the book. */
function givenSpread(
  levels: readonly number[],
  variances: readonly number[],
  spread: number,
): Omit<Component, 'weight'> & { readonly logWeight: number } {
  const precisions = variances.map((variance) => 1 / (variance + spread * spread));
  const precision = precisions.reduce((sum, one) => sum + one, 0);
  const centre = levels.reduce((sum, level, i) => sum + precisions[i]! * level, 0) / precision;
  const logWeight = levels.reduce(
    (sum, level, i) => sum + 0.5 * log(precisions[i]!) - 0.5 * precisions[i]! * (level - centre) ** 2,
    -0.5 * log(precision),
  );
  // The share of a level in its posterior mean; the rest is the centre's.
  const trusts = variances.map((variance) => (spread * spread) / (variance + spread * spread));
  return {
    logWeight,
    means: levels.map((level, i) => centre + trusts[i]! * (level - centre)),
    variances: variances.map((variance, i) => trusts[i]! * variance),
    shared: trusts.map((trust) => (1 - trust) ** 2 / precision),
  };
}

/** P(θᵢ is the best) = ∫ φᵢ(x) Πⱼ≠ᵢ Φⱼ(x) dx for independent normal θ, scaled so that they add up to 1. */
function bestOfNormal(means: readonly number[], variances: readonly number[], sign: 1 | -1): readonly number[] {
  const centres = means.map((mean) => sign * mean);
  const deviations = variances.map(Math.sqrt);
  const low = Math.max(...centres.map((centre, i) => centre - REACH * deviations[i]!));
  const high = Math.max(...centres.map((centre, i) => centre + REACH * deviations[i]!));
  const chances = centres.map(() => 0);
  for (let k = 0; k < POINTS; k++) {
    const x = low + ((k + 0.5) / POINTS) * (high - low);
    const scaled = centres.map((centre, i) => (x - centre) / deviations[i]!);
    const below = scaled.map(normalCdf);
    const all = below.reduce((product, one) => product * one, 1);
    for (const [i, z] of scaled.entries()) {
      if (below[i]! > 0) chances[i]! += (normalDensity(z) / deviations[i]!) * (all / below[i]!);
    }
  }
  const total = chances.reduce((sum, chance) => sum + chance, 0);
  return chances.map((chance) => chance / total);
}
