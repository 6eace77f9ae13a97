/** A distribution as a line on which equal lengths are equally likely: the scale taken off, steps widened by half of one at both ends. */
import { log } from '../../exact-math.ts';
import { type NumericDistribution, valueAt } from './space.ts';

export interface Axis {
  readonly low: number;
  readonly high: number;
  /** Where a value lies. */
  at(value: number): number;
  /** The value that is drawn at `x`: on its step, within its bounds. */
  valueAt(x: number): number;
  /** The part of the axis that becomes this value; undefined where values are continuous. */
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
  return {
    low,
    high,
    at: onScale,
    valueAt: (x) => valueAt(distribution, (x - low) / (high - low)) as number,
    cell: step === undefined ? undefined : (value) => [onScale(value - half), onScale(value + half)],
  };
}
