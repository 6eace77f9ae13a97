/** What mattered: which hyperparameters decide the value of a search's trials. */
import { LRUCache } from 'lru-cache';
import { explain, type Valued } from '../algorithms/importance/importance.ts';
import type { Direction } from '../algorithms/objective.ts';
import { type Space, spaceOf } from '../algorithms/space/space.ts';
import type { Importance } from '../contract/analysis.ts';
import type { TrialOutcome } from '../domain/commands.ts';
import type { Search } from '../domain/search.ts';
import { stagesOf } from '../domain/stages.ts';
import { findSearch } from './find-search.ts';
import type { SearchQueries } from './ports.ts';

/** Below this, shares are mostly chance. */
const ENOUGH_TRIALS = 100;
/** Fewer say nothing at all. */
const MIN_TRIALS = 10;
/** More are thinned evenly: the forest costs more than they would tell. */
const MAX_TRIALS = 2000;

/** All that importance is worked out from: plain data, to be sent to a thread. */
export interface ImportanceTask {
  readonly space: Space;
  readonly trials: readonly Valued[];
  readonly direction: Direction;
  readonly seed: number;
}

function importanceTask(search: Search, outcomes: readonly TrialOutcome[]): ImportanceTask {
  const stage = stagesOf(search).at(-1)!;
  const known = outcomes.flatMap(({ state, number, point, value }) =>
    state === 'complete' && value !== null && number >= stage.from ? [{ point, value }] : [],
  );
  const every = Math.ceil(known.length / MAX_TRIALS);
  return {
    space: spaceOf(stage.hyperparameters),
    trials: known.filter((_, i) => i % every === 0),
    direction: search.specification.objective.direction,
    seed: search.specification.sampler.seed,
  };
}

/** Answers are kept until more trials have ended. */
const MAX_KEPT = 100;

export interface ImportanceDependencies {
  readonly queries: Pick<SearchQueries, 'find' | 'outcomes'>;
  /** Works it out off the event loop. */
  readonly importance: (task: ImportanceTask) => Promise<Importance>;
}

/** Which hyperparameters of a search mattered; trials that end meanwhile are in the next answer. */
export function createImportance({ queries, importance }: ImportanceDependencies): (id: string) => Promise<Importance> {
  const kept = new LRUCache<string, { readonly ended: number; readonly answer: Promise<Importance> }>({
    max: MAX_KEPT,
  });
  return async (id) => {
    const search = await findSearch({ queries }, id);
    const ended = search.trials.complete;
    const known = kept.get(id);
    if (known?.ended === ended) return known.answer;
    const answer = queries.outcomes(search).then((outcomes) => importance(importanceTask(search, outcomes)));
    answer.catch(() => kept.delete(id));
    kept.set(id, { ended, answer });
    return answer;
  };
}

/** Slow for its size: seconds where there are thousands of trials. Not for the event loop. */
export function importanceOf(task: ImportanceTask): Importance {
  const { space, trials, direction, seed } = task;
  const enough = trials.length >= ENOUGH_TRIALS;
  const none = { trials: trials.length, enough, shares: [], pairs: [] };
  if (trials.length < MIN_TRIALS) {
    return {
      ...none,
      note: `${trials.length} complete trials say nothing of importance yet; about ${ENOUGH_TRIALS} would.`,
    };
  }
  const { shares, pairs } = explain(space, trials, direction, seed, MIN_TRIALS);
  if (shares.length === 0) return { ...none, note: 'All trials have the same value: nothing mattered.' };
  return {
    trials: trials.length,
    enough,
    note: enough
      ? 'Shares of the variance of the value, each hyperparameter in the scale it was sampled in.'
      : `From ${trials.length} trials: too early to tell; about ${ENOUGH_TRIALS} are needed.`,
    shares,
    pairs,
  };
}
