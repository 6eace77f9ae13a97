/** How the trials of a search are grouped into brackets. It depends only on trial numbers, so every process computes the same brackets. */
import { hyperbandBrackets } from '../algorithms/pruners/brackets.ts';
import { hasBarriers } from './pruner-rules.ts';
import type { BarrierSettings, PrunerSettings } from './specification/pruners.ts';

export interface Rung {
  /** Epochs a trial has completed when it reaches the rung. */
  readonly epochs: number;
  /** How many of the bracket's trials reach it. */
  readonly trials: number;
}

/** Trials `from` … `to` − 1, which are compared with each other at every rung. */
export interface Bracket {
  readonly from: number;
  readonly to: number;
  /** In ascending order; trials end at the last one. */
  readonly rungs: readonly Rung[];
}

/** Trials that share a number of epochs and a pruner: what the brackets are computed from. */
export interface TrialRange {
  readonly from: number;
  /** One more than the last; the last bracket is cut off here. */
  readonly to: number;
  readonly epochs: number;
  readonly pruner: PrunerSettings;
}

type Table = readonly (readonly Rung[])[];

/** The rungs of one cycle of brackets; cycles repeat until the trials are used up. */
function tableOf(pruner: BarrierSettings, epochs: number): Table {
  const { minEpochs, reductionFactor } = pruner;
  if (pruner.type === 'hyperband') {
    return hyperbandBrackets(epochs, reductionFactor, minEpochs).map(({ rungs }) => rungs);
  }
  const rungs: Rung[] = [];
  for (let at = Math.min(minEpochs, epochs); at < epochs; at *= reductionFactor) rungs.push({ epochs: at, trials: 0 });
  rungs.push({ epochs, trials: 0 });
  const size = pruner.bracketSize ?? Math.max(2, reductionFactor ** (rungs.length - 1));
  return [cut(rungs, size, reductionFactor)];
}

/** Rungs for a bracket of `trials` trials: each keeps 1/η of the previous one, rounded down, but at least one. */
function cut(rungs: readonly Rung[], trials: number, reductionFactor: number): Rung[] {
  return rungs.map(({ epochs }, k) => ({ epochs, trials: Math.max(1, Math.floor(trials / reductionFactor ** k)) }));
}

/** How many trials one cycle of brackets has; 0 for pruners without brackets. */
export function cycleOf(pruner: PrunerSettings, epochs: number): number {
  if (!hasBarriers(pruner)) return 0;
  return tableOf(pruner, epochs).reduce((sum, [first]) => sum + first!.trials, 0);
}

/** The bracket of trial `number`; undefined for pruners without brackets. */
export function bracketOf({ from, to, epochs, pruner }: TrialRange, number: number): Bracket | undefined {
  if (!hasBarriers(pruner)) return undefined;
  const table = tableOf(pruner, epochs);
  const cycle = cycleOf(pruner, epochs);
  let begin = from + Math.floor((number - from) / cycle) * cycle;
  for (const rungs of table) {
    const whole = rungs[0]!.trials;
    if (number < begin + whole) {
      const end = Math.min(begin + whole, to);
      return {
        from: begin,
        to: end,
        rungs: end - begin < whole ? cut(rungs, end - begin, pruner.reductionFactor) : rungs,
      };
    }
    begin += whole;
  }
  return undefined;
}

/** Epochs that a trial had completed, and that were counted, before it started training for `rung`. */
export function epochsBefore(bracket: Bracket | undefined, rung: number): number {
  return rung === 0 ? 0 : (bracket?.rungs[rung - 1]?.epochs ?? 0);
}
