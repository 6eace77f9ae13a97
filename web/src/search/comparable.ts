/** Trials whose values are compared with each other in a chart: after as many epochs. */
import { useMemo } from 'react';
import { seriesOf } from '../../../src/domain/intermediate-values.ts';
import { comparableIn } from './history-data.ts';
import type { TrialRow } from './model.ts';
import type { Scored } from './space.ts';
import { useShown } from './use-search.ts';

export interface Comparable {
  readonly trials: readonly Scored[];
  /** The values are intermediate ones, after so many epochs; undefined if they are those of the trials. */
  readonly after: number | undefined;
}

/** With fewer trials, those that were stopped earlier are compared too. */
const ENOUGH = 10;

/**
 * The complete trials; while they are few, as under hyperband, all that have a value after as many epochs: the most epochs that enough have
 * reached, or those that most have. `valueAfter` knows intermediate values of trials that went on.
 */
export function comparableOf(
  all: readonly TrialRow[],
  valueAfter: (number: number, epochs: number) => number | undefined,
): Comparable {
  const trials = comparableIn(all);
  if (trials.length >= ENOUGH) return { trials, after: undefined };
  const scored = all.filter((trial): trial is Scored => trial.value !== null);
  const stage = scored.reduce((newest, trial) => Math.max(newest, trial.stage), 0);
  const own = scored.filter((trial) => trial.stage === stage);
  // Files of other tools may not tell after how many epochs a trial was stopped.
  const stopped = own.filter(({ state, epochs }) => state !== 'complete' && epochs > 0);
  const ends = [...new Set(stopped.map(({ epochs }) => epochs))];
  const groups = ends
    .sort((a, b) => b - a)
    .map((after) => ({
      after,
      trials: own.flatMap((trial) => {
        if (trial.epochs < after) return [];
        const value = trial.epochs === after ? trial.value : valueAfter(trial.number, after);
        return value === undefined ? [] : [{ ...trial, value, epochs: after }];
      }),
    }));
  const largest = groups.toSorted((a, b) => b.trials.length - a.trials.length)[0];
  const chosen = groups.find((group) => group.trials.length >= ENOUGH) ?? largest;
  return chosen === undefined || chosen.trials.length <= trials.length ? { trials, after: undefined } : chosen;
}

export function useComparable(): Comparable {
  const { search, shot } = useShown();
  const series = seriesOf(search.specification.objective.metric);
  return useMemo(
    () =>
      comparableOf(shot.trials, (number, epochs) => {
        const curve = shot.model.curveOf(number);
        return curve?.[series][curve.epochs.indexOf(epochs)] ?? undefined;
      }),
    [shot, series],
  );
}
