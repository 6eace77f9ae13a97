/** Narrows a search space around its best trials, for coarse-to-fine search. */
import { exp, log } from '../../exact-math.ts';
import { compare, type Direction } from '../objective.ts';
import type { CategoricalDistribution, Distribution, NumericDistribution, Point, Value } from './space.ts';

type Settings = Readonly<Record<string, Value | Distribution>>;

/** A trial that ended. */
export interface Tried {
  readonly point: Point;
  /** null if it diverged. */
  readonly value: number | null;
}

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

export interface NarrowOptions {
  /** The share of the trials, from the best, that the space is narrowed around; at least MIN_BEST of them. */
  readonly quantile: number;
  /** Margin on either side, as a share of the range they span on the hyperparameter's scale. */
  readonly margin: number;
  /** Limits of a numeric hyperparameter. */
  readonly bounds: (name: string) => Bounds;
}

const MIN_BEST = 3;
/** The smallest share of a range that is kept, on its scale: a few trials may agree by chance. */
const MIN_SHARE = 0.1;
/** A choice tried less often than this is kept. */
const MIN_TRIED = 3;

/**
 * The space around the best trials. Numbers keep their scale and steps. A choice that none of the best trials has is dropped if it was tried
 * often enough. A hyperparameter with one value left becomes fixed, and one that can never be active any more is removed. A hyperparameter
 * that was inactive in all of the best trials is unchanged.
 */
export function narrow(
  settings: Settings,
  trials: readonly Tried[],
  direction: Direction,
  options: NarrowOptions,
): Settings {
  const ranked = trials.filter(({ value }) => value !== null).sort((a, b) => compare(b.value, a.value, direction));
  const best = ranked.slice(0, Math.max(MIN_BEST, Math.ceil(options.quantile * ranked.length)));
  const narrowed: Record<string, Value | Distribution> = {};
  for (const [name, setting] of Object.entries(settings)) {
    narrowed[name] = typeof setting === 'object' ? around(name, setting, best, trials, options) : setting;
  }
  return withoutDead(narrowed);
}

function around(
  name: string,
  distribution: Distribution,
  best: readonly Tried[],
  trials: readonly Tried[],
  options: NarrowOptions,
): Value | Distribution {
  const values = best.map(({ point }) => point[name]).filter((value) => value !== undefined);
  if (values.length === 0) return distribution;
  if (distribution.distribution === 'categorical') return choicesAround(name, distribution, values, trials);
  return rangeAround(distribution, values as number[], options.margin, options.bounds(name));
}

function choicesAround(
  name: string,
  distribution: CategoricalDistribution,
  values: readonly Value[],
  trials: readonly Tried[],
): Value | CategoricalDistribution {
  const tried = (choice: Value) => trials.filter(({ point }) => point[name] === choice).length;
  const choices = distribution.choices.filter((choice) => values.includes(choice) || tried(choice) < MIN_TRIED);
  // A fixed value cannot have a condition, so with a condition a single choice stays a distribution.
  return choices.length === 1 && distribution.when === undefined ? choices[0]! : { ...distribution, choices };
}

function rangeAround(
  distribution: NumericDistribution,
  values: readonly number[],
  margin: number,
  bounds: Bounds,
): Value | NumericDistribution {
  const { low, high, scale, when } = distribution;
  const onScale = scale === 'log' ? log : (x: number) => x;
  const offScale = scale === 'log' ? exp : (x: number) => x;
  const places = values.map(onScale);
  const [least, greatest] = [Math.min(...places), Math.max(...places)];
  const width = Math.max((greatest - least) * (1 + 2 * margin), (onScale(high) - onScale(low)) * MIN_SHARE);
  const middle = (least + greatest) / 2;
  // A range that exceeds a limit is shifted rather than cut, to keep its minimum width.
  const [floor, ceiling] = [onScale(bounds.low), onScale(bounds.high)];
  const from = Math.max(Math.min(middle - width / 2, ceiling - width), floor);
  const to = Math.min(from + width, ceiling);
  const step = distribution.step ?? (distribution.distribution === 'int' ? 1 : undefined);
  const clamped = (value: number) => Math.min(Math.max(value, bounds.low), bounds.high);
  // Converting back from the scale rounds; make sure the best trials stay inside.
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  if (step === undefined) {
    const range = { low: Math.min(clamped(offScale(from)), lowest), high: Math.max(clamped(offScale(to)), highest) };
    return { ...distribution, ...range };
  }
  const snapped = (value: number, round: (x: number) => number) =>
    Number((low + round(Number(((value - low) / step).toPrecision(12))) * step).toPrecision(15));
  const inside = (value: number) => (value < bounds.low ? value + step : value > bounds.high ? value - step : value);
  const first = Math.min(inside(snapped(offScale(from), Math.floor)), lowest);
  const last = Math.max(inside(snapped(offScale(to), Math.ceil)), highest);
  return first >= last && when === undefined ? first : { ...distribution, low: first, high: Math.max(first, last) };
}

/** Removes hyperparameters whose condition can no longer hold, and values that conditions can no longer match. */
function withoutDead(settings: Settings): Settings {
  const possible = (name: string, value: Value): boolean => {
    const setting = settings[name];
    if (setting === undefined) return false;
    if (typeof setting !== 'object') return setting === value;
    if (setting.distribution === 'categorical') return setting.choices.includes(value);
    return typeof value === 'number' && value >= setting.low && value <= setting.high;
  };
  const kept = Object.entries(settings).flatMap(([name, setting]): [string, Value | Distribution][] => {
    if (typeof setting !== 'object' || setting.when === undefined) return [[name, setting]];
    const when = Object.entries(setting.when).map(
      ([other, values]) => [other, values.filter((value) => possible(other, value))] as const,
    );
    if (when.some(([, values]) => values.length === 0)) return [];
    return [[name, { ...setting, when: Object.fromEntries(when) }]];
  });
  const left = Object.fromEntries(kept);
  return kept.length === Object.keys(settings).length ? left : withoutDead(left);
}
