/** Hyperparameter importance of a search. */
import { explain, type Valued } from '../algorithms/importance/importance.ts';
import type { Direction } from '../algorithms/objective.ts';
import { type Dimension, type Space, spaceOf } from '../algorithms/space/space.ts';
import type { Importance } from '../contract/analysis.ts';
import type { TrialOutcome } from '../domain/commands.ts';
import type { Search } from '../domain/search.ts';
import { stagesOf } from '../domain/stages.ts';
import { plural } from '../format.ts';
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
  /** How many of the trials were pruned. */
  readonly pruned: number;
  readonly direction: Direction;
  readonly seed: number;
}

function importanceTask(search: Search, outcomes: readonly TrialOutcome[]): ImportanceTask {
  const stage = stagesOf(search).at(-1)!;
  const space = spaceOf(stage.hyperparameters);
  const valued = outcomes.filter(({ number, value }) => number >= stage.from && value !== null);
  const complete = valued.filter(({ state }) => state === 'complete');
  const withPruned = valued.filter(({ state }) => state === 'complete' || state === 'pruned');
  // A pruner leaves few trials complete. The others count too, with their epochs as a variable, since values at different epochs differ by these.
  const isFew = complete.length < MIN_TRIALS && withPruned.length > complete.length;
  const epochs = isFew ? epochsIn(space, withPruned) : undefined;
  const known = (isFew ? withPruned : complete).map(({ point, value, epochs: own }) => ({
    point: epochs === undefined ? point : { ...point, epochs: own },
    value: value!,
  }));
  const every = Math.ceil(known.length / MAX_TRIALS);
  return {
    space: epochs === undefined ? space : { ...space, dimensions: [...space.dimensions, epochs] },
    trials: known.filter((_, i) => i % every === 0),
    pruned: isFew ? withPruned.length - complete.length : 0,
    direction: search.specification.objective.direction,
    seed: search.specification.sampler.seed,
  };
}

/** The epochs of trials as a dimension of the space; undefined if they are all alike or one already. */
function epochsIn({ dimensions }: Space, trials: readonly TrialOutcome[]): Dimension | undefined {
  const low = trials.reduce((least, { epochs }) => Math.min(least, epochs), Number.POSITIVE_INFINITY);
  const high = trials.reduce((most, { epochs }) => Math.max(most, epochs), 0);
  if (low < 1 || low === high || dimensions.some(({ name }) => name === 'epochs')) return undefined;
  return { name: 'epochs', distribution: { distribution: 'int', low, high, scale: 'log' } };
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
    ({ trials }) => trials.complete + trials.pruned,
    async (search) => importance(importanceTask(search, await queries.outcomes(search))),
  );
}

/** Takes seconds for thousands of trials, so do not call it on the event loop. */
export function importanceOf(task: ImportanceTask): Importance {
  const { space, trials, pruned, direction, seed } = task;
  const enough = trials.length >= ENOUGH_TRIALS;
  const none = { trials: trials.length, pruned, enough, shares: [], pairs: [] };
  const complete = plural(trials.length - pruned, 'complete trial');
  const population = pruned === 0 ? complete : `${complete} and ${pruned} pruned`;
  if (trials.length < MIN_TRIALS)
    return { ...none, note: `${population}: too few to compute importance; about ${ENOUGH_TRIALS} are needed.` };
  const { shares, pairs } = explain(space, trials, direction, seed, MIN_TRIALS);
  if (shares.length === 0)
    return { ...none, note: 'All trials have the same value, so no hyperparameter is important.' };
  return {
    trials: trials.length,
    pruned,
    enough,
    note: [
      enough
        ? 'Shares of the variance of the value, each hyperparameter on the scale it was sampled on.'
        : `Only ${trials.length} trials: too few for reliable shares; about ${ENOUGH_TRIALS} are needed.`,
      `${population} of the newest stage.`,
      ...(pruned > 0 ? ['The epochs that a trial was trained for count as a variable.'] : []),
    ].join(' '),
    shares,
    pairs,
  };
}
