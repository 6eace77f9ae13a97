/** What a change does to a search: a value, so that rules can be stated and tested without a database. */
import type { Budget, Limit } from './budget.ts';
import { type Change, isOpen, MAX_IMPROVEMENTS, type Search, type SearchState } from './records.ts';

export type Counter = Exclude<keyof Search['trials'], 'total' | 'planned'> | 'epochs';

/** Events, how counters moved, and fields that took new values. An effect without events changes nothing. */
export interface Effect<T> {
  readonly result: T;
  readonly changes: readonly Change[];
  readonly counters?: Partial<Record<Counter, number>>;
  /** How the numbers of ended trials with each finding moved. */
  readonly found?: Search['found'];
  readonly set?: {
    readonly state?: SearchState;
    readonly failure?: string | null;
    readonly best?: Search['best'];
    readonly improvements?: Search['improvements'];
    readonly stages?: Search['stages'];
    readonly endedBy?: Limit;
    readonly name?: string;
    readonly total?: number;
    /** Its `trials` follow `total`. */
    readonly budget?: Budget;
    readonly planned?: number;
  };
}

/** The search after an effect. `finishedAt` stays as it was: it is the store's clock that says when a search ended. */
export function applied(before: Search, { changes, counters = {}, found, set = {} }: Effect<unknown>): Search {
  const state = set.state ?? before.state;
  const trials = { ...before.trials, total: set.total ?? before.trials.total };
  trials.planned = set.planned ?? trials.planned;
  for (const [name, by] of Object.entries(counters)) {
    if (name !== 'epochs') trials[name as Exclude<Counter, 'epochs'>] += by;
  }
  const name = set.name ?? before.name;
  const budget = { ...(set.budget ?? before.specification.budget), trials: trials.total };
  const isSame = name === before.name && set.budget === undefined && trials.total === before.trials.total;
  return {
    ...before,
    name,
    state,
    trials,
    specification: isSame ? before.specification : { ...before.specification, name, budget },
    best: set.best ?? before.best,
    improvements: (set.improvements ?? before.improvements).slice(-MAX_IMPROVEMENTS),
    found: found === undefined ? before.found : sumOf(before.found, found),
    stages: set.stages ?? before.stages,
    epochs: before.epochs + (counters.epochs ?? 0),
    endedBy: isOpen(state) ? null : (set.endedBy ?? before.endedBy),
    failure: set.failure === undefined ? before.failure : set.failure,
    seq: before.seq + changes.length,
  };
}

/** What two effects of one change come to together; the result is that of the second. */
export function joined<T>(first: Effect<unknown>, second: Effect<T>): Effect<T> {
  return {
    result: second.result,
    changes: [...first.changes, ...second.changes],
    counters: sumOf(first.counters, second.counters),
    found: sumOf(first.found, second.found),
    set: { ...first.set, ...second.set },
  };
}

type Counts<Name extends string> = Partial<Record<Name, number>>;

/** Name by name; what comes to none is left out. */
function sumOf<Name extends string>(first: Counts<Name> = {}, second: Counts<Name> = {}): Counts<Name> {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])] as Name[];
  const sums = names.map((name) => [name, (first[name] ?? 0) + (second[name] ?? 0)] as const);
  return Object.fromEntries(sums.filter(([, sum]) => sum !== 0)) as Counts<Name>;
}

/** How many of these trials have each finding. */
export function countFound(trials: readonly { readonly found: readonly string[] }[]): Search['found'] {
  const counts: Record<string, number> = {};
  for (const code of trials.flatMap(({ found }) => found)) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
