/**
 * What may vary, and how a point of the unit cube becomes hyperparameters. Every sampler goes through this one module.
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
  /** Values are low, low + step, … up to high. An int has step 1 unless it says otherwise. */
  readonly step?: number | undefined;
  /** How many values a grid takes, spaced evenly in the scale, both ends included. */
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

/** The decided hyperparameters of one trial: only those that vary and are active. */
export type Point = Readonly<Record<string, Value>>;

export interface Space {
  /** Sorted so that every hyperparameter comes after those its condition names. */
  readonly dimensions: readonly Dimension[];
  /** The hyperparameters that do not vary; conditions may name them. */
  readonly fixed: Point;
}

/** Thrown for conditions that form a circle. */
export class CircularCondition extends Error {
  readonly names: readonly string[];
  constructor(names: readonly string[]) {
    super(`the conditions of ${names.join(', ')} form a circle`);
    this.names = names;
  }
}

/** The space of a specification's hyperparameters, in an order in which conditions can be decided one after the other. */
export function spaceOf(hyperparameters: Readonly<Record<string, Value | Distribution>>): Space {
  const fixed: Record<string, Value> = {};
  const pending: Dimension[] = [];
  for (const [name, setting] of Object.entries(hyperparameters)) {
    if (typeof setting === 'object') pending.push({ name, distribution: setting });
    else fixed[name] = setting;
  }
  // Alphabetical first: the order in which a user writes the keys must not change the search.
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

/** Whether `condition` holds where `point` has been decided; a hyperparameter that is inactive has no value and fails it. */
export function isActive(condition: Condition | undefined, point: Point, fixed: Point): boolean {
  if (condition === undefined) return true;
  return Object.entries(condition).every(([name, values]) => {
    const value = point[name] ?? fixed[name];
    return value !== undefined && values.includes(value);
  });
}

/** Decides the active hyperparameters one by one; `decide` gives the value of one dimension. */
export function decidePoint(space: Space, decide: (dimension: Dimension, index: number) => Value): Point {
  const point: Record<string, Value> = {};
  space.dimensions.forEach((dimension, index) => {
    if (isActive(dimension.distribution.when, point, space.fixed)) point[dimension.name] = decide(dimension, index);
  });
  return point;
}

/** The spacing of a numeric distribution's values; undefined where it is continuous. */
function stepOf(distribution: NumericDistribution): number | undefined {
  return distribution.step ?? (distribution.distribution === 'int' ? 1 : undefined);
}

/** How many steps fit between low and high; the tolerance forgives (0.3 − 0.1) / 0.1 = 1.9999999999999998. */
function stepsBetween(low: number, high: number, step: number): number {
  return Math.floor((high - low) / step + 1e-9);
}

/** `low + k·step` without the noise of binary fractions: 0.1 + 2 · 0.1 is 0.3. */
function stepped(low: number, k: number, step: number): number {
  return Number((low + k * step).toPrecision(15));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** The number at `u` between low and high: evenly, or evenly by power (log). */
function between(low: number, high: number, scale: Scale, u: number): number {
  if (scale === 'linear') return low + u * (high - low);
  return exp(log(low) + u * (log(high) - log(low)));
}

/**
 * The value at `u` in [0, 1) of a distribution: equal lengths of u are equal probabilities.
 *
 * Integers and steps are widened by half a step at both ends, before the logarithm is taken, so that the ends are as likely
 * as their neighbours (on a log scale: as likely as their share of the powers).
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

/** Whether `value` is one that a distribution can give: a choice, or a number between low and high and on its steps. */
export function includes(distribution: Distribution, value: Value): boolean {
  if (distribution.distribution === 'categorical') return distribution.choices.includes(value);
  const { low, high } = distribution;
  if (typeof value !== 'number' || !(value >= low && value <= high)) return false;
  const step = stepOf(distribution);
  if (step === undefined) return true;
  const k = Math.round((value - low) / step);
  return k <= stepsBetween(low, high, step) && stepped(low, k, step) === Number(value.toPrecision(15));
}

/** How many different values a distribution has; Infinity where it is continuous. */
export function countOf(distribution: Distribution): number {
  if (distribution.distribution === 'categorical') return distribution.choices.length;
  const { low, high } = distribution;
  const step = stepOf(distribution);
  if (low === high) return 1;
  return step === undefined ? Number.POSITIVE_INFINITY : stepsBetween(low, high, step) + 1;
}

/** Every value that a distribution with a limited number of them can give, in order. */
export function allValuesOf(distribution: Distribution): readonly Value[] {
  if (distribution.distribution === 'categorical') return distribution.choices;
  const { low } = distribution;
  const step = stepOf(distribution);
  const count = countOf(distribution);
  if (!Number.isFinite(count)) throw new RangeError('a continuous distribution has no list of values');
  return Array.from({ length: count }, (_, k) => (step === undefined ? low : stepped(low, k, step)));
}

const DEFAULT_GRID_POINTS = 5;
/** Significant digits of a grid's points: as many as a decimal that somebody writes may have, fewer than an exponential is sure of. */
const GRID_DIGITS = 12;

/**
 * The values a grid takes from a distribution: `points` of them (5 unless it says otherwise, or all where there are fewer), in exact decimals:
 * 0.001, not 0.0009999999999999994, so that a condition that names one of them holds. `exact` is false for grids of the first versions, which
 * neither rounded nor took all the whole numbers of a log scale: what they had begun is to go on through the same points.
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
    // The ends are exact, not a rounded exponential.
    if (i === 0 && step === undefined) return low;
    if (i === points - 1 && step === undefined) return high;
    const raw = between(low, high, scale, i / (points - 1));
    if (step === undefined) return clamp(exact ? asDecimal(raw, (high - low) / points) : raw, low, high);
    return stepped(low, clamp(Math.round((raw - low) / step), 0, stepsBetween(low, high, step)), step);
  });
  return [...new Set(values)];
}

/** The nearest decimal of few digits, unless its neighbours, about `gap` away, are as near as that. */
function asDecimal(value: number, gap: number): number {
  const rounded = Number(value.toPrecision(GRID_DIGITS));
  return Math.abs(rounded - value) < gap * 1e-3 ? rounded : value;
}

/** States of conditions beyond which nobody waits for a count. */
const MAX_STATES = 10_000;

/**
 * How many different points a space has; Infinity where one of its active hyperparameters is continuous, or where its conditions are too
 * entangled to count them. A condition is decided by which of the values it names its parent has, so the points are counted in groups for
 * which the same conditions have failed: a range of a billion whole numbers is as quick as three.
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
