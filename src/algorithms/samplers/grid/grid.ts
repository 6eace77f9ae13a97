import { randomAt } from '../../../random.ts';
import { type Distribution, gridValuesOf, isActive, type Point, type Space, type Value } from '../../space/space.ts';
import type { Sampler } from '../sampler.ts';

/** Beyond this, the index of a point is not an exact number. */
export const MAX_GRID = Number.MAX_SAFE_INTEGER;

/**
 * Every combination exactly once. Point i is decoded from i, so memory does not grow with the grid. The order is a seeded permutation, so a
 * grid that is cancelled half-way is a fair sample of the whole. `exact`: see gridValuesOf.
 */
export function gridSampler(space: Space, seed: number, exact = true): Sampler {
  const { size, pointAt } = gridOf(space, (distribution) => gridValuesOf(distribution, exact));
  return { size, learnsFrom: () => 0, propose: (number) => pointAt(permuted(number, size, seed)) };
}

/**
 * The grid as a tree with one level per dimension: an inactive dimension does not branch, so no point appears twice.
 *
 * The number of leaves below a node depends only on the values that later conditions refer to, and is cached by these.
 */
export function gridOf(
  space: Space,
  valuesOf: (distribution: Distribution) => readonly Value[] = (distribution) => gridValuesOf(distribution),
): { size: number; pointAt: (index: number) => Point } {
  const { dimensions, fixed } = space;
  const values = dimensions.map(({ distribution }) => valuesOf(distribution));
  const decisive = dimensions.map(
    (_, level) => new Set(dimensions.slice(level).flatMap(({ distribution }) => Object.keys(distribution.when ?? {}))),
  );
  const remembered = new Map<string, number>();

  const leavesBelow = (level: number, point: Record<string, Value>): number => {
    const dimension = dimensions[level];
    if (dimension === undefined) return 1;
    const key = JSON.stringify([level, ...[...decisive[level]!].map((name) => point[name] ?? null)]);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    let leaves = 0;
    if (!isActive(dimension.distribution.when, point, fixed)) {
      leaves = leavesBelow(level + 1, point);
    } else if (decisive[level + 1]?.has(dimension.name)) {
      for (const value of values[level]!) leaves += leavesBelow(level + 1, { ...point, [dimension.name]: value });
    } else {
      leaves = values[level]!.length * leavesBelow(level + 1, point);
    }
    remembered.set(key, leaves);
    return leaves;
  };

  const pointAt = (index: number): Point => {
    const point: Record<string, Value> = {};
    let rest = index;
    dimensions.forEach(({ name, distribution }, level) => {
      if (!isActive(distribution.when, point, fixed)) return;
      if (!decisive[level + 1]?.has(name)) {
        // Every value has the same number of leaves below it.
        const leaves = leavesBelow(level + 1, point);
        point[name] = values[level]![Math.floor(rest / leaves)]!;
        rest %= leaves;
        return;
      }
      for (const value of values[level]!) {
        point[name] = value;
        const leaves = leavesBelow(level + 1, point);
        if (rest < leaves) return;
        rest -= leaves;
      }
    });
    return point;
  };
  return { size: leavesBelow(0, {}), pointAt };
}

/**
 * A seeded permutation of 0 … size − 1: a generalized Feistel network on a rectangle that contains the range, iterated until the result is
 * inside (Black & Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).
 */
export function permuted(index: number, size: number, seed: number): number {
  const width = Math.ceil(Math.sqrt(size));
  const height = Math.ceil(size / width);
  const shuffle = (value: number, round: number, modulus: number) =>
    randomAt({ seed, purpose: 'gridOrder', trial: value, epoch: round }).uint32() % modulus;
  let position = index;
  do {
    let x = position % width;
    let y = Math.floor(position / width);
    for (let round = 0; round < 6; round += 2) {
      x = (x + shuffle(y, round, width)) % width;
      y = (y + shuffle(x, round + 1, height)) % height;
    }
    position = y * width + x;
  } while (position >= size);
  return position;
}
