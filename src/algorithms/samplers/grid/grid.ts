import { randomAt } from '../../../random.ts';
import {
  type Condition,
  type Distribution,
  gridValuesOf,
  type Point,
  type Space,
  type Value,
} from '../../space/space.ts';
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

/** A dimension of the grid. Dimensions whose conditions fail are bits of a mask, by level. */
interface Level {
  readonly values: readonly Value[];
  /** For every value: the group of values with which the same later conditions fail. */
  readonly groupOf: readonly number[];
  readonly groups: readonly { readonly failing: bigint; readonly count: number }[];
  /** The later conditions that fail where the dimension is inactive. */
  readonly failingWithout: bigint;
}

/**
 * The grid as a tree with one level per dimension: an inactive dimension does not branch, so no point appears twice. Parents come before the
 * dimensions whose conditions name them.
 *
 * The number of leaves below a node depends only on the later conditions that fail, not on the values, and is cached by these.
 */
export function gridOf(
  space: Space,
  valuesOf: (distribution: Distribution) => readonly Value[] = (distribution) => gridValuesOf(distribution),
): { size: number; pointAt: (index: number) => Point } {
  const { dimensions } = space;
  const levels = dimensions.map(({ name, distribution }) => levelOf(space, name, valuesOf(distribution)));
  const remembered = new Map<string, number>();

  const leavesBelow = (level: number, failing: bigint): number => {
    const one = levels[level];
    if (one === undefined) return 1;
    const key = `${level}:${failing >> BigInt(level)}`;
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const leaves = fails(failing, level)
      ? leavesBelow(level + 1, failing | one.failingWithout)
      : one.groups.reduce((sum, group) => sum + group.count * leavesBelow(level + 1, failing | group.failing), 0);
    remembered.set(key, leaves);
    return leaves;
  };

  const pointAt = (index: number): Point => {
    const point: Record<string, Value> = {};
    let rest = index;
    let failing = failingAtFirst(space);
    levels.forEach(({ values, groupOf, groups, failingWithout }, level) => {
      if (fails(failing, level)) {
        failing |= failingWithout;
        return;
      }
      const leaves = groups.map((group) => leavesBelow(level + 1, failing | group.failing));
      let chosen = groups.length > 1 ? 0 : Math.floor(rest / leaves[0]!);
      if (groups.length > 1) for (; rest >= leaves[groupOf[chosen]!]!; chosen++) rest -= leaves[groupOf[chosen]!]!;
      else rest %= leaves[0]!;
      point[dimensions[level]!.name] = values[chosen]!;
      failing |= groups[groupOf[chosen]!]!.failing;
    });
    return point;
  };
  return { size: leavesBelow(0, failingAtFirst(space)), pointAt };
}

function fails(failing: bigint, level: number): boolean {
  return ((failing >> BigInt(level)) & 1n) === 1n;
}

/** The conditions on what is the same in all points. */
function failingAtFirst({ dimensions, fixed }: Space): bigint {
  const names = new Set(dimensions.map(({ name }) => name));
  return maskOf(dimensions, (condition) =>
    Object.entries(condition).some(
      ([parent, accepted]) => !names.has(parent) && !(parent in fixed && accepted.includes(fixed[parent]!)),
    ),
  );
}

function levelOf({ dimensions }: Space, name: string, values: readonly Value[]): Level {
  const failingWithout = maskOf(dimensions, (condition) => name in condition);
  if (failingWithout === 0n) {
    return { values, groupOf: values.map(() => 0), groups: [{ failing: 0n, count: values.length }], failingWithout };
  }
  const accepted = dimensions.map(({ distribution: { when } }) => when?.[name] && new Set(when[name]));
  const counts = new Map<bigint, number>();
  const masks = values.map((value) => {
    const failing = accepted.reduce(
      (mask, set, level) => (set && !set.has(value) ? mask | (1n << BigInt(level)) : mask),
      0n,
    );
    counts.set(failing, (counts.get(failing) ?? 0) + 1);
    return failing;
  });
  const groups = [...counts].map(([failing, count]) => ({ failing, count }));
  const indexes = new Map(groups.map(({ failing }, i) => [failing, i]));
  return { values, groupOf: masks.map((mask) => indexes.get(mask)!), groups, failingWithout };
}

function maskOf(dimensions: Space['dimensions'], fails: (condition: Condition) => boolean): bigint {
  return dimensions.reduce((mask, { distribution: { when } }, level) => {
    return when !== undefined && fails(when) ? mask | (1n << BigInt(level)) : mask;
  }, 0n);
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
