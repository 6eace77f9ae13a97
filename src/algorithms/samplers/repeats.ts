/** Avoids repeated points in discrete spaces. */

import { allValuesOf, countOf, distinctPoints, type Point, type Space } from '../space/space.ts';
import { gridOf, permuted } from './grid/grid.ts';
import { randomSampler } from './random/random.ts';

/** Spaces with more points than this are not enumerated: no search comes near that number. */
const MAX_ENUMERATED = 200_000;
/** Random points drawn at most to find an untried one in a space that is not enumerated. */
const MAX_DRAWS = 1000;

/** The points of a history. */
export interface Tried {
  add(point: Point): void;
  remove(point: Point): void;
  has(point: Point): boolean;
  /** An untried point, in a seeded order that starts at a different place for every trial; undefined if none is found. */
  unused(number: number): Point | undefined;
}

/** Undefined if a continuous hyperparameter is always active: then points do not repeat. */
export function createTried(space: Space, seed: number): Tried | undefined {
  const isContinuous = ({ distribution }: Space['dimensions'][number]) => !Number.isFinite(countOf(distribution));
  if (space.dimensions.some((one) => isContinuous(one) && one.distribution.when === undefined)) return undefined;
  const isSmall = !space.dimensions.some(isContinuous) && distinctPoints(space) <= MAX_ENUMERATED;
  const grid = isSmall ? gridOf(space, allValuesOf) : undefined;
  const random = randomSampler(space, seed);
  /** How often each point was added. */
  const times = new Map<string, number>();
  const has = (point: Point) => times.has(keyOf(point));
  const candidate = (number: number, i: number) =>
    grid === undefined
      ? random.propose((number * MAX_DRAWS + i) % 2 ** 32, [])
      : grid.pointAt(permuted((number + i) % grid.size, grid.size, seed));
  return {
    has,
    add: (point) => {
      const key = keyOf(point);
      times.set(key, (times.get(key) ?? 0) + 1);
    },
    remove: (point) => {
      const key = keyOf(point);
      const left = times.get(key)! - 1;
      if (left === 0) times.delete(key);
      else times.set(key, left);
    },
    unused: (number) => {
      if (grid !== undefined && times.size >= grid.size) return undefined;
      for (let i = 0; i < (grid?.size ?? MAX_DRAWS); i++) {
        const point = candidate(number, i);
        if (!has(point)) return point;
      }
      return undefined;
    },
  };
}

/** Equal points have equal keys, whatever their key order. */
function keyOf(point: Point): string {
  return JSON.stringify(Object.entries(point).sort(([a], [b]) => (a < b ? -1 : 1)));
}
