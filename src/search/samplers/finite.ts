/** Spaces with a limited number of points: which have been tried, and which have not. */
import type { Observation } from '../sampler.ts';
import { allValuesOf, countOf, type Point, type Space } from '../space.ts';
import { gridOf, permuted } from './grid.ts';
import { randomSampler } from './random.ts';

/** A space with more combinations than this is not enumerated: a search does not come near their number. */
const MAX_ENUMERATED = 200_000;
/** Random points that are drawn, at most, to find one that was not tried where a space is not enumerated. */
const MAX_DRAWS = 1000;

export interface Tried {
  has(point: Point): boolean;
  /** A point that was not tried: the first in a seeded order that begins elsewhere for every trial. Undefined where none is left. */
  unused(number: number): Point | undefined;
}

/** Undefined where some hyperparameter is continuous: then no point comes twice. */
export function finiteSpace(space: Space, seed: number): { tried(history: readonly Observation[]): Tried } | undefined {
  const combinations = space.dimensions.reduce((product, { distribution }) => product * countOf(distribution), 1);
  if (!Number.isFinite(combinations)) return undefined;
  const grid = combinations <= MAX_ENUMERATED ? gridOf(space, allValuesOf) : undefined;
  const random = randomSampler(space, seed);
  return {
    tried: (history) => {
      const keys = new Set(history.map(({ point }) => keyOf(point)));
      const has = (point: Point) => keys.has(keyOf(point));
      const candidate = (number: number, i: number) =>
        grid === undefined
          ? random.propose((number * MAX_DRAWS + i) % 2 ** 32, [])
          : grid.pointAt(permuted((number + i) % grid.size, grid.size, seed));
      return {
        has,
        unused: (number) => {
          if (grid !== undefined && keys.size >= grid.size) return undefined;
          for (let i = 0; i < (grid?.size ?? MAX_DRAWS); i++) {
            const point = candidate(number, i);
            if (!has(point)) return point;
          }
          return undefined;
        },
      };
    },
  };
}

/** Equal points have equal keys, whatever the order of their names. */
function keyOf(point: Point): string {
  return JSON.stringify(Object.entries(point).sort(([a], [b]) => (a < b ? -1 : 1)));
}
