/** How much each hyperparameter explains of the values of trials: fANOVA and PED-ANOVA, conditions minded. */

import { type Direction, signOf } from '../objective.ts';
import { randomAt } from '../random.ts';
import { axisOf } from './axis.ts';
import { mainShares, pairShare } from './fanova.ts';
import type { Samples } from './forest.ts';
import { pedAnova } from './ped-anova.ts';
import { countOf, type Dimension, type Point, type Space, type Value } from './space.ts';

/** Pairs are worked out between so many of the most important. */
const PAIRED = 4;

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
  /** Of what it takes to be among the best tenth. */
  readonly amongBest: number;
}

export interface ExplainedPair {
  readonly names: readonly string[];
  readonly share: number;
}

/** The most important first; empty where all values are the same, or no condition holds in `fewest` trials. Slow for its size. */
export function explain(
  space: Space,
  trials: readonly Valued[],
  direction: Direction,
  seed: number,
  fewest: number,
): { readonly shares: readonly Explained[]; readonly pairs: readonly ExplainedPair[] } {
  const all = new Sampled(space, trials, seed, fewest);
  const conditions = new Set(space.dimensions.map(conditionOf));
  const shares = [...conditions]
    .flatMap((condition) => sharesOf(all, condition, direction))
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

/** What is not active stands anywhere, so that its place tells nothing of why it is not. */
function placeIn({ distribution }: Dimension, value: Value | undefined, anywhere: number): number {
  if (distribution.distribution === 'categorical') {
    const { choices } = distribution;
    return value === undefined ? Math.floor(anywhere * choices.length) : choices.indexOf(value);
  }
  if (value === undefined) return anywhere;
  const axis = axisOf(distribution);
  return axis.high > axis.low ? (axis.at(Number(value)) - axis.low) / (axis.high - axis.low) : 0.5;
}

/** Trials as samples of a function, those of them in which certain hyperparameters are active. */
class Sampled {
  readonly space: Space;
  readonly seed: number;
  readonly #trials: readonly Valued[];
  readonly #fewest: number;
  readonly #spread: number;

  constructor(space: Space, trials: readonly Valued[], seed: number, fewest: number) {
    this.space = space;
    this.seed = seed;
    this.#trials = trials;
    this.#fewest = fewest;
    this.#spread = scatter(trials);
  }

  /**
   * All hyperparameters, since what others do must not be taken for theirs; `weight` is the part of the whole variance that lies within these
   * trials. Undefined where they are too few.
   */
  where(names: readonly string[]): { readonly samples: Samples; readonly weight: number } | undefined {
    const active = this.#trials.filter(({ point }) => names.every((name) => point[name] !== undefined));
    if (active.length < this.#fewest) return undefined;
    const { dimensions } = this.space;
    const samples: Samples = {
      columns: dimensions.map((dimension, j) => {
        // One that has a single value tells nothing, nor does where it is active what its condition does not.
        if (isFixed(dimension)) return new Float64Array(active.length);
        const random = randomAt({ seed: this.seed, purpose: 'forest', trial: j, fold: 1 });
        return Float64Array.from(active, ({ point }) => placeIn(dimension, point[dimension.name], random.uniform()));
      }),
      choices: dimensions.map(({ distribution }) =>
        distribution.distribution === 'categorical' ? distribution.choices.length : 0,
      ),
      values: Float64Array.from(active, ({ value }) => value),
    };
    return { samples, weight: this.#spread > 0 ? scatter(active) / this.#spread : 0 };
  }
}

function isFixed({ distribution }: Dimension): boolean {
  return countOf(distribution) === 1;
}

function conditionOf({ distribution }: Dimension): string {
  return JSON.stringify(distribution.when ?? {});
}

/** Sum of the squared distances from the mean. */
function scatter(trials: readonly Valued[]): number {
  const mean = trials.reduce((sum, { value }) => sum + value, 0) / trials.length;
  return trials.reduce((sum, { value }) => sum + (value - mean) ** 2, 0);
}

/** Of the hyperparameters with this condition, on the trials in which they are active: no trial counts for one it does not have. */
function sharesOf(all: Sampled, condition: string, direction: Direction) {
  const { dimensions } = all.space;
  const judged = dimensions.filter((dimension) => conditionOf(dimension) === condition);
  const known = all.where(judged.map(({ name }) => name));
  if (known === undefined) return [];
  const { samples, weight } = known;
  const main = mainShares(samples, all.seed);
  if (main === undefined) return [];
  const losses = samples.values.map((value) => -signOf(direction) * value);
  const divergences = pedAnova(samples.columns, samples.choices, losses);
  return judged.map((dimension) => {
    const j = dimensions.indexOf(dimension);
    const { share, low, high } = main[j]!;
    return {
      name: dimension.name,
      trials: samples.values.length,
      share: weight * share,
      low: weight * low,
      high: weight * high,
      divergence: isFixed(dimension) ? 0 : weight * divergences[j]!,
    };
  });
}

/** What each two of these explain only together, from the trials in which both are active; the greatest first. */
function pairsOf(all: Sampled, names: readonly string[]): ExplainedPair[] {
  const { dimensions } = all.space;
  const placeOf = (name: string) => dimensions.findIndex((dimension) => dimension.name === name);
  const varied = names.filter((name) => !isFixed(dimensions[placeOf(name)]!));
  const pairs = varied.flatMap((a, i) => varied.slice(i + 1).map((b) => [a, b] as const));
  return pairs
    .flatMap(([a, b]) => {
      const both = all.where([a, b]);
      if (both === undefined) return [];
      return [{ names: [a, b], share: both.weight * pairShare(both.samples, all.seed, placeOf(a), placeOf(b)) }];
    })
    .sort((a, b) => b.share - a.share);
}
