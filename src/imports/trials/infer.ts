/** Distributions from what was observed, where the file has none. */
import type { Value } from '../../algorithms/space/space.ts';
import { NoCounterpart, type Setting } from '../imported-space.ts';
import { choices, range } from '../supports.ts';
import { MAX_TEXT } from './source-trials.ts';

/** Values that span two powers of ten, and not only by a few small ones of a linear scale, were most likely sampled on a log scale. */
const LOG_SPAN = 100;
/** Of the different values, below a tenth of the highest; of a linear scale from 0 it is a tenth. */
const LOG_SHARE = 0.25;
const MAX_INT = 2 ** 31 - 1;

/** A constant is a fixed setting. NoCounterpart for texts that can be no choices. `values`: at least one. */
export function inferred(values: readonly Value[]): Setting {
  const different = [...new Set(values)];
  const long = different.find((value) => typeof value === 'string' && value.length > MAX_TEXT);
  if (long !== undefined) throw new NoCounterpart(`has texts of more than ${MAX_TEXT} characters`);
  if (different.length === 1) return different[0]!;
  const numbers = different.filter((value): value is number => typeof value === 'number');
  // Every run has another: a name, not a setting.
  if (numbers.length === 0 && different.length === values.length && different.length > 20)
    throw new NoCounterpart('has a different text in every trial: a name, not a setting');
  if (numbers.length < different.length) return choices(different);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of numbers) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const isInt = numbers.every(Number.isInteger) && Math.max(Math.abs(low), Math.abs(high)) <= MAX_INT;
  const small = numbers.filter((value) => value < high / 10).length;
  const isLog = low > 0 && high / low >= LOG_SPAN && small >= LOG_SHARE * numbers.length;
  return range(isInt ? 'int' : 'float', low, high, isLog ? 'log' : 'linear');
}
