/** Budget of epochs: a trial starts only while running trials leave some of the budget. */
import type { Point } from '../algorithms/space/space.ts';
import { epochsBefore } from './brackets.ts';
import type { TrialOrRun } from './runs.ts';
import type { Search } from './search.ts';
import { trialBudget } from './specification/confirm-settings.ts';
import { settingsOf } from './specification/hyperparameters.ts';
import { bracketIn, stageOf } from './stages.ts';

/** A waiting or running trial, the rung it trains for (0 without barriers) and its hyperparameters. */
export interface OpenTrial extends TrialOrRun {
  readonly rung: number;
  readonly point: Point;
}

/** The most epochs that the trial can add to those of the search before it ends or pauses. */
function maxEpochs(search: Search, { number, rung, point }: OpenTrial): number {
  const stage = stageOf(search, number);
  if (stage === undefined) return 0;
  const { epochs } = settingsOf(stage.hyperparameters, point);
  const bracket = bracketIn(search.specification, stage, number);
  return Math.min(bracket?.rungs[rung]?.epochs ?? epochs, epochs) - epochsBefore(bracket, rung);
}

/**
 * How many of the `waiting` trials, in order, may start beside those `running`. A trial may start while the epochs already trained plus the
 * most that running trials can still train are below the budget, so the budget is exceeded by less than the epochs of one trial. Runs of the
 * confirmation always may: their epochs are kept for them.
 */
export function affordable(search: Search, running: readonly OpenTrial[], waiting: readonly OpenTrial[]): number {
  const { epochs: budget } = trialBudget(search.specification);
  if (budget === undefined) return waiting.length;
  let spent = running.reduce((sum, trial) => sum + maxEpochs(search, trial), search.epochs);
  const first = waiting.findIndex((trial) => {
    if (trial.confirms !== undefined) return false;
    if (spent >= budget) return true;
    spent += maxEpochs(search, trial);
    return false;
  });
  return first < 0 ? waiting.length : first;
}
