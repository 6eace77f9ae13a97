/** Ranges that are dragged in charts, as conditions of the table of trials. Pure. */
import type { Value } from '../../../src/algorithms/space/space.ts';
import { quoted } from './quoted.ts';

export type Interval = readonly [low: number, high: number];

/** `learningRate>=0.01 learningRate<=0.1`; `or` follows each bound. */
export function rangeCondition(name: string, [low, high]: Interval, or = ''): string {
  const rounded = (value: number) => Number(value.toPrecision(6));
  const column = quoted(name);
  return `${column}>=${rounded(low)}${or} ${column}<=${rounded(high)}${or}`;
}

/** `activation=relu|tanh`: of the choices at these places of an axis, which has them at whole numbers. */
export function choiceCondition(name: string, choices: readonly Value[], [low, high]: Interval): string {
  const chosen = choices.filter((_, i) => i >= low && i <= high).map((choice) => quoted(String(choice)));
  return `${quoted(name)}=${chosen.join('|')}`;
}
