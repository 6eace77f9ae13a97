/** What a sampler of a given size covers of a space, told without training anything: the lecture's picture of grid against random, in numbers. */
import { type Random, randomAt } from '../../random.ts';
import { createSampler, type SamplerSettings } from '../samplers/create-sampler.ts';
import { countOf, type Dimension, type Point, type Space } from './space.ts';
import { type Axis, axisOf } from './transform.ts';

export const coveringSamplers = ['random', 'grid', 'sobol'] as const;
export type CoveringSampler = (typeof coveringSamplers)[number];

/** Targets that are tried for each chance. */
const TARGETS = 400;
/** The share of the space that a target takes up. */
const TARGET_VOLUME = 0.01;
/** More trials than this are not laid out. */
const MAX_TRIALS = 2000;

export interface Coverage {
  readonly sampler: CoveringSampler;
  /** How many trials it has: a grid as many points as fit, at most those asked for. */
  readonly trials: number;
  /** Different values of each hyperparameter, and how many a hyperparameter has at all (null: no end). */
  readonly distinct: readonly { readonly name: string; readonly values: number; readonly of: number | null }[];
  /** The chance that a trial lies in a target of 1 % of the space that one, two or all hyperparameters decide (Bergstra & Bengio 2012). */
  readonly hit: { readonly one: number; readonly two: number; readonly all: number };
}

/** Of the hyperparameters that are always active; conditional ones are laid out with the rest, and not aimed at. */
export function coverageOf(space: Space, sampler: CoveringSampler, trials: number, seed: number): Coverage {
  const wanted = Math.min(trials, MAX_TRIALS);
  const laidOut = sampler === 'grid' ? gridOf(space, wanted) : space;
  const settings: SamplerSettings = { type: sampler, seed };
  const { size, propose } = createSampler(laidOut, settings);
  const points = Array.from({ length: Math.min(wanted, size) }, (_, number) => propose(number, []));
  const aimed = space.dimensions.filter(({ distribution }) => distribution.when === undefined);
  const places = points.map((point) => aimed.map((dimension) => placeOf(dimension, point)));
  const chance = (decisive: number) => hitChance(places, Math.min(decisive, aimed.length), seed);
  return {
    sampler,
    trials: points.length,
    distinct: space.dimensions.map(({ name, distribution }) => {
      const of = countOf(distribution);
      const values = new Set(points.map((point) => point[name]).filter((value) => value !== undefined)).size;
      return { name, values, of: Number.isFinite(of) ? of : null };
    }),
    hit: { one: chance(1), two: chance(2), all: chance(aimed.length) },
  };
}

/** The same number of points for every numeric hyperparameter, as many as keep the grid within `trials`. */
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
  let points = 1;
  while (points < trials && createSampler(withPoints(points + 1), { type: 'grid', seed: 0 }).size <= trials) points++;
  return withPoints(points);
}

const axes = new WeakMap<Dimension, Axis>();

/** From 0 to 1; choices have equal parts and stand in the middle of theirs. */
function placeOf(dimension: Dimension, point: Point): number {
  const { name, distribution } = dimension;
  const value = point[name];
  if (distribution.distribution === 'categorical') {
    return (distribution.choices.indexOf(value ?? '') + 0.5) / distribution.choices.length;
  }
  const axis = axes.get(dimension) ?? axisOf(distribution);
  axes.set(dimension, axis);
  return axis.high > axis.low ? (axis.at(Number(value)) - axis.low) / (axis.high - axis.low) : 0.5;
}

/** Targets of equal sides in `decisive` hyperparameters, anywhere, of any extent in the others. */
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
