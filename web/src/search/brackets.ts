/** The brackets of a search as far as its trials have come. Pure. */
import { bestFirst } from '../../../src/objective.ts';
import { bracketIn, stagesOf } from '../../../src/searches/stages.ts';
import type { Search } from '../api.ts';
import type { TrialRow } from './model.ts';

interface RungState {
  /** Completed by every trial that comes to it. */
  readonly epochs: number;
  /** How many are to come. */
  readonly trials: number;
  readonly came: number;
  readonly goOn: number;
  readonly stopped: number;
  readonly best: { readonly number: number; readonly value: number } | undefined;
}
export interface BracketState {
  readonly from: number;
  readonly to: number;
  readonly rungs: readonly RungState[];
}

/** Those that have begun, in order; none where the pruner has no rungs that all wait at. */
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
          const goOn = came.filter((trial) => (last ? trial.state === 'complete' : trial.rung > rung));
          const valued = came.filter((trial) => trial.rung === rung && trial.value !== null);
          const [best] = valued.sort(order);
          return {
            epochs,
            trials: wanted,
            came: came.length,
            goOn: goOn.length,
            stopped: stopped.length,
            best: best && { number: best.number, value: best.value! },
          };
        }),
      });
      number = to;
    }
    return found;
  });
}

/** The share of epochs that stopped trials did not train; undefined where epochs vary. */
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
