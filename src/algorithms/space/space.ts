/**
 * Search spaces, and the mapping from the unit cube to hyperparameters that all samplers use.
 */
import { exp, log } from '../../exact-math.ts';

export type Value = number | string | boolean;
/** A distribution with a `when` is active only where every named hyperparameter has one of the listed values. */
export type Condition = Readonly<Record<string, readonly Value[]>>;
export type Scale = 'linear' | 'log';

export interface NumericDistribution {
  readonly distribution: 'float' | 'int';
  readonly low: number;
  readonly high: number;
  readonly scale: Scale;
  /** Values are low, low + step, … up to high. The default for an int is 1. */
  readonly step?: number | undefined;
  /** Number of grid values, evenly spaced on the scale, including both ends. */
  readonly points?: number | undefined;
  readonly when?: Condition | undefined;
}

export interface CategoricalDistribution {
  readonly distribution: 'categorical';
  readonly choices: readonly Value[];
  readonly when?: Condition | undefined;
}

export type Distribution = NumericDistribution | CategoricalDistribution;

export interface Dimension {
  readonly name: string;
  readonly distribution: Distribution;
}

/** The hyperparameters of one trial that vary and are active. */
export type Point = Readonly<Record<string, Value>>;

export interface Space {
  /** Topologically sorted: every hyperparameter comes after those in its condition. */
  readonly dimensions: readonly Dimension[];
  /** Hyperparameters that do not vary; conditions may refer to them. */
  readonly fixed: Point;
}

/** Thrown for conditions that form a cycle. */
export class CircularCondition extends Error {
  readonly names: readonly string[];
  constructor(names: readonly string[]) {
    super(`the conditions of ${names.join(', ')} form a cycle`);
    this.names = names;
  }
}

/** The search space of a specification's hyperparameters. */
export function spaceOf(hyperparameters: Readonly<Record<string, Value | Distribution>>): Space {
  const fixed: Record<string, Value> = {};
  const pending: Dimension[] = [];
  for (const [name, setting] of Object.entries(hyperparameters)) {
    if (typeof setting === 'object') pending.push({ name, distribution: setting });
    else fixed[name] = setting;
  }
  // Sorted by name first, so that the order of keys in the request does not change the search.
  pending.sort((a, b) => (a.name < b.name ? -1 : 1));
  const dimensions: Dimension[] = [];
  while (pending.length > 0) {
    const next = pending.findIndex(({ distribution }) =>
      Object.keys(distribution.when ?? {}).every((name) => !pending.some((other) => other.name === name)),
    );
    if (next < 0) throw new CircularCondition(pending.map(({ name }) => name));
    dimensions.push(...pending.splice(next, 1));
  }
  return { dimensions, fixed };
}

/** Whether `condition` holds at `point`; an inactive hyperparameter has no value and does not match. */
export function isActive(condition: Condition | undefined, point: Point, fixed: Point): boolean {
  if (condition === undefined) return true;
  return Object.entries(condition).every(([name, values]) => {
    const value = point[name] ?? fixed[name];
    return value !== undefined && values.includes(value);
  });
}

/** Builds a point by calling `decide` for each active dimension in order. */
export function decidePoint(space: Space, decide: (dimension: Dimension, index: number) => Value): Point {
  const point: Record<string, Value> = {};
  space.dimensions.forEach((dimension, index) => {
    if (isActive(dimension.distribution.when, point, space.fixed)) point[dimension.name] = decide(dimension, index);
  });
  return point;
}

/** The step of a numeric distribution; undefined if it is continuous. */
function stepOf(distribution: NumericDistribution): number | undefined {
  return distribution.step ?? (distribution.distribution === 'int' ? 1 : undefined);
}

/** How many steps fit between low and high, with a tolerance for (0.3 − 0.1) / 0.1 = 1.9999999999999998. */
function stepsBetween(low: number, high: number, step: number): number {
  return Math.floor((high - low) / step + 1e-9);
}

