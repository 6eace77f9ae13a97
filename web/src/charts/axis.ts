/** A hyperparameter as an axis of a chart: in the scale it was sampled in. */

import { formatValue } from '../../../src/format.ts';
import { ascending, compare, type Direction } from '../../../src/objective.ts';
import type { Distribution, NumericDistribution, Value } from '../../../src/search/space.ts';
import type { Colour } from '../theme.ts';
import type { ChartOption } from './echart.tsx';

/** Lists and switches have no numbers: their places count. */
export function axisFor(name: string, distribution: Distribution, colour: Colour): ChartOption {
  const look = {
    name,
    nameTextStyle: { color: colour('--soft') },
    axisLabel: {
      color: colour('--soft'),
      hideOverlap: true,
      formatter: (value: number | string) => formatValue(value),
    },
    axisLine: { lineStyle: { color: colour('--line') } },
    splitLine: { lineStyle: { color: colour('--line') } },
  };
  if (distribution.distribution === 'categorical') {
    return {
      ...look,
      type: 'category',
      data: distribution.choices.map(String),
      axisLabel: { color: colour('--soft') },
    };
  }
  const { low, high, scale } = distribution;
  return { ...look, type: scale === 'log' ? 'log' : 'value', min: low, max: high };
}

/** A value as such an axis takes it. */
export function placeOn(distribution: Distribution, value: Value | undefined): number | string | null {
  if (value === undefined) return null;
  return distribution.distribution === 'categorical' ? String(value) : Number(value);
}

/** Where a number lies along its axis, from 0 to 1, and the number that lies there. */
export function unitOf({ low, high, scale }: NumericDistribution): {
  at: (value: number) => number;
  valueAt: (unit: number) => number;
} {
  if (scale === 'log') {
    const [from, length] = [Math.log(low), Math.log(high / low)];
    return {
      at: (value) => (length === 0 ? 0.5 : (Math.log(value) - from) / length),
      valueAt: (unit) => Math.exp(from + unit * length),
    };
  }
  const length = high - low;
  return { at: (value) => (length === 0 ? 0.5 : (value - low) / length), valueAt: (unit) => low + unit * length };
}

/** Dark is bad, bright is good; even in lightness, for every kind of sight (cividis). */
export const scaleColours = ['#00224e', '#35456c', '#666970', '#948e77', '#c8b866', '#fee838'];

/** The range of the values that are not the worst: a few that failed must not flatten the rest. */
export function valueRange(values: readonly number[], direction: Direction): [number, number] {
  const fromWorst = values.toSorted((a, b) => compare(a, b, direction));
  const [low = 0, high = 0] = ascending([fromWorst[Math.floor(0.1 * values.length)], fromWorst.at(-1)], direction);
  return [low, high];
}
