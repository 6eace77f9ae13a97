/** The sampled points of a search space, placed in the unit square of two hyperparameters. Pure. */
import type { Distribution, Point, Value } from '../../../src/algorithms/space/space.ts';
import { formatValue } from '../../../src/format.ts';
import { unitOf } from '../charts/axis.ts';

export interface Dimension {
  readonly name: string;
  readonly distribution: Distribution;
}

interface Tick {
  /** From 0 to 1. */
  readonly at: number;
  readonly label: string;
}

/** The ends of a range, or every choice. */
export function ticksOf({ distribution }: Dimension): Tick[] {
  if (distribution.distribution === 'categorical') {
    return distribution.choices.map((choice, i) => ({ at: lane(i, distribution.choices), label: formatValue(choice) }));
  }
  const { low, high } = distribution;
  return [low, high].map((end, i) => ({ at: i, label: formatValue(end) }));
}

/** The middle of a lane. */
function lane(i: number, choices: readonly Value[]): number {
  return (i + 0.5) / choices.length;
}

/** The share of a lane that equal choices are spread over, so that all are visible. */
const SPREAD = 0.6;

/** Undefined where the hyperparameter is not active. */
function placeOf({ name, distribution }: Dimension, point: Point, number: number): number | undefined {
  const value = point[name];
  if (value === undefined) return undefined;
  if (distribution.distribution !== 'categorical') return unitOf(distribution).at(Number(value));
  const { choices } = distribution;
  const shift = (((number * 7) % 15) / 14 - 0.5) * (SPREAD / choices.length);
  return lane(choices.indexOf(value), choices) + shift;
}

export interface Placed {
  readonly number: number;
  readonly x: number;
  readonly y: number;
}

/** Trials in which both are active. */
export function placed(points: readonly Point[], x: Dimension, y: Dimension): Placed[] {
  return points.flatMap((point, number) => {
    const [across, up] = [placeOf(x, point, number), placeOf(y, point, number + 3)];
    return across === undefined || up === undefined ? [] : [{ number, x: across, y: up }];
  });
}
