/** Hyperparameter importance of a search. */
import { explain, type Valued } from '../algorithms/importance/importance.ts';
import type { Direction } from '../algorithms/objective.ts';
import { type Space, spaceOf } from '../algorithms/space/space.ts';
import type { Importance } from '../contract/analysis.ts';
import { stagesOf } from '../domain/stages.ts';
import { Problem } from '../errors.ts';
import type { SearchQueries } from './ports/search-queries.ts';
import { rememberedWhile } from './remember.ts';

/** With fewer trials, shares are mostly noise. */
const ENOUGH_TRIALS = 100;
/** With fewer trials, nothing is computed. */
const MIN_TRIALS = 10;
/** More trials are downsampled: the forest would cost more than they add. */
const MAX_TRIALS = 2000;

export type ImportanceShares = Omit<Importance, 'epochs' | 'groups'>;

/** The input for computing importance: plain data that can be sent to a thread. */
export interface ImportanceTask {
  readonly space: Space;
  readonly trials: readonly Valued[];
  readonly direction: Direction;
  readonly seed: number;
}

export interface ImportanceDependencies {
  readonly queries: Pick<SearchQueries, 'find' | 'completeSample' | 'reportCounts' | 'reportsAt'>;
  /** Computes it off the event loop. */
  readonly importance: (task: ImportanceTask) => Promise<ImportanceShares>;
}

/** After so many epochs, or when they are complete. */
type Epochs = number | 'complete';

/**
 * Hyperparameter importance of a search, from values after as many epochs: those of complete trials, or the intermediate values that trials reported
 * to a pruner. By default the most epochs that enough trials have reached, or those that most trials have.
 */
export function createImportance({
  queries,
  importance,
}: ImportanceDependencies): (id: string, epochs?: Epochs) => Promise<Importance> {
  return rememberedWhile<Importance, Epochs>(
    queries,
    ({ trials: { complete, pruned, paused, failed, cancelled } }) => complete + pruned + paused + failed + cancelled,
    async (search, wanted) => {
      const stage = stagesOf(search).at(-1)!;
      const complete = await queries.completeSample(search, stage.from, MAX_TRIALS);
      const groups = [
        { epochs: null, trials: complete.trials },
        ...(await queries.reportCounts(search, stage.index)).toReversed(),
      ];
      const isObserved = search.specification.observed !== undefined;
      const chosen = wanted === undefined ? defaultOf(groups, isObserved) : groupAt(groups, wanted);
      const known =
        chosen.epochs === null ? complete.sample : await queries.reportsAt(search, stage.index, chosen.epochs);
      const every = Math.ceil(known.length / MAX_TRIALS);
      const computed = await importance({
        space: spaceOf(stage.hyperparameters),
        trials: known.filter((_, i) => i % every === 0),
        direction: search.specification.objective.direction,
        seed: search.specification.sampler.seed,
      });
      return { ...computed, epochs: chosen.epochs, groups };
    },
  );
}

interface Group {
  readonly epochs: number | null;
  readonly trials: number;
}

function groupAt(groups: readonly Group[], wanted: Epochs): Group {
  const found = groups.find(({ epochs }) => (epochs ?? 'complete') === wanted);
  if (found !== undefined) return found;
  const known = groups.map(({ epochs }) => epochs ?? 'complete').join(', ');
  const message = `must be what trials of this search have values for (${known}), got ${wanted}`;
  throw new Problem('invalidRequest', `epochs: ${message}`, [{ path: 'epochs', message }]);
}

/**
 * `groups` have fewer epochs one after the other. `isObserved`: what a step of another tool means is not known, so its intermediate values stand in only
 * where too few trials are complete.
 */
function defaultOf(groups: readonly Group[], isObserved: boolean): Group {
  if (isObserved && groups[0]!.trials >= MIN_TRIALS) return groups[0]!;
  const most = groups.reduce((largest, group) => (group.trials > largest.trials ? group : largest));
  return groups.find(({ trials }) => trials >= ENOUGH_TRIALS) ?? most;
}

/** Takes seconds for thousands of trials, so do not call it on the event loop. */
export function importanceOf(task: ImportanceTask): ImportanceShares {
  const { space, trials, direction, seed } = task;
  const enough = trials.length >= ENOUGH_TRIALS;
  const none = { trials: trials.length, enough, shares: [], pairs: [] };
  if (trials.length < MIN_TRIALS) {
    return {
      ...none,
      note: `${trials.length} ${trials.length === 1 ? 'trial is' : 'trials are'} too few to compute importance; about ${ENOUGH_TRIALS} are needed.`,
    };
  }
  const { shares, pairs } = explain(space, trials, direction, seed, MIN_TRIALS);
  if (shares.length === 0) {
    const isFlat = trials.every(({ value }) => value === trials[0]!.value);
    const note = isFlat
      ? 'All trials have the same value, so no hyperparameter is important.'
      : `No hyperparameter is in ${MIN_TRIALS} trials or more, so there is nothing to compare.`;
    return { ...none, note };
  }
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
