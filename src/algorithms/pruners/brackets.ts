/** Rungs that all trials of a bracket come to before any goes on: results that depend on no order of arrival. */
import { bestFirst, type Direction } from '../objective.ts';
import { formatted, type StopDecision } from './pruner.ts';

/**
 * The brackets of Hyperband (Li et al. 2018, Algorithm 1): bracket s begins with n = ⌈(s_max + 1)/(s + 1)·ηˢ⌉ trials of R·η⁻ˢ
 * epochs; rung i has ⌊n·η⁻ⁱ⌋ trials of R·ηⁱ⁻ˢ epochs. From the most and shortest to the fewest and longest. All in whole numbers:
 * logarithms of floating-point numbers lose a bracket at (243, 3) and (1000, 10). Epochs are rounded where R is no power of η.
 */
export function hyperbandBrackets(
  maxEpochs: number,
  reductionFactor: number,
  minEpochs = 1,
): { bracket: number; rungs: { trials: number; epochs: number }[] }[] {
  let most = 0;
  while (minEpochs * reductionFactor ** (most + 1) <= maxEpochs) most++;
  return Array.from({ length: most + 1 }, (_, k) => {
    const bracket = most - k;
    const trials = Math.ceil(((most + 1) * reductionFactor ** bracket) / (bracket + 1));
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
  /** null where it is not finite. */
  readonly value: number | null;
}

/**
 * The best `slots` of those at a rung, the best first; of equal values the lower number is the better. A trial without a value does
 * not go on. The rest are stopped, each with its place.
 */
export function promote(
  contenders: readonly RungEntry[],
  slots: number,
  direction: Direction,
  at: { readonly rule: string; readonly rung: number; readonly epochs: number },
): { promoted: number[]; stopped: { number: number; verdict: StopDecision }[] } {
  const ranked = contenders.toSorted(bestFirst(direction));
  const best = ranked.slice(0, slots).filter(({ value }) => value !== null);
  const threshold = best.at(-1)?.value ?? null;
  const of = ranked.length;
  const stopped = ranked.slice(best.length).map(({ number, value }, i) => {
    const rank = best.length + i + 1;
    const text = `stopped at rung ${at.rung} after ${at.epochs} epochs: ${formatted(value)} was place ${rank} of ${of}, and the best ${best.length} went on, down to ${formatted(threshold)}`;
    return { number, verdict: { goesOn: false as const, ...at, value, threshold, rank, of, text } };
  });
  return { promoted: best.map(({ number }) => number), stopped };
}
