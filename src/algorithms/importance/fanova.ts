/**
 * Functional analysis of variance over a random forest (Hutter, Hoos & Leyton-Brown 2014): the share of the variance of trial values that
 * each hyperparameter explains by itself, averaged over all others *in the sampling distribution*: a log scale in powers.
 */
import { randomAt } from '../../random.ts';
import { type Leaf, type Samples, treesOf } from './forest.ts';

/** Bootstrap resamples, one tree each; fewer for pairs, whose cost is quadratic in the leaves. */
const RESAMPLES = 48;
/** And fewer with more hyperparameters than this, so that the time does not grow with them. */
const MANY_DIMENSIONS = 32;
const MIN_RESAMPLES = 8;
const PAIR_RESAMPLES = 8;
/** The interval leaves out this share at either end. */
const OUTSIDE = 0.05;

export interface Share {
  readonly share: number;
  /** From the 5th to the 95th percent of bootstrap resamples of the trials. */
  readonly low: number;
  readonly high: number;
}

/** By dimension; undefined if all values are equal. Deterministic for a seed. */
export function mainShares(samples: Samples, seed: number): Share[] | undefined {
  const count = Math.max(MIN_RESAMPLES, Math.floor(RESAMPLES * Math.min(1, MANY_DIMENSIONS / samples.columns.length)));
  const known: number[][] = [];
  for (const leaves of forest(samples, seed, count)) {
    const shares = treeShares(leaves, samples.choices);
    if (shares !== undefined) known.push(shares);
  }
  if (known.length === 0) return undefined;
  const means = meanRows(known);
  return means.map((share, j) => {
    const sorted = known.map((shares) => shares[j]!).sort((a, b) => a - b);
    const at = (place: number) => sorted[Math.round(place * (sorted.length - 1))]!;
    return { share, low: at(OUTSIDE), high: at(1 - OUTSIDE) };
  });
}

/** The share that each two dimensions explain by their interaction, beyond their own shares; 0 if all values are equal. */
export function pairShares(
  samples: Samples,
  seed: number,
  pairs: readonly (readonly [j: number, k: number])[],
): number[] {
  const sums = pairs.map(() => 0);
  let trees = 0;
  for (const leaves of forest(samples, seed, PAIR_RESAMPLES)) {
    const volumes = leaves.map((leaf) => volume(leaf, samples.choices));
    const variance = varianceOf(leaves, volumes);
    if (!(variance > 0)) continue;
    trees++;
    const own = treeShares(leaves, samples.choices)!;
    for (const [i, [j, k]] of pairs.entries()) {
      sums[i]! += Math.max(0, pairVariance(leaves, volumes, samples.choices, j, k) / variance - own[j]! - own[k]!);
    }
  }
  return sums.map((sum) => (trees === 0 ? 0 : sum / trees));
}

/** One tree at a time: with hundreds of dimensions a tree takes tens of megabytes. */
function* forest(samples: Samples, seed: number, resamples: number): Generator<Leaf[]> {
  const n = samples.values.length;
  const grow = treesOf(samples);
  for (let resample = 0; resample < resamples; resample++) {
    const random = randomAt({ seed, purpose: 'forest', trial: resample });
    yield grow(
      Uint32Array.from({ length: n }, () => random.integer(n)),
      random,
    );
  }
}

function meanRows(rows: readonly (readonly number[])[]): number[] {
  return (rows[0] ?? []).map((_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length);
}

/** The extent of a leaf along dimension `j`, from 0 to 1. */
function side(leaf: Leaf, choices: readonly number[], j: number): number {
  return choices[j]! > 0 ? leaf.choices[j]!.size / choices[j]! : leaf.high[j]! - leaf.low[j]!;
}

function volume(leaf: Leaf, choices: readonly number[]): number {
  return choices.reduce((product, _, j) => product * side(leaf, choices, j), 1);
}

function meanOf(leaves: readonly Leaf[], volumes: readonly number[]): number {
  return leaves.reduce((sum, leaf, i) => sum + leaf.value * volumes[i]!, 0);
}

function varianceOf(leaves: readonly Leaf[], volumes: readonly number[]): number {
  const mean = meanOf(leaves, volumes);
  return leaves.reduce((sum, leaf, i) => sum + (leaf.value - mean) ** 2 * volumes[i]!, 0);
}

/** By dimension; undefined if the tree is constant. */
function treeShares(leaves: readonly Leaf[], choices: readonly number[]): number[] | undefined {
  // Once: a volume is a product over all dimensions, and every dimension needs that of every leaf.
  const volumes = leaves.map((leaf) => volume(leaf, choices));
  const variance = varianceOf(leaves, volumes);
  if (!(variance > 0)) return undefined;
  const mean = meanOf(leaves, volumes);
  return choices.map((_, j) => mainVariance(leaves, volumes, choices, j, mean) / variance);
}

/** The variance, along dimension j, of the tree's mean over all other dimensions. */
function mainVariance(
  leaves: readonly Leaf[],
  volumes: readonly number[],
  choices: readonly number[],
  j: number,
  mean: number,
): number {
  // The contribution of a leaf to the marginal mean inside its range.
  const heights = leaves.map((leaf, i) => {
    const own = side(leaf, choices, j);
    return own > 0 ? (leaf.value * volumes[i]!) / own : 0;
  });
  const count = choices[j]!;
  if (count > 0) {
    const means = new Float64Array(count);
    for (const [i, leaf] of leaves.entries()) for (const choice of leaf.choices[j]!) means[choice]! += heights[i]!;
    return means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  }
  // Most leaves reach from 0 to 1 in most dimensions: only edges in between are sorted.
  const edges: { readonly at: number; readonly step: number }[] = [];
  let [here, level, variance] = [0, 0, 0];
  const add = (at: number, step: number) => {
    if (at <= 0) level += step;
    else if (at < 1) edges.push({ at, step });
  };
  for (const [i, leaf] of leaves.entries()) {
    add(leaf.low[j]!, heights[i]!);
    add(leaf.high[j]!, -heights[i]!);
  }
  edges.sort((a, b) => a.at - b.at);
  for (const { at, step } of edges) {
    variance += (at - here) * (level - mean) ** 2;
    here = at;
    level += step;
  }
  return variance + (1 - here) * (level - mean) ** 2;
}

/** The variance of the tree's mean over all dimensions but j and k, from the pairs of leaves that overlap in both. */
function pairVariance(
  leaves: readonly Leaf[],
  volumes: readonly number[],
  choices: readonly number[],
  j: number,
  k: number,
): number {
  const mean = meanOf(leaves, volumes);
  const heights = leaves.map((leaf, i) => {
    const own = side(leaf, choices, j) * side(leaf, choices, k);
    return own > 0 ? (leaf.value * volumes[i]!) / own : 0;
  });
  let sum = 0;
  leaves.forEach((a, i) => {
    for (let m = i; m < leaves.length; m++) {
      const b = leaves[m]!;
      const both = overlap(a, b, choices, j) * overlap(a, b, choices, k);
      if (both > 0) sum += (m === i ? 1 : 2) * heights[i]! * heights[m]! * both;
    }
  });
  return sum - mean * mean;
}

function overlap(a: Leaf, b: Leaf, choices: readonly number[], j: number): number {
  if (choices[j]! > 0) {
    let common = 0;
    for (const choice of a.choices[j]!) if (b.choices[j]!.has(choice)) common++;
    return common / choices[j]!;
  }
  return Math.max(0, Math.min(a.high[j]!, b.high[j]!) - Math.max(a.low[j]!, b.low[j]!));
}
