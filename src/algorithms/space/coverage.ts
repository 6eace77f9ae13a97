/** How well a sampler covers a space with a given number of trials, without training: the comparison of grid and random search in numbers. */
import { type Random, randomAt } from '../../random.ts';
import { createSampler, type SamplerSettings } from '../samplers/create-sampler.ts';
import { countOf, type Dimension, type Point, type Space } from './space.ts';
import { type Axis, axisOf, placeOn } from './transform.ts';

export const coveringSamplers = ['random', 'grid', 'sobol'] as const;
export type CoveringSampler = (typeof coveringSamplers)[number];

/** Random targets per estimated probability. */
const TARGETS = 400;
/** The share of the space that a target covers. */
const TARGET_VOLUME = 0.01;
/** The most trials that are simulated. */
const MAX_TRIALS = 2000;

export interface Coverage {
  readonly sampler: CoveringSampler;
  /** The number of trials; for a grid, the largest number of points that is at most the requested number. */
  readonly trials: number;
  /** Different values of each hyperparameter that are tried, and how many it has in total (null: infinitely many). */
  readonly distinct: readonly { readonly name: string; readonly values: number; readonly of: number | null }[];
  /** The probability of hitting a target of 1 % of the space when one, two or all hyperparameters matter (Bergstra & Bengio 2012). */
  readonly hit: { readonly one: number; readonly two: number; readonly all: number };
}

/** Targets only involve hyperparameters that are always active; conditional ones are sampled but not targeted. */
export function coverageOf(space: Space, sampler: CoveringSampler, trials: number, seed: number): Coverage {
  const wanted = Math.min(trials, MAX_TRIALS);
  const sampled = sampler === 'grid' ? gridOf(space, wanted) : space;
  const settings: SamplerSettings = { type: sampler, seed };
  const { size, propose } = createSampler(sampled, settings);
  const points = Array.from({ length: Math.min(wanted, size) }, (_, number) => propose(number, []));
  const targeted = space.dimensions.filter(({ distribution }) => distribution.when === undefined);
  const places = points.map((point) => targeted.map((dimension) => placeOf(dimension, point)));
  const chance = (decisive: number) => hitChance(places, Math.min(decisive, targeted.length), seed);
  return {
    sampler,
    trials: points.length,
    distinct: space.dimensions.map(({ name, distribution }) => {
      const of = countOf(distribution);
      const values = new Set(points.map((point) => point[name]).filter((value) => value !== undefined)).size;
      return { name, values, of: Number.isFinite(of) ? of : null };
    }),
    hit: { one: chance(1), two: chance(2), all: chance(targeted.length) },
  };
}

/** A grid with the same number of points for every numeric hyperparameter, as many as possible with at most `trials` points in total. */
export function gridOf(space: Space, trials: number): Space {
  const withPoints = (points: number): Space => ({
    ...space,
    dimensions: space.dimensions.map((dimension) => {
      const { distribution } = dimension;
      return distribution.distribution === 'categorical'
        ? dimension
        : { ...dimension, distribution: { ...distribution, points } };
    }),
  });
  const fits = (points: number) => createSampler(withPoints(points), { type: 'grid', seed: 0 }).size <= trials;
  let [points, tooMany] = [1, trials + 1];
  while (tooMany - points > 1) {
    const middle = Math.floor((points + tooMany) / 2);
    if (fits(middle)) points = middle;
    else tooMany = middle;
  }
  return withPoints(points);
}

const axes = new WeakMap<Dimension, Axis>();

/** The position from 0 to 1; a choice is at the middle of its equal part. */
function placeOf(dimension: Dimension, point: Point): number {
  const { name, distribution } = dimension;
  const value = point[name];
  if (distribution.distribution === 'categorical') {
    return (distribution.choices.indexOf(value ?? '') + 0.5) / distribution.choices.length;
  }
  const axis = axes.get(dimension) ?? axisOf(distribution);
  axes.set(dimension, axis);
  return placeOn(axis, Number(value));
}

/** Estimates the probability with random cubes in `decisive` hyperparameters that span the others entirely. */
function hitChance(places: readonly (readonly number[])[], decisive: number, seed: number): number {
  if (decisive === 0 || places.length === 0) return places.length > 0 ? 1 : 0;
  const side = TARGET_VOLUME ** (1 / decisive);
  let hits = 0;
  for (let target = 0; target < TARGETS; target++) {
    const random: Random = randomAt({ seed, purpose: 'probe', trial: target, fold: decisive });
    const chosen = [...random.permutation(places[0]!.length)].slice(0, decisive);
    const from = chosen.map(() => random.uniform() * (1 - side));
    const isHit = places.some((place) =>
      chosen.every((dimension, k) => place[dimension]! >= from[k]! && place[dimension]! <= from[k]! + side),
    );
    if (isHit) hits++;
  }
  return hits / TARGETS;
}
