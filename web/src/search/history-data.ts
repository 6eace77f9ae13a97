/** Data of the optimization history. Pure. */
import { compare, type Direction, isBetter } from '../../../src/algorithms/objective.ts';
import { formatCount, plural } from '../../../src/format.ts';
import type { TrialRow } from './model.ts';
import type { Scored } from './space.ts';

/** x is the number of the trial, or when it ended (`time`) or started, in seconds since the first start. */
export const historyAxes = ['number', 'time', 'start'] as const;
export type HistoryAxis = (typeof historyAxes)[number];

interface HistoryChoice {
  readonly direction: Direction;
  readonly by: HistoryAxis;
  /** Whether trials that are not complete are drawn with their intermediate values. */
  readonly intermediate: boolean;
}

export interface HistoryData {
  /** x, values of complete trials, intermediate values, and the best so far of the stage (provisional while no trial is complete). */
  readonly columns: readonly (readonly (number | null)[])[];
  /** The trial of each index of the columns. */
  readonly rows: readonly Scored[];
  /** x of ended trials without a value. */
  readonly without: readonly number[];
  /** The trial of the last best. */
  readonly best: Scored | undefined;
  readonly provisional: boolean;
  readonly caption: string;
}

export function historyOf(trials: readonly TrialRow[], { direction, by, intermediate }: HistoryChoice): HistoryData {
  const start = trials.reduce((least, { startedAt }) => Math.min(least, startedAt ?? least), Number.POSITIVE_INFINITY);
  const xOf = (trial: TrialRow) => {
    if (by === 'number') return trial.number;
    return ((by === 'start' ? (trial.startedAt ?? start) : endOf(trial)) - start) / 1000;
  };
  const scored = trials.filter((trial): trial is Scored => trial.value !== null);
  const complete = scored.filter(isComplete);
  const provisional = complete.length === 0;
  const others = intermediate || provisional ? scored.filter((trial) => !isComplete(trial)) : [];
  const rows = [...complete, ...others].sort((a, b) => xOf(a) - xOf(b));
  const without = trials.filter(({ state, value }) => value === null && (state === 'complete' || state === 'failed'));
  let best: Scored | undefined;
  const bests = rows.map((trial) => {
    if (provisional || isComplete(trial)) {
      if (best === undefined || overtakes(trial, best, direction)) best = trial;
    }
    return best?.value ?? null;
  });
  return {
    columns: [
      rows.map(xOf),
      rows.map((trial) => (isComplete(trial) ? trial.value : null)),
      rows.map((trial) => (isComplete(trial) ? null : trial.value)),
      bests,
    ],
    rows,
    without: without.map(xOf),
    best,
    provisional,
    caption: captionOf(complete, others, without),
  };
}

/** Which trials these are, at which epochs. */
export function populationOf(trials: readonly Scored[]): string {
  const isOther = (trial: Scored) => !isComplete(trial);
  return captionOf(trials.filter(isComplete), trials.filter(isOther), []);
}

/**
 * Trials whose values can be compared: the complete ones of the newest stage that has any; while there are none, those of the newest stage
 * that have the most epochs.
 */
export function comparableIn(trials: readonly TrialRow[]): readonly Scored[] {
  const scored = trials.filter((trial): trial is Scored => trial.value !== null);
  const complete = scored.filter(isComplete);
  const known = complete.length > 0 ? complete : scored;
  const stage = known.reduce((newest, trial) => Math.max(newest, trial.stage), 0);
  const own = known.filter((trial) => trial.stage === stage);
  if (complete.length > 0) return own;
  const most = own.reduce((longest, { epochs }) => Math.max(longest, epochs), 0);
  return own.filter(({ epochs }) => epochs === most);
}

function isComplete({ state }: TrialRow): boolean {
  return state === 'complete';
}

function endOf({ finishedAt, startedAt, durationMs }: TrialRow): number {
  return finishedAt ?? (startedAt ?? 0) + (durationMs ?? 0);
}

/** A later stage starts anew; values are only compared with values at as many epochs, unless both trials are complete. */
function overtakes(trial: Scored, best: Scored, direction: Direction): boolean {
  if (trial.stage !== best.stage) return trial.stage > best.stage;
  if (!isComplete(trial) && trial.epochs !== best.epochs) return trial.epochs > best.epochs;
  return isBetter(trial.value, best.value, direction);
}

/** 16 complete trials at 27 epochs, 64 pruned at 1–9 epochs; 6 diverged have no value and are marked at the edge */
function captionOf(complete: readonly Scored[], others: readonly Scored[], without: readonly TrialRow[]): string {
  const parts = complete.length === 0 ? [] : [`${plural(complete.length, 'complete trial')}${atEpochs(complete)}`];
  for (const [name, states] of Object.entries(intermediateStates)) {
    const own = others.filter(({ state }) => states.includes(state));
    if (own.length > 0) parts.push(`${formatCount(own.length)} ${name}${atEpochs(own)}`);
  }
  const failed = without.filter(({ state }) => state === 'failed').length;
  const diverged = without.length - failed;
  const marked = [diverged > 0 && `${formatCount(diverged)} diverged`, failed > 0 && `${formatCount(failed)} failed`]
    .filter((text) => text !== false)
    .join(' and ');
  const drawn = parts.length === 0 ? 'No trial has a value yet' : parts.join(', ');
  return marked === '' ? drawn : `${drawn}; ${marked} without a value, marked at the edge`;
}

const intermediateStates: Readonly<Record<string, readonly TrialRow['state'][]>> = {
  pruned: ['pruned'],
  'paused or running': ['paused', 'waiting', 'running'],
  'cancelled or failed': ['cancelled', 'failed'],
};

/** Empty where no epochs are known, as of trials of other tools without curves. */
export function atEpochs(trials: readonly Pick<TrialRow, 'epochs'>[]): string {
  const [low, high] = trials.reduce(
    ([least, most], { epochs }) => [Math.min(least, epochs), Math.max(most, epochs)],
    [Number.POSITIVE_INFINITY, 0],
  );
  if (high === 0) return '';
  return ` at ${low === high ? plural(low, 'epoch') : `${formatCount(low)}–${formatCount(high)} epochs`}`;
}

/** The best trials: complete ones first, then those with the most epochs. */
export function ranked(trials: readonly Scored[], direction: Direction): Scored[] {
  return trials.toSorted(
    (a, b) =>
      Number(isComplete(b)) - Number(isComplete(a)) ||
      b.stage - a.stage ||
      (isComplete(a) ? 0 : b.epochs - a.epochs) ||
      compare(b.value, a.value, direction) ||
      a.number - b.number,
  );
}
