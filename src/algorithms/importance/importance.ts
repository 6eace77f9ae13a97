/** Hyperparameter importance: fANOVA and PED-ANOVA, with support for conditional hyperparameters. */

import { randomAt } from '../../random.ts';
import { type Direction, signOf } from '../objective.ts';
import { countOf, type Dimension, type Point, type Space, type Value } from '../space/space.ts';
import { axisOf, placeOn } from '../space/transform.ts';
import { mainShares, pairShares } from './fanova.ts';
import type { Samples } from './forest.ts';
import { pedAnova } from './ped-anova.ts';

/** Pairs are computed between this many of the most important hyperparameters. */
const PAIRED = 4;

/** Trials over all groups, each of which takes a forest of its own: tables of other tools may lack every hyperparameter in other trials. */
const MAX_GROUPED = 8000;

export interface Valued {
  readonly point: Point;
  readonly value: number;
}

export interface Explained {
  readonly name: string;
  /** Trials in which it is active. */
  readonly trials: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
  /** Share of what distinguishes the best tenth of the trials (PED-ANOVA). */
  readonly amongBest: number;
}

export interface ExplainedPair {
  readonly names: readonly string[];
  readonly share: number;
}

/** Most important first; empty if all values are equal or none is active in `minTrials` trials. Takes seconds on large searches. */
export function explain(
  space: Space,
  trials: readonly Valued[],
  direction: Direction,
  seed: number,
  minTrials: number,
): { readonly shares: readonly Explained[]; readonly pairs: readonly ExplainedPair[] } {
  const all = new Sampled(space, trials, seed, minTrials);
  const shares = [...new Set(all.groups)]
    .flatMap((group) => sharesOf(all, group, direction))
    .sort((a, b) => b.share - a.share);
  const whole = shares.reduce((sum, { divergence }) => sum + divergence, 0);
  return {
    shares: shares.map(({ divergence, ...one }) => ({ ...one, amongBest: whole > 0 ? divergence / whole : 0 })),
    pairs: pairsOf(
      all,
      shares.slice(0, PAIRED).map(({ name }) => name),
    ),
  };
}

/** An inactive hyperparameter gets a random position, so that its position carries no information. */
function placeIn({ distribution }: Dimension, value: Value | undefined, anywhere: number): number {
  if (distribution.distribution === 'categorical') {
    const { choices } = distribution;
    return value === undefined ? Math.floor(anywhere * choices.length) : choices.indexOf(value);
  }
  if (value === undefined) return anywhere;
  return placeOn(axisOf(distribution), Number(value));
}

interface ActiveTrials {
  readonly samples: Samples;
  /** How many there are; with very many groups the samples are some of them. */
  readonly trials: number;
  readonly weight: number;
}

/** The trials as samples of a function, filtered by which hyperparameters are active. */
class Sampled {
  readonly space: Space;
  readonly seed: number;
  /** By dimension: those with the same text have the same condition, and are active in the same trials. */
  readonly groups: readonly string[];
  readonly #trials: readonly Valued[];
  readonly #minTrials: number;
  readonly #spread: number;

  constructor(space: Space, trials: readonly Valued[], seed: number, minTrials: number) {
    this.space = space;
    this.seed = seed;
    this.#trials = trials;
    this.#minTrials = minTrials;
    this.#spread = scatter(trials);
    this.groups = space.dimensions.map((dimension) => `${conditionOf(dimension)} ${presence(dimension, trials)}`);
  }

