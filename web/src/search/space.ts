/** The varied hyperparameters of a search, for its views. */
import { bestFirst, type Direction } from '../../../src/algorithms/objective.ts';
import type { Distribution, Value } from '../../../src/algorithms/space/space.ts';
import { formatValue } from '../../../src/format.ts';
import type { Search } from '../api.ts';
import type { TrialRow } from './model.ts';

export interface Varied {
  readonly name: string;
  readonly distribution: Distribution;
}

/** In the order of the specification; with stages, the space of the first, which contains the others. */
export function variedIn({ specification }: Search): Varied[] {
  return Object.entries(specification.hyperparameters).flatMap(([name, setting]) =>
    typeof setting === 'object' ? [{ name, distribution: setting }] : [],
  );
}

export function isNumeric({ distribution }: Varied): boolean {
  return distribution.distribution !== 'categorical';
}

/** A setting in a few words: `1e-4 … 0.1, log`. */
export function formatSetting(setting: Value | Distribution | undefined): string {
  if (setting === undefined) return '–';
  if (typeof setting !== 'object') return formatValue(setting);
  if (setting.distribution === 'categorical') return setting.choices.map(formatValue).join(', ');
  return `${formatValue(setting.low)} … ${formatValue(setting.high)}${setting.scale === 'log' ? ', log' : ''}`;
}

export type Scored = TrialRow & { readonly value: number };

/** Trials with a value, complete or stopped. */
export function scoredIn(trials: readonly TrialRow[]): Scored[] {
  return trials.filter((trial): trial is Scored => trial.value !== null);
}

/** At most `max` trials: the best tenth, and an even sample of the others by number. */
export function thin(trials: readonly Scored[], max: number, direction: Direction): readonly Scored[] {
  if (trials.length <= max) return trials;
  const ranked = trials.toSorted(bestFirst(direction));
  const best = ranked.slice(0, Math.floor(max / 10));
  const kept = new Set(best.map(({ number }) => number));
  const rest = trials.filter(({ number }) => !kept.has(number));
  const every = Math.ceil(rest.length / (max - best.length));
  return [...best, ...rest.filter((_, i) => i % every === 0)];
}
