/** Spaces in which a point may come twice: which points have been tried, and which have not. */

import { allValuesOf, countOf, distinctPoints, type Point, type Space } from '../space/space.ts';
import { gridOf, permuted } from './grid/grid.ts';
import { randomSampler } from './random/random.ts';
import type { Observation } from './sampler.ts';

/** A space with more combinations than this is not enumerated: a search does not come near their number. */
const MAX_ENUMERATED = 200_000;
/** Random points that are drawn, at most, to find one that was not tried where the space is not enumerated. */
const MAX_DRAWS = 1000;

export interface Tried {
  has(point: Point): boolean;
  /** A point that was not tried: the first in a seeded order that begins elsewhere for every trial. Undefined where none is left. */
  unused(number: number): Point | undefined;
}

/** Undefined where a continuous hyperparameter is always active: then no point comes twice. */
export function repeatableSpace(
  space: Space,
  seed: number,
): { tried(history: readonly Observation[]): Tried } | undefined {
  const isContinuous = ({ distribution }: Space['dimensions'][number]) => !Number.isFinite(countOf(distribution));
  if (space.dimensions.some((one) => isContinuous(one) && one.distribution.when === undefined)) return undefined;
  const isSmall = !space.dimensions.some(isContinuous) && distinctPoints(space) <= MAX_ENUMERATED;
  const grid = isSmall ? gridOf(space, allValuesOf) : undefined;
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
