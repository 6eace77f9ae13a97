/** Axes of the parallel coordinates, with a place for trials that lack a hyperparameter: a line through the axis would give them a value. Pure. */
import type { Distribution, Value } from '../../../src/algorithms/space/space.ts';
import { formatValue } from '../../../src/format.ts';
import { numericAxis } from '../charts/axis.ts';
import type { ChartOption } from '../charts/echart.tsx';

/** The label of that place. */
export const ABSENT = '–';
/** Below the lowest value, as a share of the length of the axis. */
const GAP = 0.12;

type Numeric = Exclude<Distribution, { readonly distribution: 'categorical' }>;

function below({ low, high, scale }: Numeric): number {
  return scale === 'log' ? low * (low / high) ** GAP : low - (high - low) * GAP;
}

export interface ParallelAxis {
  readonly option: ChartOption;
  readonly place: (value: Value | undefined) => number | string;
}

/** `lacks`: some trials do not have it. The place is the last of the categories, so that it moves none. */
export function parallelAxis(distribution: Distribution, lacks: boolean): ParallelAxis {
  if (distribution.distribution === 'categorical') {
    const choices = distribution.choices.map(String);
    return {
      option: { type: 'category', data: lacks ? [...choices, ABSENT] : choices },
      place: (value) => (value === undefined ? ABSENT : String(value)),
    };
  }
  const absent = below(distribution);
  const label = (value: number) => (value < distribution.low ? ABSENT : formatValue(value));
  return {
    option: { ...numericAxis(distribution), ...(lacks && { min: absent, axisLabel: { formatter: label } }) },
    place: (value) => (value === undefined ? absent : Number(value)),
  };
}
