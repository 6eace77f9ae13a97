/** Data for the charts of the live view. Pure. */

import { type Direction, isBetter } from '../../../src/algorithms/objective.ts';
import type { SeriesName } from '../../../src/nn/training/series.ts';
import type { Line } from '../charts/line-chart.tsx';
import type { TrialRow } from './model.ts';
import type { Snapshot } from './use-search.ts';

/** Columns by trial: number, value, and best value of its stage so far. */
export function historyOf(trials: readonly TrialRow[], direction: Direction): [number[], number[], number[]] {
  const complete = trials
    .filter(({ state, value }) => state === 'complete' && value !== null)
    .sort((a, b) => a.number - b.number);
  let stage = 0;
  let best: number | null = null;
  const bests = complete.map((trial) => {
    if (trial.stage !== stage) [stage, best] = [trial.stage, null];
    if (best === null || isBetter(trial.value, best, direction)) best = trial.value!;
    return best;
  });
  return [complete.map(({ number }) => number), complete.map(({ value }) => value!), bests];
}

const MAX_ENDED = 150;
const MAX_RUNNING = 32;

/** A fixed number of lines, so that the chart is updated instead of recreated. */
export const curveLines: readonly Line[] = [
  ...Array.from({ length: MAX_ENDED }, () => ({ label: 'ended', colour: '--grey', width: 1, opacity: 0.4 })),
  ...Array.from({ length: MAX_RUNNING }, () => ({ label: 'training now', colour: '--blue', width: 1.6 })),
  { label: 'the best', colour: '--green', width: 2.2 },
];

/** The known curves, up to a limit, as columns for `curveLines`; running ones and the best are drawn last. */
export function curvesOf(
  { model }: Snapshot,
  name: SeriesName,
  best: number | undefined,
): { data: (number | null)[][]; trials: number } {
  const running = [...model.live.keys()].slice(0, MAX_RUNNING);
  const ended = [...model.curves.keys()].filter((number) => !model.live.has(number) && number !== best);
  ended.sort((a, b) => a - b);
  const slots = [...padded(evenly(ended, MAX_ENDED), MAX_ENDED), ...padded(running, MAX_RUNNING), best];
  const curves = slots.map((number) => (number === undefined ? undefined : model.curveOf(number)));
  const epochs = [...new Set(curves.flatMap((curve) => curve?.epochs ?? []))].sort((a, b) => a - b);
  const places = new Map(epochs.map((epoch, i) => [epoch, i]));
  const columns = curves.map((curve) => {
    const column: (number | null)[] = Array.from({ length: epochs.length }, () => null);
    curve?.epochs.forEach((epoch, i) => {
      column[places.get(epoch)!] = curve[name][i] ?? null;
    });
    return column;
  });
  return { data: [epochs, ...columns], trials: curves.filter((curve) => curve !== undefined).length };
}

function evenly(numbers: readonly number[], most: number): readonly number[] {
  if (numbers.length <= most) return numbers;
  return Array.from({ length: most }, (_, i) => numbers[Math.round((i * (numbers.length - 1)) / (most - 1))]!);
}

function padded(numbers: readonly number[], length: number): (number | undefined)[] {
  return Array.from({ length }, (_, i) => numbers[i]);
}
