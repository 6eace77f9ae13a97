/** Asynchronous successive halving, the stopping variant (Li et al. 2020, ASHA; Optuna). */
import { plural } from '../../format.ts';
import { compare, type Direction, isBetter } from '../objective.ts';
import { formatted, type Pruner } from './pruner.ts';

/**
 * Rung k is at minEpochs·ηᵏ epochs. A trial continues if it is among the best ⌊n/η⌋, or is the best, of the n trials that have reported at
 * the rung so far, including itself.
 */
export function successiveHalvingPruner(
  { minEpochs, reductionFactor }: { readonly minEpochs: number; readonly reductionFactor: number },
  direction: Direction,
): Pruner {
  return {
    counts: 'seen',
    nextCheck: (after, last) => {
      let next = minEpochs;
      while (next <= after) next *= reductionFactor;
      return next <= last ? next : undefined;
    },
    decide: ({ epochs, value, others }) => {
      const of = others.length + 1;
      const slots = Math.max(Math.floor(of / reductionFactor), 1);
      const rank = 1 + others.filter((other) => isBetter(other, value, direction)).length;
      if (rank <= slots && value !== null) return { goesOn: true };
      let rung = 0;
      for (let at = minEpochs; at < epochs; at *= reductionFactor) rung++;
      const threshold = others.toSorted((a, b) => compare(b, a, direction))[slots - 1] ?? null;
      const text = `stopped at rung ${rung} after ${plural(epochs, 'epoch')}: ${formatted(value)} ranked ${rank} of the ${of} trials that had reached it; the best ${slots} continue`;
      return { goesOn: false, rule: 'successiveHalving', epochs, value, threshold, rank, of, rung, text };
    },
  };
}
