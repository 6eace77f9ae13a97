/** Hyperparameter importance of a search. */
import { explain, type Valued } from '../algorithms/importance/importance.ts';
import type { Direction } from '../algorithms/objective.ts';
import { type Space, spaceOf } from '../algorithms/space/space.ts';
import type { Importance } from '../contract/analysis.ts';
import type { TrialOutcome } from '../domain/commands.ts';
import type { Search } from '../domain/search.ts';
import { stagesOf } from '../domain/stages.ts';
import type { SearchQueries } from './ports.ts';
import { rememberedWhile } from './remember.ts';

/** With fewer trials, shares are mostly noise. */
const ENOUGH_TRIALS = 100;
/** With fewer trials, nothing is computed. */
const MIN_TRIALS = 10;
/** More trials are downsampled: the forest would cost more than they add. */
const MAX_TRIALS = 2000;

/** The input for computing importance: plain data that can be sent to a thread. */
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

export interface ImportanceDependencies {
  readonly queries: Pick<SearchQueries, 'find' | 'outcomes'>;
  /** Computes it off the event loop. */
  readonly importance: (task: ImportanceTask) => Promise<Importance>;
}

/** Hyperparameter importance of a search. */
export function createImportance({ queries, importance }: ImportanceDependencies): (id: string) => Promise<Importance> {
  return rememberedWhile(
    queries,
    ({ trials }) => trials.complete,
    async (search) => importance(importanceTask(search, await queries.outcomes(search))),
  );
}

/** Takes seconds for thousands of trials, so do not call it on the event loop. */
export function importanceOf(task: ImportanceTask): Importance {
  const { space, trials, direction, seed } = task;
  const enough = trials.length >= ENOUGH_TRIALS;
  const none = { trials: trials.length, enough, shares: [], pairs: [] };
  if (trials.length < MIN_TRIALS) {
    return {
      ...none,
      note: `${trials.length} complete trials are too few to compute importance; about ${ENOUGH_TRIALS} are needed.`,
    };
  }
  const { shares, pairs } = explain(space, trials, direction, seed, MIN_TRIALS);
  if (shares.length === 0)
    return { ...none, note: 'All trials have the same value, so no hyperparameter is important.' };
  return {
    trials: trials.length,
    enough,
    note: enough
      ? 'Shares of the variance of the value, each hyperparameter on the scale it was sampled on.'
      : `Only ${trials.length} trials: too few for reliable shares; about ${ENOUGH_TRIALS} are needed.`,
    shares,
    pairs,
  };
}
