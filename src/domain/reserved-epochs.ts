/** A budget of epochs: a trial is begun only while those that run leave some of it. */
import type { Point } from '../algorithms/space/space.ts';
import { epochsBefore } from './brackets.ts';
import type { Search } from './search.ts';
import { settingsOf } from './specification/hyperparameters.ts';
import { bracketIn, stageOf } from './stages.ts';

/** A trial that waits or runs: which one, for which rung (0 without barriers), with what. */
export interface OpenTrial {
  readonly number: number;
  readonly rung: number;
  readonly point: Point;
}

/** The most epochs that the trial may add to those of the search before it ends or is put aside. */
function mostEpochs(search: Search, { number, rung, point }: OpenTrial): number {
  const stage = stageOf(search, number);
  if (stage === undefined) return 0;
  const { epochs } = settingsOf(stage.hyperparameters, point);
  const bracket = bracketIn(search.specification, stage, number);
  return Math.min(bracket?.rungs[rung]?.epochs ?? epochs, epochs) - epochsBefore(bracket, rung);
}

/**
 * How many of the `waiting` trials, from the first, may begin beside those `running`. One begins while the epochs that were trained and
 * those that run may still train are fewer than the budget, so that the budget is exceeded by less than the epochs of one trial.
 */
export function affordable(search: Search, running: readonly OpenTrial[], waiting: readonly OpenTrial[]): number {
  const { epochs: most } = search.specification.budget;
  if (most === undefined) return waiting.length;
  let spent = running.reduce((sum, trial) => sum + mostEpochs(search, trial), search.epochs);
  const first = waiting.findIndex((trial) => {
    if (spent >= most) return true;
    spent += mostEpochs(search, trial);
    return false;
  });
  return first < 0 ? waiting.length : first;
}
