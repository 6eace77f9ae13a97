/** Whether the best trial is truly the best, or one of several that the folds cannot tell apart. */
import { significant } from '../format.ts';

export interface Scored {
  readonly number: number;
  readonly value: number;
  /** Of the folds' values; null where there is one fold. */
  readonly deviation: number | null;
}

export interface Certainty {
  /** Standard error of the best trial's mean over its folds; null where there is one fold, or no best. */
  readonly error: number | null;
  /** Between the best and the next; null where there is no next. */
  readonly gap: number | null;
  /** Trials whose values lie within one standard error of the difference from the best; the best first. */
  readonly alike: readonly number[];
  readonly text: string;
}

/** `ranked`: the best first. Differences of means have the standard error √(s₁²/n + s₂²/n), for n folds. */
export function certaintyOf(ranked: readonly Scored[], folds: number): Certainty {
  const [best, next] = ranked;
  if (best === undefined) return { error: null, gap: null, alike: [], text: 'No trial has a value yet.' };
  const gap = next === undefined ? null : Math.abs(best.value - next.value);
  const shown = (value: number) => significant(value, 3);
  if (best.deviation === null || folds < 2) {
    const text = `Trial ${best.number} is the best, by ${gap === null ? 'default' : shown(gap)}; one fold does not say how much of that is chance: validate with folds or repeats.`;
    return { error: null, gap, alike: [best.number], text };
  }
  const error = best.deviation / Math.sqrt(folds);
  const alike = ranked.filter(
    ({ value, deviation }) =>
      Math.abs(best.value - value) <= Math.sqrt((best.deviation! ** 2 + (deviation ?? best.deviation!) ** 2) / folds),
  );
  const text =
    alike.length === 1
      ? `Trial ${best.number} is the best: ${gap === null ? 'there is no other' : `the next is ${shown(gap)} behind`}, and its standard error over ${folds} folds is ${shown(error)}.`
      : `Trial ${best.number} has the best value, but ${alike.length - 1} more cannot be formatted from it: its standard error over ${folds} folds is ${shown(error)}, and the next is ${gap === null ? '–' : shown(gap)} behind. More folds or repeats would tell.`;
  return { error, gap, alike: alike.map(({ number }) => number), text };
}
