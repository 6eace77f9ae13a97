/** A hyperparameter as a chart axis on its scale. */

import { ascending, compare, type Direction } from '../../../src/algorithms/objective.ts';
import type { Distribution, NumericDistribution, Value } from '../../../src/algorithms/space/space.ts';
import { formatValue } from '../../../src/format.ts';
import type { Colour } from '../theme.ts';
import type { ChartOption } from './echart.tsx';

/** Categorical values are placed by index. */
export function axisFor(name: string, distribution: Distribution, colour: Colour): ChartOption {
  const axisStyle = {
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
      ...axisStyle,
      type: 'category',
      data: distribution.choices.map(String),
      axisLabel: { color: colour('--soft') },
    };
  }
  return { ...axisStyle, ...numericAxis(distribution) };
}

/** Between the bounds; whole numbers have whole ticks. */
export function numericAxis({ distribution, low, high, scale }: NumericDistribution): ChartOption {
  if (scale === 'log') return { type: 'log', min: low, max: high };
  return { type: 'value', min: low, max: high, ...(distribution === 'int' && { minInterval: 1 }) };
}

/** A value as the axis expects it. */
export function placeOn(distribution: Distribution, value: Value | undefined): number | string | null {
  if (value === undefined) return null;
  return distribution.distribution === 'categorical' ? String(value) : Number(value);
}

/** Converts numbers to positions from 0 to 1 along the axis, and back. */
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

/** Dark is bad, bright is good; perceptually uniform and colour-blind safe (cividis). */
export const scaleColours = ['#00224e', '#35456c', '#666970', '#948e77', '#c8b866', '#fee838'];

/** The range without the worst values, so that outliers do not compress the scale. */
export function valueRange(values: readonly number[], direction: Direction): [number, number] {
  const fromWorst = values.toSorted((a, b) => compare(a, b, direction));
  const [low = 0, high = 0] = ascending([fromWorst[Math.floor(0.1 * values.length)], fromWorst.at(-1)], direction);
  return [low, high];
}
