/** How the trials of a search fall into brackets, by their numbers alone: whoever asks gets the same answer (law 6). */
import { hyperbandBrackets } from '../algorithms/pruners/brackets.ts';
import { type BarrierSettings, hasBarriers, type PrunerSettings } from './specification/pruners.ts';

export interface Rung {
  /** Completed by every trial that comes to it. */
  readonly epochs: number;
  /** How many of the bracket's trials come to it. */
  readonly trials: number;
}

/** Trials `from` … `to` − 1, which halve together. */
export interface Bracket {
  readonly from: number;
  readonly to: number;
  /** From the first to the last, at whose epochs trials end. */
  readonly rungs: readonly Rung[];
}

/** What of a search decides its brackets: some of its trials that share epochs, and how they are pruned. */
export interface Stretch {
  readonly from: number;
  /** One more than the last; brackets end here, whole or not. */
  readonly to: number;
  readonly epochs: number;
  readonly pruner: PrunerSettings;
}

type Table = readonly (readonly Rung[])[];

/** The rungs of the brackets that follow each other, again and again. */
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

/** A bracket of so many trials: each rung has 1/η of the one before, rounded down, and at least one. */
function cut(rungs: readonly Rung[], trials: number, reductionFactor: number): Rung[] {
  return rungs.map(({ epochs }, k) => ({ epochs, trials: Math.max(1, Math.floor(trials / reductionFactor ** k)) }));
}

/** How many trials the brackets have before they begin again; 0 where there are none. */
export function cycleOf(pruner: PrunerSettings, epochs: number): number {
  if (!hasBarriers(pruner)) return 0;
  return tableOf(pruner, epochs).reduce((sum, [first]) => sum + first!.trials, 0);
}

/** The bracket of trial `number`; undefined where there are none. */
export function bracketOf({ from, to, epochs, pruner }: Stretch, number: number): Bracket | undefined {
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

/** Epochs that a trial had completed, and that were counted, before it began to train for a rung. */
export function epochsBefore(bracket: Bracket | undefined, rung: number): number {
  return rung === 0 ? 0 : (bracket?.rungs[rung - 1]?.epochs ?? 0);
}