/** `low + k·step` without binary rounding noise: 0.1 + 2 · 0.1 is 0.3. */
function stepped(low: number, k: number, step: number): number {
  return Number((low + k * step).toPrecision(15));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** The number at `u` in [0, 1] between low and high on the scale. */
function between(low: number, high: number, scale: Scale, u: number): number {
  if (scale === 'linear') return low + u * (high - low);
  return exp(log(low) + u * (log(high) - log(low)));
}

/**
 * The value of a distribution at `u` in [0, 1): equal lengths of u have equal probability.
 *
 * The range of stepped values is widened by half a step at both ends, before the logarithm, so that the end values are as likely as their
 * neighbours (on a log scale: in proportion to their width in powers).
 */
export function valueAt(distribution: Distribution, u: number): Value {
  if (distribution.distribution === 'categorical') {
    const { choices } = distribution;
    return choices[Math.min(Math.floor(u * choices.length), choices.length - 1)]!;
  }
  const { low, high, scale } = distribution;
  const step = stepOf(distribution);
  if (step === undefined) return clamp(between(low, high, scale, u), low, high);
  const last = stepsBetween(low, high, step);
  const raw = between(low - step / 2, low + (last + 0.5) * step, scale, u);
  return stepped(low, clamp(Math.round((raw - low) / step), 0, last), step);
}

/** Whether a distribution can produce `value`: one of its choices, or a number between low and high that lies on a step. */
export function includes(distribution: Distribution, value: Value): boolean {
  if (distribution.distribution === 'categorical') return distribution.choices.includes(value);
  const { low, high } = distribution;
  if (typeof value !== 'number' || !(value >= low && value <= high)) return false;
  const step = stepOf(distribution);
  if (step === undefined) return true;
  const k = Math.round((value - low) / step);
  return k <= stepsBetween(low, high, step) && stepped(low, k, step) === Number(value.toPrecision(15));
}

/** How many different values a distribution has; Infinity if it is continuous. */
export function countOf(distribution: Distribution): number {
  if (distribution.distribution === 'categorical') return distribution.choices.length;
  const { low, high } = distribution;
  const step = stepOf(distribution);
  if (low === high) return 1;
  return step === undefined ? Number.POSITIVE_INFINITY : stepsBetween(low, high, step) + 1;
}

/** All values of a discrete distribution, in order. */
export function allValuesOf(distribution: Distribution): readonly Value[] {
  if (distribution.distribution === 'categorical') return distribution.choices;
  const { low } = distribution;
  const step = stepOf(distribution);
  const count = countOf(distribution);
  if (!Number.isFinite(count)) throw new RangeError('a continuous distribution has no list of values');
  return Array.from({ length: count }, (_, k) => (step === undefined ? low : stepped(low, k, step)));
}

const DEFAULT_GRID_POINTS = 5;
/** Significant digits of grid values: enough for decimals that users write, but fewer than the accuracy of `exp`. */
const GRID_DIGITS = 12;

/**
 * The grid values of a distribution: `points` of them (default 5, or all if there are fewer), as exact decimals: 0.001 instead of
 * 0.0009999999999999994, so that conditions can refer to them. `exact` is false for searches created by early versions, which neither rounded
 * nor used all integers of a log scale; such searches must continue through the same points.
 */
export function gridValuesOf(distribution: Distribution, exact = true): readonly Value[] {
  if (distribution.distribution === 'categorical') return distribution.choices;
  const { low, high, scale } = distribution;
  const step = stepOf(distribution);
  const points = Math.min(distribution.points ?? DEFAULT_GRID_POINTS, countOf(distribution));
  if (points === 1) return [low];
  if (exact && step !== undefined && points === countOf(distribution)) {
    return Array.from({ length: points }, (_, k) => stepped(low, k, step));
  }
  const values = Array.from({ length: points }, (_, i) => {
    // Use the exact ends instead of a rounded exponential.
    if (i === 0 && step === undefined) return low;
    if (i === points - 1 && step === undefined) return high;
    const raw = between(low, high, scale, i / (points - 1));
    if (step === undefined) return clamp(exact ? asDecimal(raw, (high - low) / points) : raw, low, high);
    return stepped(low, clamp(Math.round((raw - low) / step), 0, stepsBetween(low, high, step)), step);
  });
  return [...new Set(values)];
}

/** The nearest decimal with few digits, unless rounding would be coarse compared to the distance `gap` to the neighbours. */
function asDecimal(value: number, gap: number): number {
  const rounded = Number(value.toPrecision(GRID_DIGITS));
  return Math.abs(rounded - value) < gap * 1e-3 ? rounded : value;
}

/** Counting stops at this many states of conditions, to bound its time. */
const MAX_STATES = 10_000;

/**
 * How many different points a space has; Infinity if an active hyperparameter is continuous or if there are too many combinations of
 * conditions to count. Points are counted in groups for which the same conditions fail, so a range of a billion integers costs as much as
 * one of three.
 */
export function distinctPoints({ dimensions, fixed }: Space): number {
  const conditions = dimensions.map(({ distribution }) => Object.entries(distribution.when ?? {}));
  const failing = (name: string, value: Value | undefined) =>
    conditions.flatMap((named, level) =>
      named.some(([parent, values]) => parent === name && (value === undefined || !values.includes(value)))
        ? [level]
        : [],
    );
  const fixedFailures = dimensions.flatMap((_, level) =>
    conditions[level]!.some(([parent, values]) => parent in fixed && !values.includes(fixed[parent]!)) ? [level] : [],
  );
  let states = new Map([[keyOf(fixedFailures), { failed: new Set(fixedFailures), points: 1 }]]);
  for (const [level, { name, distribution }] of dimensions.entries()) {
    const count = countOf(distribution);
    const named = [...new Set(conditions.flat().flatMap(([parent, values]) => (parent === name ? values : [])))];
    const taken = named.filter((value) => includes(distribution, value));
    const groups = [
      ...taken.map((value) => ({ values: 1, failed: failing(name, value) })),
      ...(count > taken.length ? [{ values: count - taken.length, failed: failing(name, undefined) }] : []),
    ];
    const next: typeof states = new Map();
    for (const { failed, points } of states.values()) {
      const active = !failed.has(level);
      if (active && !Number.isFinite(count)) return Number.POSITIVE_INFINITY;
      for (const group of active ? groups : [{ values: 1, failed: failing(name, undefined) }]) {
        const all = new Set([...failed, ...group.failed].filter((one) => one > level));
        const key = keyOf(all);
        const known = next.get(key)?.points ?? 0;
        next.set(key, { failed: all, points: known + points * group.values });
      }
    }
    if (next.size > MAX_STATES) return Number.POSITIVE_INFINITY;
    states = next;
  }
  return [...states.values()].reduce((sum, { points }) => sum + points, 0);
}

function keyOf(levels: Iterable<number>): string {
  return [...levels].sort((a, b) => a - b).join();
}
