/** What varies in a search, as its views need it. */
import { bestFirst, type Direction } from '../../../src/objective.ts';
import type { Distribution } from '../../../src/search/space.ts';
import type { Search } from '../api.ts';
import type { TrialRow } from './model.ts';

export interface Varied {
  readonly name: string;
  readonly distribution: Distribution;
}

/** In the order in which the specification tells them; of all stages, the first space, which holds the others. */
export function variedIn({ specification }: Search): Varied[] {
  return Object.entries(specification.hyperparameters).flatMap(([name, setting]) =>
    typeof setting === 'object' ? [{ name, distribution: setting }] : [],
  );
}

export type Scored = TrialRow & { readonly value: number };

/** Trials with a value, complete or stopped. */
export function scoredIn(trials: readonly TrialRow[]): Scored[] {
  return trials.filter((trial): trial is Scored => trial.value !== null);
}

/** So many of them at most: the best tenth, and the rest evenly by number. */
export function thin(trials: readonly Scored[], most: number, direction: Direction): readonly Scored[] {
  if (trials.length <= most) return trials;
  const ranked = trials.toSorted(bestFirst(direction));
  const best = ranked.slice(0, Math.floor(most / 10));
  const kept = new Set(best.map(({ number }) => number));
  const rest = trials.filter(({ number }) => !kept.has(number));
  const every = Math.ceil(rest.length / (most - best.length));
  return [...best, ...rest.filter((_, i) => i % every === 0)];
}
