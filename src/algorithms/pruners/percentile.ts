/** The median and percentile rules (Golovin et al. 2017, Vizier, §3.2.2; as in Optuna). */
import { plural } from '../../format.ts';
import { compare, type Direction, isBetter, quantileOfBest } from '../objective.ts';
import { quantile } from '../quantile.ts';
import { formatted, type Pruner } from './pruner.ts';

interface Settings {
  /** From the best: 50 is the median. */
  readonly percentile: number;
  readonly startupTrials: number;
  readonly warmupEpochs: number;
  readonly interval: number;
}

/** Stops a trial whose best value so far is worse than the percentile of the complete trials' values at the same epoch. */
export function percentilePruner(rule: string, settings: Settings, direction: Direction): Pruner {
  const { percentile, startupTrials, warmupEpochs, interval } = settings;
  const share = quantileOfBest(percentile / 100, direction);
  const goesOn = { goesOn: true } as const;
  return {
    counts: 'complete',
    nextCheck: (after, last) => {
      const first = Math.max(warmupEpochs, 1);
      // First after the warm-up, then after every multiple of the interval.
      const next =
        after < first ? first : warmupEpochs + (Math.floor((after - warmupEpochs) / interval) + 1) * interval;
      return next <= last ? next : undefined;
    },
    decide: ({ epochs, value, bestSoFar, others, completeTrials }) => {
      if (completeTrials < startupTrials || others.length === 0) return goesOn;
      const threshold = quantile(others, share);
      if (compare(bestSoFar, threshold, direction) >= 0) return goesOn;
      const of = others.length + 1;
      const rank = 1 + others.filter((other) => isBetter(other, bestSoFar, direction)).length;
      const what = rule === 'median' ? 'median' : `best ${percentile} %`;
      const text = `stopped after ${plural(epochs, 'epoch')}: its best value, ${formatted(bestSoFar)}, was worse than ${formatted(threshold)}, the ${what} of ${others.length} complete trials at that epoch`;
      return { goesOn: false, rule, epochs, value, threshold, rank, of, rung: null, text };
    },
  };
}