  /**
   * Trials in which all of `names` are active, with all their hyperparameters, so that effects of the others are not attributed to these.
   * `weight` is the share of the total variance that lies within these trials. Undefined if there are too few.
   */
  where(names: readonly string[]): ActiveTrials | undefined {
    const all = this.#trials.filter(({ point }) => names.every((name) => point[name] !== undefined));
    if (all.length < this.#minTrials) return undefined;
    const most = Math.max(this.#minTrials, Math.floor(MAX_GROUPED / new Set(this.groups).size));
    const active = evenly(all, most);
    const { dimensions } = this.space;
    const samples: Samples = {
      columns: dimensions.map((dimension, j) => {
        // A hyperparameter with a single value carries no information.
        if (isFixed(dimension)) return new Float64Array(active.length);
        const random = randomAt({ seed: this.seed, purpose: 'forest', trial: j, fold: 1 });
        return Float64Array.from(active, ({ point }) => placeIn(dimension, point[dimension.name], random.uniform()));
      }),
      choices: dimensions.map(({ distribution }) =>
        distribution.distribution === 'categorical' ? distribution.choices.length : 0,
      ),
      values: Float64Array.from(active, ({ value }) => value),
    };
    return { samples, trials: all.length, weight: this.#spread > 0 ? scatter(all) / this.#spread : 0 };
  }
}

/** At most `most` of them, evenly spread. */
function evenly<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)]!);
}

function isFixed({ distribution }: Dimension): boolean {
  return countOf(distribution) === 1;
}

function conditionOf({ distribution }: Dimension): string {
  return JSON.stringify(distribution.when ?? {});
}

/** In which trials it is active, as a text. Trials of other tools lack hyperparameters without a condition that says when. */
function presence({ name }: Dimension, trials: readonly Valued[]): string {
  const bits = new Uint8Array(Math.ceil(trials.length / 8));
  for (const [i, { point }] of trials.entries()) if (point[name] !== undefined) bits[i >> 3]! |= 1 << (i & 7);
  return String.fromCharCode(...bits);
}

/** Sum of the squared distances from the mean. */
function scatter(trials: readonly Valued[]): number {
  const mean = trials.reduce((sum, { value }) => sum + value, 0) / trials.length;
  return trials.reduce((sum, { value }) => sum + (value - mean) ** 2, 0);
}

/** Shares of the hyperparameters of this group, from the trials in which they are active. */
function sharesOf(all: Sampled, group: string, direction: Direction) {
  const { dimensions } = all.space;
  const conditional = dimensions.filter((_, j) => all.groups[j] === group);
  const known = all.where(conditional.map(({ name }) => name));
  if (known === undefined) return [];
  const { samples, trials, weight } = known;
  const main = mainShares(samples, all.seed);
  if (main === undefined) return [];
  const losses = samples.values.map((value) => -signOf(direction) * value);
  const divergences = pedAnova(samples.columns, samples.choices, losses);
  return conditional.map((dimension) => {
    const j = dimensions.indexOf(dimension);
    const { share, low, high } = main[j]!;
    return {
      name: dimension.name,
      trials,
      share: weight * share,
      low: weight * low,
      high: weight * high,
      divergence: isFixed(dimension) ? 0 : weight * divergences[j]!,
    };
  });
}

/** Interaction of each pair, from the trials in which both are active; largest first. */
function pairsOf(all: Sampled, names: readonly string[]): ExplainedPair[] {
  const { dimensions } = all.space;
  const placeOf = (name: string) => dimensions.findIndex((dimension) => dimension.name === name);
  const varied = names.filter((name) => !isFixed(dimensions[placeOf(name)]!));
  const pairs = varied.flatMap((a, i) => varied.slice(i + 1).map((b) => [a, b] as const));
  // Pairs of the same groups have the same trials, and share their trees.
  const groups = new Map<string, (readonly [string, string])[]>();
  for (const pair of pairs) {
    const key = JSON.stringify([...new Set(pair.map((name) => all.groups[placeOf(name)]!))].sort());
    groups.set(key, [...(groups.get(key) ?? []), pair]);
  }
  return [...groups.values()]
    .flatMap((group) => {
      const both = all.where(group[0]!);
      if (both === undefined) return [];
      const shares = pairShares(
        both.samples,
        all.seed,
        group.map(([a, b]) => [placeOf(a), placeOf(b)]),
      );
      return group.map((names, i) => ({ names, share: both.weight * shares[i]! }));
    })
    .sort((a, b) => b.share - a.share);
}
