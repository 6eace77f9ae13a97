/** The progress of the brackets of a search. Pure. */
import { bestFirst } from '../../../src/algorithms/objective.ts';
import { bracketIn, stagesOf } from '../../../src/domain/stages.ts';
import type { Search } from '../api.ts';
import type { TrialRow } from './model.ts';

interface RungState {
  /** Epochs a trial has completed when it reaches the rung. */
  readonly epochs: number;
  /** How many trials will reach it. */
  readonly trials: number;
  readonly came: number;
  readonly goOn: number;
  readonly stopped: number;
  readonly diverged: number;
  /** Failed or cancelled. */
  readonly lost: number;
  readonly best: { readonly number: number; readonly value: number } | undefined;
}
export interface BracketState {
  readonly from: number;
  readonly to: number;
  readonly rungs: readonly RungState[];
}

/** The brackets that have started, in order; none for pruners without barriers. */
export function bracketsOf(search: Search, trials: readonly TrialRow[]): BracketState[] {
  const { specification } = search;
  const order = bestFirst(specification.objective.direction);
  const byNumber = new Map(trials.map((trial) => [trial.number, trial]));
  return stagesOf(search).flatMap((stage) => {
    const found: BracketState[] = [];
    for (let number = stage.from; number < Math.min(stage.to, search.trials.planned); ) {
      const bracket = bracketIn(specification, stage, number);
      if (bracket === undefined) return [];
      const { from, to, rungs } = bracket;
      const own = Array.from({ length: to - from }, (_, i) => byNumber.get(from + i)).filter(
        (trial) => trial !== undefined,
      );
      found.push({
        from,
        to,
        rungs: rungs.map(({ epochs, trials: wanted }, rung) => {
          const came = own.filter((trial) => trial.epochs >= epochs || trial.rung > rung);
          const stopped = came.filter((trial) => trial.rung === rung && trial.state === 'pruned');
          const last = rung === rungs.length - 1;
          const isDiverged = ({ outcome }: TrialRow) => outcome === 'diverged';
          const goOn = came.filter((trial) =>
            last ? trial.state === 'complete' && !isDiverged(trial) : trial.rung > rung,
          );
          const here = came.filter((trial) => trial.rung === rung);
          const valued = came.filter((trial) => trial.rung === rung && trial.value !== null);
          const [best] = valued.sort(order);
          return {
            epochs,
            trials: wanted,
            came: came.length,
            goOn: goOn.length,
            stopped: stopped.length,
            diverged: here.filter(isDiverged).length,
            lost: here.filter(({ state }) => state === 'failed' || state === 'cancelled').length,
            best: best && { number: best.number, value: best.value! },
          };
        }),
      });
      number = to;
    }
    return found;
  });
}

/** The share of epochs saved by stopping trials; undefined if epochs vary. */
export function epochsSaved(search: Search, trials: readonly TrialRow[]): number | undefined {
  const stages = stagesOf(search);
  let [whole, trained] = [0, 0];
  for (const { state, epochs, stage } of trials) {
    if (state !== 'complete' && state !== 'pruned') continue;
    const all = stages[stage]?.hyperparameters['epochs'];
    if (typeof all !== 'number') return undefined;
    whole += all;
    trained += epochs;
  }
  return whole === 0 ? undefined : 1 - trained / whole;
}
