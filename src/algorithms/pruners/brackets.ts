/** Rungs with a barrier: no trial of a bracket continues before all have reached the rung, so results do not depend on their order. */
import { plural } from '../../format.ts';
import { bestFirst, type Direction } from '../objective.ts';
import { formatted, type StopDecision } from './pruner.ts';

/**
 * The brackets of Hyperband (Li et al. 2018, Algorithm 1): bracket s begins with n = ⌈(s_max + 1)/(s + 1)·ηˢ⌉ trials of R·η⁻ˢ
 * epochs; rung i has ⌊n·η⁻ⁱ⌋ trials of R·ηⁱ⁻ˢ epochs. Ordered from many short trials to a few long ones. Computed in integers:
 * floating-point logarithms lose a bracket at (243, 3) and (1000, 10). Epochs are rounded if R is not a power of η.
 */
export function hyperbandBrackets(
  maxEpochs: number,
  reductionFactor: number,
  minEpochs = 1,
): { bracket: number; rungs: { trials: number; epochs: number }[] }[] {
  let sMax = 0;
  while (minEpochs * reductionFactor ** (sMax + 1) <= maxEpochs) sMax++;
  return Array.from({ length: sMax + 1 }, (_, k) => {
    const bracket = sMax - k;
    const trials = Math.ceil(((sMax + 1) * reductionFactor ** bracket) / (bracket + 1));
    const rungs = Array.from({ length: bracket + 1 }, (_rung, i) => ({
      trials: Math.floor(trials / reductionFactor ** i),
      epochs: Math.max(1, Math.round(maxEpochs / reductionFactor ** (bracket - i))),
    }));
    return { bracket, rungs };
  });
}

/** A trial at a rung. */
export interface RungEntry {
  readonly number: number;
  /** null if it is not finite. */
  readonly value: number | null;
}

/**
 * Promotes the best `slots` trials at a rung; ties go to the lower number, and a trial without a value is never promoted. The others are
 * stopped. Both lists are ordered best first.
 */
export function promote(
  entries: readonly RungEntry[],
  slots: number,
  direction: Direction,
  at: { readonly rule: string; readonly rung: number; readonly epochs: number },
): { promoted: number[]; stopped: { number: number; verdict: StopDecision }[] } {
  const ranked = entries.toSorted(bestFirst(direction));
  const best = ranked.slice(0, slots).filter(({ value }) => value !== null);
  const threshold = best.at(-1)?.value ?? null;
  const of = ranked.length;
  const stopped = ranked.slice(best.length).map(({ number, value }, i) => {
    const rank = best.length + i + 1;
    const text = `stopped at rung ${at.rung} after ${plural(at.epochs, 'epoch')}: ${formatted(value)} ranked ${rank} of ${of}; the best ${best.length} were promoted, down to ${formatted(threshold)}`;
    return { number, verdict: { goesOn: false as const, ...at, value, threshold, rank, of, text } };
  });
  return { promoted: best.map(({ number }) => number), stopped };
}
