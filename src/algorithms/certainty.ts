/** Whether the best trial is clearly the best, or one of several whose differences are within the noise of the folds. */
import { significant } from '../format.ts';

export interface Scored {
  readonly number: number;
  readonly value: number;
  /** Standard deviation of the folds' values; null for a single fold. */
  readonly deviation: number | null;
}

export interface Certainty {
  /** Standard error of the best trial's mean over its folds; null for a single fold or without a best trial. */
  readonly error: number | null;
  /** Difference between the best and the second best; null if there is only one. */
  readonly gap: number | null;
  /** Trials within one standard error of the difference from the best; the best first. */
  readonly alike: readonly number[];
  readonly text: string;
}

/** `ranked`: best first. The difference of two means over n folds has the standard error √(s₁²/n + s₂²/n). */
export function certaintyOf(ranked: readonly Scored[], folds: number): Certainty {
  const [best, next] = ranked;
  if (best === undefined) return { error: null, gap: null, alike: [], text: 'No trial has a value yet.' };
  const gap = next === undefined ? null : Math.abs(best.value - next.value);
  const shown = (value: number) => significant(value, 3);
  if (best.deviation === null || folds < 2) {
    const lead = gap === null ? 'the only one with a value' : `the best, by ${shown(gap)}`;
    const text = `Trial ${best.number} is ${lead}; a single fold cannot show how much of that is chance: validate with folds or repeats.`;
    return { error: null, gap, alike: [best.number], text };
  }
  const error = best.deviation / Math.sqrt(folds);
  const alike = ranked.filter(
    ({ value, deviation }) =>
      Math.abs(best.value - value) <= Math.sqrt((best.deviation! ** 2 + (deviation ?? best.deviation!) ** 2) / folds),
  );
  const text =
    alike.length === 1
      ? `Trial ${best.number} is the best: ${gap === null ? 'there is no other' : `the next one is ${shown(gap)} behind`}, and its standard error over ${folds} folds is ${shown(error)}.`
      : `Trial ${best.number} has the best value, but ${alike.length - 1} more cannot be distinguished from it: its standard error over ${folds} folds is ${shown(error)}, and the next one is ${gap === null ? '–' : shown(gap)} behind. More folds or repeats would separate them.`;
  return { error, gap, alike: alike.map(({ number }) => number), text };
}
