/** Transforms a numeric distribution to an axis on which equal lengths are equally likely: the log is taken, and steps are widened by half a step. */
import { log } from '../../exact-math.ts';
import { type NumericDistribution, valueAt } from './space.ts';

export interface Axis {
  readonly low: number;
  readonly high: number;
  /** The position of a value. */
  at(value: number): number;
  /** The value at position `x`, rounded to the step and clamped to the bounds. */
  valueAt(x: number): number;
  /** The interval of the axis that maps to a value; undefined for continuous distributions. */
  readonly cell: ((value: number) => readonly [from: number, to: number]) | undefined;
}

export function axisOf(distribution: NumericDistribution): Axis {
  const { scale } = distribution;
  const onScale = scale === 'log' ? log : (x: number) => x;
  const step = distribution.step ?? (distribution.distribution === 'int' ? 1 : undefined);
  const half = step === undefined ? 0 : step / 2;
  const steps = step === undefined ? 0 : Math.floor((distribution.high - distribution.low) / step + 1e-9);
  const last = step === undefined ? distribution.high : distribution.low + steps * step;
  const [low, high] = [onScale(distribution.low - half), onScale(last + half)];
  if (low === high) return ofOneNumber(distribution.low);
  return {
    low,
    high,
    at: onScale,
    valueAt: (x) => valueAt(distribution, (x - low) / (high - low)) as number,
    cell: step === undefined ? undefined : (value) => [onScale(value - half), onScale(value + half)],
  };
}

/** Bounds that are one number have it in the middle of an axis of length 1, since samplers divide by the length. */
function ofOneNumber(value: number): Axis {
  return { low: -0.5, high: 0.5, at: () => 0, valueAt: () => value, cell: undefined };
}

/** Where `value` lies between the ends of the axis, from 0 to 1. */
export function placeOn(axis: Axis, value: number): number {
  return (axis.at(value) - axis.low) / (axis.high - axis.low);
}
