/** Axes of the parallel coordinates, with a place for trials that lack a hyperparameter: a line through the axis would give them a value. Pure. */
import type { Distribution, Value } from '../../../src/algorithms/space/space.ts';
import { formatValue } from '../../../src/format.ts';
import { numericAxis } from '../charts/axis.ts';
import type { ChartOption } from '../charts/echart.tsx';
import { choiceCondition, type Interval, rangeCondition } from './box-conditions.ts';
import { quoted } from './quoted.ts';
import type { Scored, Varied } from './space.ts';
import { ABSENT_WORD, columnNameOf } from './trial-columns.ts';

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
  /** The trials in an interval of the axis that is brushed, as a condition of the table. */
  readonly conditionOf: (name: string, brushed: Interval) => string;
}

/** `lacks`: some trials do not have it. The place is the last of the categories, so that it moves none. */
export function parallelAxis(distribution: Distribution, lacks: boolean): ParallelAxis {
  if (distribution.distribution === 'categorical') {
    const choices = distribution.choices.map(String);
    return {
      option: { type: 'category', data: lacks ? [...choices, ABSENT] : choices },
      place: (value) => (value === undefined ? ABSENT : String(value)),
      conditionOf: (name, brushed) =>
        choiceCondition(name, lacks ? [...distribution.choices, ABSENT_WORD] : distribution.choices, brushed),
    };
  }
  const end = below(distribution);
  // A brush to the end of the axis has it as a bound, which on a log scale is rounded.
  const absent = end + Math.abs(end) * 1e-9;
  const label = (value: number) => (value < distribution.low ? ABSENT : formatValue(value));
  return {
    option: { ...numericAxis(distribution), ...(lacks && { min: end, axisLabel: { formatter: label } }) },
    place: (value) => (value === undefined ? absent : Number(value)),
    conditionOf: (name, brushed) => {
      const [low, high] = brushed;
      if (!lacks || low > absent || high < absent) return rangeCondition(name, brushed);
      return high < distribution.low
        ? `${quoted(name)}=${ABSENT_WORD}`
        : rangeCondition(name, brushed, `|${ABSENT_WORD}`);
    },
  };
}

/** What is brushed on the axes, undefined where nothing is, as conditions of the table; after those of the hyperparameters comes the axis of the values. */
export function brushedConditions(
  brushed: readonly (Interval | undefined)[],
  varied: readonly Varied[],
  trials: readonly Scored[],
): string {
  return brushed
    .flatMap((interval, i) => {
      const one = varied[i];
      if (interval === undefined) return [];
      if (one === undefined) return [rangeCondition('value', interval)];
      return [parallelAxis(one.distribution, isLackedBy(trials, one)).conditionOf(columnNameOf(one.name), interval)];
    })
    .join(' ');
}

export function isLackedBy(trials: readonly Scored[], { name }: Varied): boolean {
  return trials.some(({ point }) => point[name] === undefined);
}
