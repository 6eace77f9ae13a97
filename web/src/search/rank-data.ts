/** Data of the rank plot: for pairs of hyperparameters the trials, coloured by the rank of their value. Pure. */
import { ranksOf } from './shares.ts';
import type { Scored, Varied } from './space.ts';

export interface Pair {
  readonly across: Varied;
  readonly up: Varied;
}

/** Every two hyperparameters, the first `most` of them. */
export function pairsOf(varied: readonly Varied[], most: number): readonly Pair[] {
  const kept = varied.slice(0, most);
  return kept.flatMap((across, i) => kept.slice(i + 1).map((up) => ({ across, up })));
}

export function nameOf({ across, up }: Pair): string {
  return `${across.name} × ${up.name}`;
}

export interface RankedTrial {
  readonly trial: Scored;
  /** From 0 (the smallest value) to 1 (the largest). */
  readonly unit: number;
  /** From 1, the best; ties have their mean rank. */
  readonly rank: number;
}

/** `sign`: 1 if greater values are better, −1 if smaller ones are. */
export function rankedTrials(trials: readonly Scored[], sign: 1 | -1): readonly RankedTrial[] {
  const units = ranksOf(trials.map(({ value }) => value));
  return trials.map((trial, i) => {
    const fromBest = sign > 0 ? 1 - units[i]! : units[i]!;
    return { trial, unit: units[i]!, rank: 1 + fromBest * (trials.length - 1) };
  });
}
