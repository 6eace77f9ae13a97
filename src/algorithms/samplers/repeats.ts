/** Avoids repeated points in discrete spaces. */

import { allValuesOf, countOf, distinctPoints, type Point, type Space } from '../space/space.ts';
import { gridOf, permuted } from './grid/grid.ts';
import { randomSampler } from './random/random.ts';
import type { Observation } from './sampler.ts';

/** Spaces with more points than this are not enumerated: no search comes near that number. */
const MAX_ENUMERATED = 200_000;
/** Random points drawn at most to find an untried one in a space that is not enumerated. */
const MAX_DRAWS = 1000;

export interface Tried {
  has(point: Point): boolean;
  /** An untried point, in a seeded order that starts at a different place for every trial; undefined if none is found. */
  unused(number: number): Point | undefined;
}

/** Undefined if a continuous hyperparameter is always active: then points do not repeat. */
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

/** Equal points have equal keys, whatever their key order. */
function keyOf(point: Point): string {
  return JSON.stringify(Object.entries(point).sort(([a], [b]) => (a < b ? -1 : 1)));
}
