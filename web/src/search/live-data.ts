/** Data of the learning curves of the overview. Pure. */

import type { SeriesName } from '../../../src/nn/training/series.ts';
import type { Line } from '../charts/line-drawing.ts';
import { evenly } from '../parts/evenly.ts';
import type { Snapshot } from './use-search.ts';

const MAX_ENDED = 150;
const MAX_RUNNING = 32;

/** A fixed number of lines, so that the chart is updated instead of recreated. */
export const curveLines: readonly Line[] = [
  ...Array.from({ length: MAX_ENDED }, () => ({ label: 'ended', colour: '--grey', width: 1, opacity: 0.4 })),
  ...Array.from({ length: MAX_RUNNING }, () => ({ label: 'running', colour: '--blue', width: 1.6 })),
  { label: 'best', colour: '--green', width: 2.2 },
];

interface CurvesChoice {
  readonly name: SeriesName;
  /** Drawn last. */
  readonly best: number | undefined;
  /** The trials to draw; undefined for all that are known. */
  readonly only: ReadonlySet<number> | undefined;
}

interface CurvesData {
  readonly columns: readonly (readonly (number | null)[])[];
  /** The trial of each line. */
  readonly numbers: readonly (number | undefined)[];
  readonly trials: number;
}

/** The known curves, up to a limit, as columns for `curveLines`; running ones and the best are drawn last. */
export function curvesOf({ model }: Snapshot, { name, best, only }: CurvesChoice): CurvesData {
  const wanted = (number: number) => only === undefined || only.has(number);
  const running = [...model.live.keys()].filter(wanted).slice(0, MAX_RUNNING);
  const ended = [...model.curves.keys()].filter(
    (number) => !model.live.has(number) && number !== best && wanted(number),
  );
  ended.sort((a, b) => a - b);
  const slots = [
    ...padded(evenly(ended, MAX_ENDED), MAX_ENDED),
    ...padded(running, MAX_RUNNING),
    best !== undefined && wanted(best) ? best : undefined,
  ];
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
  const shown = new Set(slots.filter((number, i) => number !== undefined && curves[i] !== undefined));
  return { columns: [epochs, ...columns], numbers: slots, trials: shown.size };
}

function padded(numbers: readonly number[], length: number): (number | undefined)[] {
  return Array.from({ length }, (_, i) => numbers[i]);
}
